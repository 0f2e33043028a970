#include "spec/values.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

void lab_draft_error(struct lab_draft *d, struct lab_pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *message = lab_vtr(fmt, ap);
    va_end(ap);
    lab_problems_add(d->problems, LAB_PROBLEM_ERROR, pos, "%s", message);
}

void lab_draft_warning(struct lab_draft *d, struct lab_pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *message = lab_vtr(fmt, ap);
    va_end(ap);
    lab_problems_add(d->problems, LAB_PROBLEM_WARNING, pos, "%s", message);
}

void lab_put_limit(struct lab_str *out, enum lab_type type, uint64_t value)
{
    static const struct {
        uint64_t factor;
        const char *unit;
    } sizes[] = {{1ull << 40, "Ti"}, {1ull << 30, "Gi"}, {1ull << 20, "Mi"}, {1, ""}},
      times[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(sizes); i++) {
        uint64_t factor = type == LAB_TYPE_SIZE       ? sizes[i].factor
                          : type == LAB_TYPE_DURATION ? times[i].factor
                                                      : 1;
        if (value % factor)
            continue;
        lab_str_addf(out, "%llu%s", (unsigned long long)(value / factor),
                     type == LAB_TYPE_SIZE       ? sizes[i].unit
                     : type == LAB_TYPE_DURATION ? times[i].unit
                                                 : "");
        return;
    }
}

void lab_put_choices(struct lab_str *out, const struct lab_field *field)
{
    for (size_t i = 0; i < field->choices_len; i++)
        lab_str_addf(out, "%s%s", i ? ", " : "", field->choices[i].name);
}

static char *between(const struct lab_field *field, const char *what)
{
    LAB_AUTO_STR struct lab_str least = LAB_STR_INIT, most = LAB_STR_INIT;
    lab_put_limit(&least, field->type, field->min);
    lab_put_limit(&most, field->type, field->max);
    return lab_format(lab_tr("%s from %s to %s is allowed"), what, lab_str_get(&least),
                      lab_str_get(&most));
}

static char *read_uint(const struct lab_field *field, const struct lab_yaml *yaml, void *slot)
{
    uint64_t value;
    bool digits = lab_parse_uint(yaml->text, UINT32_MAX, &value) == 0;
    if (digits && !yaml->plain)
        return lab_strdup(lab_tr("write the number without quotes"));
    if (!digits || value < field->min || value > field->max)
        return between(field, lab_tr("a whole number"));
    if (slot)
        *(unsigned *)slot = (unsigned)value;
    return NULL;
}

static char *read_size(const struct lab_field *field, const struct lab_yaml *yaml, void *slot)
{
    uint64_t value;
    if (lab_parse_uint(yaml->text, UINT64_MAX, &value) == 0)
        return lab_format(lab_tr("the unit is missing: write for example %llu%s"),
                          (unsigned long long)value, value < 256 ? "Gi" : "Mi");
    if (lab_parse_size(yaml->text, &value) < 0)
        return lab_strdup(lab_tr("write a number and a unit (Mi, Gi, Ti; M, G, T), such as 4Gi"));
    if (value < field->min || value > field->max)
        return between(field, lab_tr("a size"));
    if (slot)
        *(uint64_t *)slot = value;
    return NULL;
}

static char *read_duration(const struct lab_field *field, const struct lab_yaml *yaml, void *slot)
{
    uint64_t value;
    if (lab_parse_uint(yaml->text, UINT64_MAX, &value) == 0)
        return lab_strdup(lab_tr("the unit is missing: write for example 30m, 90s or 1h30m"));
    if (lab_parse_duration(yaml->text, &value) < 0)
        return lab_strdup(lab_tr("write a number and a unit (ms, s, m, h), such as 30m or 1h30m"));
    if (value < field->min || value > field->max)
        return between(field, lab_tr("a time"));
    if (slot)
        *(uint64_t *)slot = value;
    return NULL;
}

static char *read_bool(const struct lab_yaml *yaml, void *slot)
{
    bool yes = strcmp(yaml->text, "true") == 0;
    if (!yes && strcmp(yaml->text, "false") != 0)
        return lab_strdup(lab_tr("write true or false"));
    if (!yaml->plain)
        return lab_strdup(lab_tr("write true or false without quotes"));
    if (slot)
        *(bool *)slot = yes;
    return NULL;
}

