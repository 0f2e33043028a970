#include "spec/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/i18n.h"
#include "base/text.h"
#include "spec/yaml_error.h"

/* A text weighs one node per so many bytes: one long text and many aliases must not unfold either.
 */
#define TEXT_UNIT 256

struct anchor {
    char *name;
    struct lab_yaml *node;
    bool open; /* its end has not been read: an alias here would contain itself */
};

struct builder {
    yaml_parser_t parser;
    const struct lab_yaml_source *source;
    struct lab_yaml_doc *doc;
    struct lab_problems *problems;
    LAB_VEC(struct anchor) anchors;
    size_t total; /* nodes with aliases unfolded */
};

static struct lab_yaml *build(struct builder *b, yaml_event_t *event, size_t depth);

static struct lab_pos place(const struct builder *b, yaml_mark_t mark)
{
    struct lab_pos pos = {(int)mark.line + 1, (int)mark.column + 1};
    return b->source->place ? b->source->place(b->source->arg, pos) : pos;
}

static void problem(struct builder *b, struct lab_pos pos, const char *fmt, ...) LAB_PRINTF(3, 4);
static void problem(struct builder *b, struct lab_pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *message = lab_vtr(fmt, ap);
    va_end(ap);
    lab_problems_add(b->problems, LAB_PROBLEM_ERROR, pos, "%s%s", b->source->about, message);
}

static int next(struct builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event))
        return 0;
    yaml_mark_t mark = {0, 0, 0};
    LAB_AUTOFREE char *message = lab_yaml_explain(&b->parser, b->source, &mark);
    problem(b, place(b, mark), "%s", message);
    return -1;
}

/* Adds to what the document unfolds to; -1 when that is too much. */
static int spend(struct builder *b, size_t nodes, yaml_mark_t at)
{
    size_t most = b->source->max_nodes ? b->source->max_nodes : LAB_YAML_MAX_NODES;
    b->total += nodes;
    if (b->total <= most)
        return 0;
    problem(b, place(b, at),
            "more than %zu values up to here, aliases counted as what they stand for%s", most,
            b->source->max_nodes ? "" : lab_tr("; use 'replicas' instead of many like nodes"));
    return -1;
}

static struct lab_yaml *new_node(struct builder *b, enum lab_yaml_kind kind, yaml_mark_t mark)
{
    struct lab_yaml *node = lab_alloc(sizeof(*node));
    node->kind = kind;
    node->pos = place(b, mark);
    node->weight = node->height = 1;
    *lab_vec_push(&b->doc->nodes) = node;
    return node;
}

/* Returns the anchor's index plus one, or 0: the array moves as it grows. */
static size_t open_anchor(struct builder *b, const yaml_char_t *name, struct lab_yaml *node)
{
    if (!name)
        return 0;
    *lab_vec_push(&b->anchors) = (struct anchor){lab_strdup((const char *)name), node, true};
    return b->anchors.len;
}

static void close_anchor(struct builder *b, size_t anchor)
{
    if (anchor)
        b->anchors.items[anchor - 1].open = false;
}

static void check_tag(struct builder *b, const yaml_char_t *tag, struct lab_yaml *node)
{
    static const char core[] = "tag:yaml.org,2002:";
    static const char *const known[] = {"str", "int", "float", "bool", "null", "map", "seq"};
    if (!tag || b->source->guest || strcmp((const char *)tag, "!") == 0)
        return;
    const char *name = (const char *)tag;
    if (lab_starts_with(name, core))
        for (size_t i = 0; i < LAB_ARRAY_LEN(known); i++)
            if (strcmp(name + strlen(core), known[i]) == 0)
                return;
    LAB_AUTOFREE char *quoted = lab_quote(name);
    problem(b, node->pos, "the tag %s is not supported; write the value itself", quoted);
    node->broken = true;
}

/* `!!str 5` and `! 5` are as good as quotes. */
static bool means_text(const char *tag)
{
    return tag && (strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0);
}

static struct lab_yaml *build_scalar(struct builder *b, yaml_event_t *event)
{
    struct lab_yaml *node = new_node(b, LAB_YAML_SCALAR, event->start_mark);
    node->len = event->data.scalar.length;
    node->text = lab_strndup((const char *)event->data.scalar.value, node->len);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                  !means_text((const char *)event->data.scalar.tag);
    node->literal = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE;
    if (strlen(node->text) != node->len) {
        problem(b, node->pos, "the text contains a NUL character (\\0)");
        node->broken = true;
        node->len = strlen(node->text);
    }
    check_tag(b, event->data.scalar.tag, node);
    close_anchor(b, open_anchor(b, event->data.scalar.anchor, node));
    node->weight = 1 + node->len / TEXT_UNIT;
    return spend(b, node->weight, event->start_mark) < 0 ? NULL : node;
}

static struct lab_yaml *follow_alias(struct builder *b, yaml_event_t *event, size_t depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct lab_pos pos = place(b, event->start_mark);
    LAB_AUTOFREE char *quoted = lab_quote(name);
    for (size_t i = b->anchors.len; i--;) {
        struct anchor *a = &b->anchors.items[i];
        if (strcmp(a->name, name) != 0)
            continue;
        if (a->open) {
            problem(b, pos, "the alias %s stands inside the value that it names, without end",
                    quoted);
            return NULL;
        }
        if (depth + a->node->height - 1 > LAB_YAML_MAX_DEPTH) {
            problem(b, pos, "nested more than %d levels deep", LAB_YAML_MAX_DEPTH);
            return NULL;
        }
        return spend(b, a->node->weight, event->start_mark) < 0 ? NULL : a->node;
    }
    problem(b, pos, "no anchor %s (&%s) before this alias", quoted, name);
    return NULL;
}

