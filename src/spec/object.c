#include "spec/values.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

static const struct lab_field *find(const struct lab_object *object, const char *key)
{
    for (size_t i = 0; i < object->len; i++)
        if (strcmp(object->fields[i].key, key) == 0)
            return &object->fields[i];
    return NULL;
}

/* Words of other tools. */
static const struct {
    const char *word, *key;
} others[] = {
    {"address", "ip"},
    {"cidr", "range"},
    {"count", "replicas"},
    {"cores", "cpu"},
    {"cpus", "cpu"},
    {"directory", "dir"},
    {"disk", "disk_size"},
    {"dns", "nameservers"},
    {"hostname", "name"},
    {"image", "image_url"},
    {"image_sha256", "sha256"},
    {"mac_address", "mac"},
    {"mem", "memory"},
    {"model", "interface"},
    {"path", "dir"},
    {"prefix", "name_prefix"},
    {"ram", "memory"},
    {"ssh_keys", "authorized_keys"},
    {"subnet", "range"},
    {"user", "username"},
    {"user_data", "cloud_init"},
    {"vcpu", "cpu"},
    {"vcpus", "cpu"},
    {"vms", "nodes"},
};

static const char *meant(const struct lab_object *object, const char *key)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(others); i++)
        if (strcmp(others[i].word, key) == 0 && find(object, others[i].key))
            return others[i].key;
    const char *names[32];
    size_t n = 0;
    for (; n < object->len && n < LAB_ARRAY_LEN(names); n++)
        names[n] = object->fields[n].key;
    return lab_nearest(key, names, n);
}

/* Where in the same file the key would be right; other files (bundle.yaml) have tables of their
 * own. */
static const struct lab_object *elsewhere(const struct lab_object *object, const char *key)
{
    const struct lab_object *home = NULL;
    bool ours = false;
    for (size_t i = 0; i < lab_objects_len; i++) {
        ours = ours || lab_objects[i] == object;
        if (!home && find(lab_objects[i], key))
            home = lab_objects[i];
    }
    return ours ? home : NULL;
}

void lab_unknown_key(struct lab_draft *d,
                     const struct lab_object *object,
                     const struct lab_yaml *key)
{
    LAB_AUTOFREE char *quoted = lab_quote(key->text);
    const char *near = meant(object, key->text);
    const struct lab_object *home = elsewhere(object, key->text);
    if (home && home != object) {
        lab_draft_error(d, key->pos, "unknown key %s in %s; it belongs to %s", quoted,
                        lab_tr(object->name),
                        home == &lab_object_root ? lab_tr("the top level") : lab_tr(home->name));
        return;
    }
    if (near) {
        lab_draft_error(d, key->pos, "unknown key %s in %s; did you mean '%s'?", quoted,
                        lab_tr(object->name), near);
        return;
    }
    LAB_AUTO_STR struct lab_str list = LAB_STR_INIT;
    for (size_t i = 0; i < object->len; i++)
        lab_str_addf(&list, "%s%s", i ? ", " : "", object->fields[i].key);
    lab_draft_error(d, key->pos, "unknown key %s in %s; known are %s", quoted, lab_tr(object->name),
                    lab_str_get(&list));
}

static void *slot_of(const struct lab_field *field, void *out)
{
    return field->offset == LAB_UNSTORED || !out ? NULL : (char *)out + field->offset;
}

static void apply_default(struct lab_draft *d, const struct lab_field *field, void *out)
{
    if (!field->fallback)
        return;
    struct lab_yaml value = {.kind = LAB_YAML_SCALAR, .plain = true};
    LAB_AUTOFREE char *text = lab_strdup(field->fallback);
    value.text = text;
    value.len = strlen(text);
    (void)lab_read_value(d, field, &value, slot_of(field, out));
}

static void report_missing(struct lab_draft *d,
                           const struct lab_object *object,
                           const struct lab_yaml *yaml,
                           const struct lab_field *field)
{
    const char *about = lab_tr(field->about);
    size_t n = strlen(about);
    if (n && about[n - 1] == '.')
        n--;
    lab_draft_error(d, yaml->pos, "'%s' is missing in %s (%.*s)", field->key, lab_tr(object->name),
                    (int)n, about);
}

bool lab_read_object(struct lab_draft *d,
                     const struct lab_object *object,
                     const struct lab_yaml *yaml,
                     void *out)
{
    bool usable = yaml && yaml->kind == LAB_YAML_MAP;
    for (size_t i = 0; usable && i < yaml->keys.len; i++) {
        const struct lab_field *field = find(object, yaml->keys.items[i]->text);
        if (!field)
            lab_unknown_key(d, object, yaml->keys.items[i]);
        else if (!lab_read_value(d, field, yaml->items.items[i], slot_of(field, out)))
            apply_default(d, field, out);
    }
    for (size_t i = 0; i < object->len; i++) {
        const struct lab_field *field = &object->fields[i];
        if (lab_yaml_get(yaml, field->key))
            continue;
        if (usable && field->required && !yaml->broken)
            report_missing(d, object, yaml, field);
        apply_default(d, field, out);
    }
    if (!yaml || usable)
        return usable;
    if (!yaml->broken) {
        LAB_AUTOFREE char *found = lab_yaml_quote(yaml);
        lab_draft_error(d, yaml->pos, "%s is %s; it must be a mapping (lines of \"key: value\")",
                        lab_tr(object->name), found);
    }
    return false;
}

const struct lab_yaml *
lab_read_child(const struct lab_object *object, const struct lab_yaml *yaml, const char *key)
{
    const struct lab_yaml *value = lab_yaml_get(yaml, key);
    const struct lab_field *field = find(object, key);
    return value && field && !value->broken && !lab_yaml_is_null(value) &&
                   lab_type_takes(field->type, value->kind)
               ? value
               : NULL;
}
