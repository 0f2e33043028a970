#include "lint/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define MAX_FRAMES 100

/* The byte at which a mark of libyaml stands: it counts lines and characters. */
static size_t offset_of(struct lint_walk *w, yaml_mark_t mark)
{
    const struct lint_text *t = w->t;
    if (mark.line < w->line)
        w->line = w->line_at = 0;
    const char *p = t->text + w->line_at;
    for (; w->line < mark.line && *p; w->line++) {
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    w->line_at = (size_t)(p - t->text);
    for (size_t c = 0; c < mark.column && *p && *p != '\n'; c++)
        for (p++; ((unsigned char)*p & 0xc0) == 0x80;)
            p++;
    return (size_t)(p - t->text);
}

/* So many lines behind that of text. */
static int spaces_of_line(const char *text, size_t lines)
{
    for (; lines && *text; lines--) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return (int)strspn(text, " ");
}

/* How many blanks the block lost at the front of its lines: by its first line that is not empty. */
static int indent_of(const struct lint_text *t, size_t at, const char *content)
{
    size_t empty = strspn(content, "\n");
    int indent = spaces_of_line(t->text + at, 1 + empty) - (int)strspn(content + empty, " ");
    return indent > 0 ? indent : 0;
}

static struct lint_text
text_of(const struct lint_text *t, const yaml_event_t *event, const struct lint_value *v)
{
    int line = (int)event->start_mark.line;
    int column = (int)event->start_mark.column;
    switch (event->data.scalar.style) {
    case YAML_LITERAL_SCALAR_STYLE:
        return lint_inner(t, v->text, LINT_BLOCK, line, indent_of(t, v->at, v->text));
    case YAML_PLAIN_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE:
        return lint_inner(t, v->text, LINT_FLOW, line, column);
    default:
        return lint_inner(t, v->text, LINT_FLOW, line, column + 1);
    }
}

static struct lint_frame *top(struct lint_walk *w)
{
    return w->frames.len ? &w->frames.items[w->frames.len - 1] : NULL;
}

static void set_key(struct lint_walk *w, struct lint_frame *f, const char *key, size_t at)
{
    lab_assign(&f->key, key);
    f->key_at = at;
    f->is_key = false;
    f->below = lint_area_below(w, f);
}

/* A key that is no text: what is below it is not looked at. */
static void no_key(struct lint_frame *f)
{
    lab_assign(&f->key, "");
    f->is_key = false;
    f->below = LINT_AREA_NONE;
}

static void scalar(struct lint_walk *w, const yaml_event_t *event)
{
    struct lint_frame *f = top(w);
    const char *text = (const char *)event->data.scalar.value;
    struct lint_value v = {.text = text, .at = offset_of(w, event->start_mark)};
    if (f && f->map && f->is_key) {
        set_key(w, f, text, v.at);
        return;
    }
    v.block = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE;
    struct lint_text inner = text_of(w->t, event, &v);
    v.inner = &inner;
    if (f)
        lint_take(w, f, &v);
    else if (w->t->kind != LAB_LINT_LAB)
        lint_url(w->t, v.at, LAB_LINT_WARNING, text);
    if (f)
        f->is_key = f->map;
}

static bool begin(struct lint_walk *w, const yaml_event_t *event)
{
    bool map = event->type == YAML_MAPPING_START_EVENT;
    struct lint_frame *outer = top(w);
    if (w->frames.len == MAX_FRAMES)
        return false;
    enum lint_area area = outer ? outer->below : lint_area_of(w->t->kind);
    const char *key = outer ? outer->key : NULL;
    size_t at = outer ? outer->key_at : 0;
    if (outer && outer->map && outer->is_key) { /* a mapping as a key: {{ … }} without quotes */
        key = NULL;
        area = LINT_AREA_NONE;
    }
    struct lint_frame *f = lab_vec_push(&w->frames);
    f->map = f->is_key = map;
    f->area = f->below = area;
    f->key = lab_strdup(key);
    f->name = lab_strdup(key);
    f->key_at = at;
    return true;
}

static void end(struct lint_walk *w)
{
    struct lint_frame *f = top(w);
    lint_leave(w, f);
    free(f->key);
    free(f->name);
    lint_frame_clear(f);
    w->frames.len--;
    f = top(w);
    if (f) {
        if (f->map && f->is_key)
            no_key(f);
        else
            f->is_key = f->map;
    }
}

static bool step(struct lint_walk *w, const yaml_event_t *event)
{
    struct lint_frame *f = top(w);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        scalar(w, event);
        return true;
    case YAML_ALIAS_EVENT: /* what it names was looked at where it stands */
        if (f && f->map && f->is_key)
            no_key(f);
        else if (f)
            f->is_key = f->map;
        return true;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return begin(w, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        end(w);
        return true;
    default:
        return true;
    }
}

static void not_yaml(struct lint_walk *w, const yaml_parser_t *parser, yaml_mark_t last)
{
    const struct lint_text *t = w->t;
    yaml_mark_t mark = parser->error ? parser->problem_mark : last;
    yaml_mark_t from = parser->error && parser->context_mark.line ? parser->context_mark : mark;
    if (t->kind == LAB_LINT_LAB) /* labctl validate says it better */
        return;
    lint_add(
        t, offset_of(w, mark), LAB_LINT_WARNING,
        parser->problem ? parser->problem : lab_tr("nested too deeply"),
        lab_tr("render the template first (helm template), and put the result into the payload"),
        "no YAML from here: only addresses and images are looked for");
    lint_lines(t, from.line < mark.line ? from.line : mark.line);
}

void lint_yaml(const struct lint_text *t)
{
    struct lint_walk w = {.t = t};
    yaml_parser_t parser;
    yaml_event_t event;
    bool more = true, whole = false;
    yaml_mark_t last = {0, 0, 0};
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)t->text, strlen(t->text));
    while (more && yaml_parser_parse(&parser, &event)) {
        whole = event.type == YAML_STREAM_END_EVENT;
        last = event.start_mark;
        more = !whole && step(&w, &event);
        yaml_event_delete(&event);
    }
    if (!whole)
        not_yaml(&w, &parser, last);
    while (w.frames.len) {
        struct lint_frame *f = top(&w);
        free(f->key);
        free(f->name);
        lint_frame_clear(f);
        w.frames.len--;
    }
    lab_vec_clear(&w.frames);
    yaml_parser_delete(&parser);
}