static void adopt(struct lab_yaml *parent, struct lab_yaml *child)
{
    *lab_vec_push(&parent->items) = child;
    parent->weight += child->weight;
    if (parent->height <= child->height)
        parent->height = child->height + 1;
}

static struct lab_yaml *build_list(struct builder *b, yaml_event_t *event, size_t depth)
{
    struct lab_yaml *list = new_node(b, LAB_YAML_LIST, event->start_mark);
    check_tag(b, event->data.sequence_start.tag, list);
    size_t anchor = open_anchor(b, event->data.sequence_start.anchor, list);
    if (spend(b, 1, event->start_mark) < 0)
        return NULL;
    for (;;) {
        yaml_event_t item;
        if (next(b, &item) < 0)
            return NULL;
        if (item.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&item);
            close_anchor(b, anchor);
            return list;
        }
        struct lab_yaml *child = build(b, &item, depth + 1);
        if (!child)
            return NULL;
        adopt(list, child);
    }
}

/* `password: {{ password }}`: YAML reads bare braces as a mapping whose key is a mapping. */
static bool is_placeholder(const struct lab_yaml *key)
{
    return key->kind == LAB_YAML_MAP && key->keys.len == 1 && lab_yaml_is_null(key->items.items[0]);
}

/* False: the pair is left out, after a problem or silently in a guest's text. */
static bool check_key(struct builder *b, struct lab_yaml *map, const struct lab_yaml *key)
{
    if (key->kind != LAB_YAML_SCALAR) {
        if (is_placeholder(key))
            problem(b, map->pos,
                    "a value in braces must be quoted, or YAML reads a mapping: write "
                    "\"{{ %s }}\"",
                    key->keys.items[0]->text);
        else
            problem(b, key->pos, "a key must be text, not %s",
                    key->kind == LAB_YAML_LIST ? lab_tr("a list") : lab_tr("a mapping"));
        map->broken = true;
        return false;
    }
    LAB_AUTOFREE char *quoted = lab_quote(key->text);
    if (key->plain && strcmp(key->text, "<<") == 0 && !b->source->guest) {
        problem(b, key->pos,
                "merge keys (<<) are not supported; repeat the keys, or use an alias for a whole "
                "value");
        return false;
    }
    for (size_t i = 0; i < map->keys.len; i++)
        if (strcmp(map->keys.items[i]->text, key->text) == 0) {
            problem(b, key->pos, "the key %s is written twice here, first on line %d", quoted,
                    map->keys.items[i]->pos.line);
            return false;
        }
    return true;
}

static struct lab_yaml *build_map(struct builder *b, yaml_event_t *event, size_t depth)
{
    struct lab_yaml *map = new_node(b, LAB_YAML_MAP, event->start_mark);
    check_tag(b, event->data.mapping_start.tag, map);
    size_t anchor = open_anchor(b, event->data.mapping_start.anchor, map);
    if (spend(b, 1, event->start_mark) < 0)
        return NULL;
    for (;;) {
        yaml_event_t part;
        if (next(b, &part) < 0)
            return NULL;
        if (part.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&part);
            close_anchor(b, anchor);
            return map;
        }
        struct lab_yaml *key = build(b, &part, depth + 1);
        if (!key || next(b, &part) < 0)
            return NULL;
        struct lab_yaml *value = build(b, &part, depth + 1);
        if (!value)
            return NULL;
        if (!check_key(b, map, key))
            continue;
        *lab_vec_push(&map->keys) = key;
        map->weight += key->weight;
        adopt(map, value);
    }
}

/* Takes the event. NULL: a problem was added and reading ends. */
static struct lab_yaml *build(struct builder *b, yaml_event_t *event, size_t depth)
{
    struct lab_yaml *node = NULL;
    if (depth > LAB_YAML_MAX_DEPTH)
        problem(b, place(b, event->start_mark), "nested more than %d levels deep",
                LAB_YAML_MAX_DEPTH);
    else if (event->type == YAML_ALIAS_EVENT)
        node = follow_alias(b, event, depth);
    else if (event->type == YAML_SCALAR_EVENT)
        node = build_scalar(b, event);
    else if (event->type == YAML_SEQUENCE_START_EVENT)
        node = build_list(b, event, depth);
    else
        node = build_map(b, event, depth);
    yaml_event_delete(event);
    return node;
}

static int build_document(struct builder *b)
{
    for (;;) {
        yaml_event_t event;
        if (next(b, &event) < 0)
            return -1;
        yaml_event_type_t type = event.type;
        struct lab_pos pos = place(b, event.start_mark);
        if (type == YAML_DOCUMENT_START_EVENT && !b->doc->root) {
            yaml_event_delete(&event);
            if (next(b, &event) < 0 || !(b->doc->root = build(b, &event, 1)))
                return -1;
            continue;
        }
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return 0;
        if (type == YAML_DOCUMENT_START_EVENT) {
            problem(b, pos, "a second document starts here; one file holds one");
            return -1;
        }
    }
}

int lab_yaml_read(struct lab_yaml_doc *doc,
                  const struct lab_yaml_source *source,
                  struct lab_problems *problems)
{
    if (lab_yaml_check_bytes(source, problems) < 0)
        return -1;
    struct builder b = {.source = source, .doc = doc, .problems = problems};
    if (!yaml_parser_initialize(&b.parser))
        abort(); /* only for want of memory */
    /* No yaml_parser_set_encoding(): with it libyaml counts a byte order mark as a column. */
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)source->text, source->len);
    int result = build_document(&b);
    yaml_parser_delete(&b.parser);
    LAB_VEC_FOREACH (it, &b.anchors)
        free(it->name);
    lab_vec_clear(&b.anchors);
    return result;
}
