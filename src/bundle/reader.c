#include "bundle/reader.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "bundle/sums.h"

#define MAX_NODES    500000
#define MAX_PROBLEMS 100

bool lab_reader_fine(const struct lab_reader *r)
{
    return r->problems.errors == 0;
}

void lab_reader_problem(struct lab_reader *r, const struct lab_yaml *yaml, const char *fmt, ...)
{
    va_list ap;
    if (r->problems.errors >= MAX_PROBLEMS)
        return;
    va_start(ap, fmt);
    LAB_AUTOFREE char *message = lab_vtr(fmt, ap);
    va_end(ap);
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, message, strlen(message), 600);
    lab_problems_add(&r->problems, LAB_PROBLEM_ERROR, yaml ? yaml->pos : (struct lab_pos){0, 0},
                     "%s", lab_str_get(&shown));
}

const struct lab_yaml *
lab_reader_open(struct lab_reader *r, const char *text, size_t len, size_t max_bytes)
{
    const struct lab_yaml_source source = {
        .text = text, .len = len, .about = "", .max_bytes = max_bytes, .max_nodes = MAX_NODES};
    if (lab_yaml_read(&r->doc, &source, &r->problems) < 0 || !lab_reader_fine(r))
        return NULL;
    if (r->doc.root && r->doc.root->kind == LAB_YAML_MAP)
        return r->doc.root;
    lab_reader_problem(r, r->doc.root, "a mapping (lines of \"key: value\") is expected here");
    return NULL;
}

int lab_reader_close(struct lab_reader *r, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    lab_problems_print(&all, &r->problems, r->file);
    if (all.len)
        lab_str_truncate(&all, all.len - 1); /* the last line break */
    int rc = lab_reader_fine(r) ? 0
                                : lab_fail(err, LAB_INTEGRITY, "'%s' cannot be used:\n%s", r->file,
                                           lab_str_get(&all));
    lab_yaml_doc_clear(&r->doc);
    lab_problems_clear(&r->problems);
    return rc;
}

void lab_reader_keys(struct lab_reader *r,
                     const struct lab_yaml *map,
                     const char *what,
                     const char *const *keys,
                     size_t n)
{
    if (map->kind != LAB_YAML_MAP) {
        lab_reader_problem(r, map, "%s must be a mapping", what);
        return;
    }
    LAB_VEC_FOREACH (key, &map->keys) {
        size_t i = 0;
        while (i < n && strcmp(keys[i], (*key)->text) != 0)
            i++;
        if (i == n)
            lab_reader_problem(r, *key, "unknown key '%s' in %s", (*key)->text, what);
    }
}

static const struct lab_yaml *
scalar(struct lab_reader *r, const struct lab_yaml *map, const char *key)
{
    const struct lab_yaml *value = lab_yaml_get(map, key);
    if (!value)
        lab_reader_problem(r, map, "'%s' is missing", key);
    else if (value->kind != LAB_YAML_SCALAR)
        lab_reader_problem(r, value, "'%s' must be a single value", key);
    else
        return value;
    return NULL;
}

char *lab_reader_text(struct lab_reader *r, const struct lab_yaml *map, const char *key)
{
    const struct lab_yaml *value = scalar(r, map, key);
    if (!value)
        return NULL;
    if (lab_manifest_can_say(value->text))
        return lab_strdup(value->text);
    lab_reader_problem(
        r, value, "'%s' must be 1 to 1023 printable ASCII characters without '\"' and '\\'", key);
    return NULL;
}

uint64_t
lab_reader_uint(struct lab_reader *r, const struct lab_yaml *map, const char *key, uint64_t max)
{
    uint64_t n = 0;
    const struct lab_yaml *value = scalar(r, map, key);
    if (value && lab_parse_uint(value->text, max, &n) < 0)
        lab_reader_problem(r, value, "'%s' must be a whole number, at most %llu", key,
                           (unsigned long long)max);
    return n;
}

bool lab_reader_bool(struct lab_reader *r, const struct lab_yaml *map, const char *key)
{
    const struct lab_yaml *value = scalar(r, map, key);
    bool yes = value && strcmp(value->text, "true") == 0;
    if (value && !yes && strcmp(value->text, "false") != 0)
        lab_reader_problem(r, value, "'%s' must be true or false", key);
    return yes;
}

void lab_reader_sha256(struct lab_reader *r,
                       const struct lab_yaml *map,
                       const char *key,
                       char out[LAB_SHA256_HEX])
{
    const struct lab_yaml *value = scalar(r, map, key);
    if (value && lab_is_sha256(value->text))
        memcpy(out, value->text, LAB_SHA256_HEX);
    else if (value)
        lab_reader_problem(r, value, "'%s' must be 64 lower-case hexadecimal digits", key);
}

unsigned lab_reader_mode(struct lab_reader *r, const struct lab_yaml *map, const char *key)
{
    const struct lab_yaml *value = scalar(r, map, key);
    if (!value)
        return 0;
    if (strlen(value->text) == 4 && value->text[0] == '0' && strspn(value->text, "01234567") == 4)
        return (unsigned)strtoul(value->text, NULL, 8);
    lab_reader_problem(r, value, "'%s' must be four octal digits such as \"0644\"", key);
    return 0;
}

const struct lab_yaml *
lab_reader_list(struct lab_reader *r, const struct lab_yaml *map, const char *key)
{
    const struct lab_yaml *value = lab_yaml_get(map, key);
    if (!value)
        lab_reader_problem(r, map, "'%s' is missing", key);
    else if (value->kind != LAB_YAML_LIST)
        lab_reader_problem(r, value, "'%s' must be a list", key);
    else
        return value;
    return NULL;
}
