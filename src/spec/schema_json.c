#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "spec/values.h"

#define QUAD_PATTERN                                                                               \
    "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}"

/* Patterns are what an editor can check; what they let through, validate.c and its like refuse. */
static const char *pattern_of(enum lab_type type)
{
    switch (type) {
    case LAB_TYPE_LABEL:
        return "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
    case LAB_TYPE_USER:
        return "^[a-z_][a-z0-9_-]{0,31}$";
    case LAB_TYPE_VARIABLE:
        return "^[A-Za-z_][A-Za-z0-9_]*$";
    case LAB_TYPE_TIMEZONE:
        return "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$";
    case LAB_TYPE_ENDPOINT:
        return "^[a-z0-9.-]+:[0-9]{1,5}$";
    case LAB_TYPE_URI:
        return "^[a-z][a-z0-9+]*://";
    case LAB_TYPE_SHA256:
        return "^[0-9a-fA-F]{64}$";
    case LAB_TYPE_BRIDGE:
        return "^[A-Za-z0-9._:-]{1,64}$";
    case LAB_TYPE_SIZE:
        return "^[0-9]+(\\.[0-9]{1,6})?([KMGT]iB?|k|kB|[MGT]B?)$";
    case LAB_TYPE_DURATION:
        return "^(?=.)([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
    case LAB_TYPE_IPV4:
        return "^" QUAD_PATTERN "$";
    case LAB_TYPE_CIDR:
        return "^" QUAD_PATTERN "/([89]|[12][0-9]|30)$";
    case LAB_TYPE_MAC:
        return "^[0-9a-fA-F][02468aceACE]([:-][0-9a-fA-F]{2}){5}$";
    case LAB_TYPE_SECRET:
        return "^(\\{\\{ *password *\\}\\}|\\$(6|y|5|2b)\\$.+)$";
    case LAB_TYPE_CLOUD_INIT:
        return "^#(!|cloud-config[ \\t]*(\\n|$)|cloud-boothook[ \\t]*(\\n|$))";
    default:
        return NULL;
    }
}

static json_t *type_schema(enum lab_type type, const struct lab_field *field);

static json_t *typed(const char *type)
{
    return json_pack("{s:s}", "type", type);
}

/* "#/$defs/network": names of objects, spaces made '_'. */
static char *def_name(const struct lab_object *object)
{
    char *name = lab_strdup(object->name);
    for (char *c = name; *c; c++)
        if (*c == ' ')
            *c = '_';
    return name;
}

static json_t *reference(const struct lab_object *object)
{
    LAB_AUTOFREE char *name = def_name(object);
    LAB_AUTOFREE char *path = lab_format("#/$defs/%s", name);
    return json_pack("{s:s}", "$ref", path);
}

static json_t *text_schema(enum lab_type type)
{
    json_t *schema = typed("string");
    const char *pattern = pattern_of(type);
    if (pattern)
        json_object_set_new(schema, "pattern", json_string(pattern));
    return schema;
}

static json_t *choice_schema(const struct lab_field *field)
{
    json_t *list = json_array();
    for (size_t i = 0; i < field->choices_len; i++)
        json_array_append_new(list, json_string(field->choices[i].name));
    return json_pack("{s:o}", "enum", list);
}

static json_t *uint_schema(const struct lab_field *field)
{
    return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)field->min,
                     "maximum", (json_int_t)field->max);
}

static json_t *list_schema(const struct lab_field *field)
{
    json_t *schema = typed("array");
    json_object_set_new(schema, "items", type_schema(field->item, field));
    if (field->required)
        json_object_set_new(schema, "minItems", json_integer(1));
    return schema;
}

static json_t *map_schema(const struct lab_field *field)
{
    return json_pack("{s:s, s:{s:s}, s:o, s:i}", "type", "object", "propertyNames", "pattern",
                     "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", "additionalProperties",
                     reference(field->object), "minProperties", 1);
}