static char *read_choice(const struct lab_field *field, const struct lab_yaml *yaml, void *slot)
{
    for (size_t i = 0; i < field->choices_len; i++)
        if (strcmp(field->choices[i].name, yaml->text) == 0) {
            /* Enums have the size of int with every compiler that labctl is built with. */
            if (slot)
                memcpy(slot, &field->choices[i].value, sizeof(int));
            return NULL;
        }
    LAB_AUTO_STR struct lab_str list = LAB_STR_INIT;
    lab_put_choices(&list, field);
    return lab_format(lab_tr("allowed: %s"), lab_str_get(&list));
}

static char *read_text(struct lab_draft *d,
                       const struct lab_field *field,
                       const struct lab_yaml *yaml,
                       void *slot)
{
    char *why = lab_value_text(field, yaml->text);
    if (why || !slot)
        return why;
    if (field->type == LAB_TYPE_PATH)
        *(char **)slot = lab_draft_path(d, yaml->text);
    else
        *(char **)slot = lab_strdup(yaml->text);
    return NULL;
}

static char *read_scalar(struct lab_draft *d,
                         const struct lab_field *field,
                         const struct lab_yaml *yaml,
                         void *slot)
{
    switch (field->type) {
    case LAB_TYPE_UINT:
        return read_uint(field, yaml, slot);
    case LAB_TYPE_SIZE:
        return read_size(field, yaml, slot);
    case LAB_TYPE_DURATION:
        return read_duration(field, yaml, slot);
    case LAB_TYPE_BOOL:
        return read_bool(yaml, slot);
    case LAB_TYPE_CHOICE:
        return read_choice(field, yaml, slot);
    case LAB_TYPE_IPV4:
    case LAB_TYPE_CIDR:
    case LAB_TYPE_MAC:
        return lab_value_net(field, yaml->text, slot);
    default:
        return read_text(d, field, yaml, slot);
    }
}

bool lab_type_takes(enum lab_type type, enum lab_yaml_kind kind)
{
    switch (type) {
    case LAB_TYPE_ANY:
        return true;
    case LAB_TYPE_OBJECT:
    case LAB_TYPE_MAP:
        return kind == LAB_YAML_MAP;
    case LAB_TYPE_LIST:
        return kind == LAB_YAML_LIST;
    case LAB_TYPE_NIC:
    case LAB_TYPE_CLOUD_INIT:
        return kind != LAB_YAML_LIST;
    default:
        return kind == LAB_YAML_SCALAR;
    }
}

static const char *kind_wanted(enum lab_type type)
{
    switch (type) {
    case LAB_TYPE_OBJECT:
    case LAB_TYPE_MAP:
        return lab_tr("a mapping (lines of \"key: value\")");
    case LAB_TYPE_LIST:
        return lab_tr("a list (\"- …\" lines, or [a, b])");
    case LAB_TYPE_NIC:
        return lab_tr("a network's name or a mapping");
    case LAB_TYPE_CLOUD_INIT:
        return lab_tr("text or a mapping");
    default:
        return lab_tr("a single value");
    }
}

bool lab_read_value(struct lab_draft *d,
                    const struct lab_field *field,
                    const struct lab_yaml *yaml,
                    void *slot)
{
    if (yaml->broken)
        return false;
    if (lab_yaml_is_null(yaml) && field->type != LAB_TYPE_ANY) {
        lab_draft_error(d, yaml->pos, "'%s' has no value; write one, or remove the line",
                        field->key);
        return false;
    }
    if (!lab_type_takes(field->type, yaml->kind)) {
        LAB_AUTOFREE char *found = field->type == LAB_TYPE_SECRET && yaml->kind == LAB_YAML_SCALAR
                                       ? lab_strdup(lab_tr("text"))
                                       : lab_yaml_quote(yaml);
        lab_draft_error(d, yaml->pos, "'%s' is %s; it must be %s", field->key, found,
                        kind_wanted(field->type));
        return false;
    }
    if (yaml->kind != LAB_YAML_SCALAR || field->type == LAB_TYPE_SECRET ||
        field->type >= LAB_TYPE_OBJECT)
        return true;
    LAB_AUTOFREE char *why = read_scalar(d, field, yaml, slot);
    if (!why)
        return true;
    LAB_AUTOFREE char *found = lab_quote(yaml->text);
    lab_draft_error(d, yaml->pos, "'%s' is %s; %s", field->key, found, why);
    return false;
}
