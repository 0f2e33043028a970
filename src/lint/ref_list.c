#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/text.h"
#include "lint/ref.h"

static void read_lines(struct lab_refs *refs, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        size_t lead = strspn(text, " \t"), end = n;
        while (end > lead && strchr(" \t\r", text[end - 1]))
            end--;
        LAB_AUTOFREE char *line = lab_strndup(text + lead, end > lead ? end - lead : 0);
        if (*line && *line != '#')
            lab_refs_add(refs, line);
        text += n + (text[n] == '\n');
    }
}

/* Where in the events: `images:` at the top, then `ref:` anywhere below. */
struct list {
    struct lab_refs *refs;
    size_t depth;
    bool is_key, in_images, is_ref;
    bool maps[64]; /* per level: a mapping? */
};

static void take(struct list *l, const char *text)
{
    bool in_map = l->depth && l->maps[l->depth - 1];
    if (in_map && l->is_key) {
        if (l->depth == 1)
            l->in_images = strcmp(text, "images") == 0;
        l->is_ref = l->in_images && strcmp(text, "ref") == 0;
        l->is_key = false;
        return;
    }
    if ((in_map && l->is_ref) || (l->depth == 2 && !in_map && l->in_images))
        lab_refs_add(l->refs, text);
    l->is_key = in_map;
}

static bool step(struct list *l, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        take(l, (const char *)event->data.scalar.value);
        return true;
    case YAML_ALIAS_EVENT:
        l->is_key = l->depth && l->maps[l->depth - 1] && !l->is_key;
        return true;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        if (l->depth == LAB_ARRAY_LEN(l->maps))
            return false;
        l->maps[l->depth++] = l->is_key = event->type == YAML_MAPPING_START_EVENT;
        l->is_ref = false;
        return true;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        l->depth--;
        l->is_key = l->depth && l->maps[l->depth - 1];
        return true;
    default:
        return event->type != YAML_STREAM_END_EVENT;
    }
}

static void read_manifest(struct lab_refs *refs, const char *text)
{
    struct list l = {.refs = refs};
    yaml_parser_t parser;
    yaml_event_t event;
    bool more = true;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    while (more && yaml_parser_parse(&parser, &event)) {
        more = step(&l, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static bool is_manifest(const char *path)
{
    return strcmp(path, "manifest.yaml") == 0;
}

bool lab_refs_is_list(const char *path)
{
    const char *name = lab_path_base(path);
    return is_manifest(path) || (lab_ends_with(name, ".txt") && strstr(name, "images"));
}

void lab_refs_read_list(struct lab_refs *refs, const char *path, const char *text)
{
    if (is_manifest(path))
        read_manifest(refs, text);
    else
        read_lines(refs, text);
}