static json_t *type_schema(enum lab_type type, const struct lab_field *field)
{
    switch (type) {
    case LAB_TYPE_UINT:
        return uint_schema(field);
    case LAB_TYPE_BOOL:
        return typed("boolean");
    case LAB_TYPE_CHOICE:
        return choice_schema(field);
    case LAB_TYPE_OBJECT:
        return reference(field->object);
    case LAB_TYPE_MAP:
        return map_schema(field);
    case LAB_TYPE_LIST:
        return list_schema(field);
    case LAB_TYPE_NIC:
        return json_pack("{s:[o, o]}", "anyOf", typed("string"), reference(field->object));
    case LAB_TYPE_CLOUD_INIT:
        return json_pack("{s:[o, o]}", "anyOf", text_schema(type), typed("object"));
    case LAB_TYPE_ANY:
        return json_object();
    default:
        return text_schema(type);
    }
}

/* What messages say about limits and absence, in words. */
static char *description(const struct lab_field *field)
{
    struct lab_str out = LAB_STR_INIT;
    lab_str_add(&out, field->about);
    if (field->type == LAB_TYPE_SIZE || field->type == LAB_TYPE_DURATION) {
        lab_str_add(&out, " From ");
        lab_put_limit(&out, field->type, field->min);
        lab_str_add(&out, " to ");
        lab_put_limit(&out, field->type, field->max);
        lab_str_addc(&out, '.');
    }
    if (field->absent)
        lab_str_addf(&out, " Without it: %s.", field->absent);
    return lab_str_detach(&out);
}

static json_t *fallback(const struct lab_field *field)
{
    uint64_t number;
    if (field->type == LAB_TYPE_UINT && lab_parse_uint(field->fallback, UINT32_MAX, &number) == 0)
        return json_integer((json_int_t)number);
    if (field->type == LAB_TYPE_BOOL)
        return json_boolean(strcmp(field->fallback, "true") == 0);
    return json_string(field->fallback);
}

static json_t *field_schema(const struct lab_field *field)
{
    LAB_AUTOFREE char *about = description(field);
    json_t *schema = json_pack("{s:s}", "description", about);
    json_t *type = type_schema(field->type, field);
    json_object_update(schema, type);
    json_decref(type);
    if (field->type == LAB_TYPE_LABEL)
        json_object_set_new(schema, "maxLength", json_integer((json_int_t)field->max));
    if (field->fallback)
        json_object_set_new(schema, "default", fallback(field));
    return schema;
}

static json_t *object_schema(const struct lab_object *object)
{
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < object->len; i++) {
        const struct lab_field *field = &object->fields[i];
        json_object_set_new(properties, field->key, field_schema(field));
        if (field->required)
            json_array_append_new(required, json_string(field->key));
    }
    json_t *schema = json_pack("{s:s, s:s, s:b, s:o}", "description", object->about, "type",
                               "object", "additionalProperties", 0, "properties", properties);
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    if (object == &lab_object_node)
        json_object_set_new(
            schema, "oneOf",
            json_pack("[{s:[s]}, {s:[s]}]", "required", "name", "required", "name_prefix"));
    return schema;
}

void lab_spec_schema_json(struct lab_str *out)
{
    json_t *defs = json_object();
    json_t *schema =
        json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title",
                  "labctl lab.yaml");
    for (size_t i = 0; i < lab_objects_len; i++) {
        LAB_AUTOFREE char *name = def_name(lab_objects[i]);
        json_t *object = object_schema(lab_objects[i]);
        if (i == 0) {
            json_object_update(schema, object);
            json_decref(object);
        } else {
            json_object_set_new(defs, name, object);
        }
    }
    json_object_set_new(schema, "$defs", defs);
    char *text = json_dumps(schema, JSON_INDENT(2));
    lab_str_add(out, text);
    lab_str_addc(out, '\n');
    free(text);
    json_decref(schema);
}
