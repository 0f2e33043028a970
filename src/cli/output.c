#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/command.h"

json_t *lab_json_text(const char *s)
{
    if (!s)
        return json_null();
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (size_t n = strlen(s);;) {
        size_t good = lab_utf8_check(s, n);
        lab_str_addn(&text, s, good);
        if (good == n)
            break;
        lab_str_add(&text, "\xEF\xBF\xBD");
        s += good + 1;
        n -= good + 1;
    }
    return json_string(lab_str_get(&text));
}

/* --- table
 * ----------------------------------------------------------------------------------------- */

static char *cell(const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);
    if (json_is_string(v) && *json_string_value(v)) {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT; /* one row is one line */
        lab_put_printable(&text, json_string_value(v), json_string_length(v), SIZE_MAX);
        return lab_str_detach(&text);
    }
    if (json_is_integer(v))
        return lab_format("%lld", (long long)json_integer_value(v));
    if (json_is_boolean(v))
        return lab_strdup(json_is_true(v) ? lab_tr("yes") : lab_tr("no"));
    return lab_strdup("-");
}

static void pad(struct lab_str *line, const char *text, size_t width, bool last)
{
    lab_str_add(line, text);
    for (size_t w = lab_utf8_width(text); !last && w < width + 2; w++)
        lab_str_addc(line, ' ');
}

void lab_put_table(struct lab_str *out,
                   const json_t *rows,
                   const struct lab_column *columns,
                   size_t n)
{
    LAB_AUTOFREE size_t *widths = lab_calloc(n, sizeof(*widths));
    size_t i;
    json_t *row;
    for (size_t c = 0; c < n; c++)
        widths[c] = lab_utf8_width(lab_tr(columns[c].title));
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            LAB_AUTOFREE char *text = cell(row, columns[c].key);
            size_t w = lab_utf8_width(text);
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
    for (size_t c = 0; c < n; c++)
        pad(out, lab_tr(columns[c].title), widths[c], c + 1 == n);
    lab_str_addc(out, '\n');
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            LAB_AUTOFREE char *text = cell(row, columns[c].key);
            pad(out, text, widths[c], c + 1 == n);
        }
        lab_str_addc(out, '\n');
    }
}

/* --- YAML: the JSON tree through libyaml's emitter
 * --------------------------------------------------- */

static void emit(yaml_emitter_t *e, yaml_event_t *event)
{
    yaml_emitter_emit(e, event);
}

static void emit_scalar(yaml_emitter_t *e, const char *text, bool quoted)
{
    yaml_event_t event;
    yaml_scalar_event_initialize(
        &event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), !quoted, quoted,
        quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
    emit(e, &event);
}

static void emit_json(yaml_emitter_t *e, const json_t *v)
{
    yaml_event_t event;
    size_t i;
    json_t *item;
    const char *key;
    if (json_is_array(v)) {
        yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
        emit(e, &event);
        json_array_foreach(v, i, item) emit_json(e, item);
        yaml_sequence_end_event_initialize(&event);
        emit(e, &event);
    } else if (json_is_object(v)) {
        yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
        emit(e, &event);
        json_object_foreach((json_t *)(size_t)v, key, item)
        {
            emit_scalar(e, key, false);
            emit_json(e, item);
        }
        yaml_mapping_end_event_initialize(&event);
        emit(e, &event);
    } else if (json_is_string(v)) {
        emit_scalar(e, json_string_value(v), true);
    } else {
        LAB_AUTOFREE char *text = json_dumps(v, JSON_ENCODE_ANY);
        emit_scalar(e, text ? text : "null", false);
    }
}

static void print_yaml(const json_t *value)
{
    yaml_emitter_t e;
    yaml_event_t event;
    yaml_emitter_initialize(&e);
    yaml_emitter_set_output_file(&e, stdout);
    yaml_emitter_set_unicode(&e, 1);
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(&e, &event);
    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
    emit(&e, &event);
    emit_json(&e, value);
    yaml_document_end_event_initialize(&event, 1);
    emit(&e, &event);
    yaml_stream_end_event_initialize(&event);
    emit(&e, &event);
    yaml_emitter_delete(&e);
}

/* --- NDJSON: one object a row, then one with everything that is no row
 * -------------------------------- */

void lab_cli_say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    fflush(stdout); /* what was said before comes before */
    fputs(text, stderr);
    fflush(stderr);
}

void lab_put_lines(struct lab_str *out, const char *text)
{
    while (*text) {
        size_t indent = strspn(text, " "), n = strcspn(text, "\n");
        lab_str_addn(out, text, indent);
        lab_put_printable(out, text + indent, n - indent, SIZE_MAX);
        text += n;
        if (*text == '\n')
            lab_str_addc(out, *text++);
    }
}

void lab_cli_print_object(json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(value);
}

static void print_ndjson(const json_t *value, const char *key)
{
    const json_t *rows = key ? json_object_get(value, key) : value;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) lab_cli_print_object(json_incref(row));
    if (!json_is_object(value))
        return;
    json_t *rest = json_copy((json_t *)(size_t)value);
    if (key)
        json_object_del(rest, key);
    if (json_object_size(rest))
        lab_cli_print_object(rest);
    else
        json_decref(rest);
}

void lab_cli_print(const struct lab_cli *cli,
                   json_t *value,
                   const char *key,
                   const struct lab_column *columns,
                   size_t n)
{
    const json_t *rows = key ? json_object_get(value, key) : value;
    LAB_AUTO_STR struct lab_str table = LAB_STR_INIT;
    switch (cli->output) {
    case LAB_OUTPUT_JSON:
        json_dumpf(value, stdout, JSON_INDENT(2));
        putchar('\n');
        break;
    case LAB_OUTPUT_NDJSON:
        print_ndjson(value, key);
        break;
    case LAB_OUTPUT_YAML:
        print_yaml(value);
        break;
    default:
        lab_put_table(&table, rows, columns, n);
        fputs(lab_str_get(&table), stdout);
    }
    json_decref(value);
}
