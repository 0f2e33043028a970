#include "spec/yaml.h"

#include <string.h>

/* JSON's grammar of numbers, which YAML 1.1 reads as the same number. "0600" and "1_000" are not in
 * it and stay text: file modes written without quotes arrive as they were meant. */
static bool is_number(const char *s)
{
    if (*s == '-')
        s++;
    size_t whole = strspn(s, "0123456789");
    if (!whole || (s[0] == '0' && whole > 1))
        return false;
    s += whole;
    if (*s == '.') {
        size_t part = strspn(++s, "0123456789");
        if (!part)
            return false;
        s += part;
    }
    return !*s;
}

/* The words that PyYAML (YAML 1.1), cloud-init's reader, takes for a truth value. */
static const char *as_bool(const char *s)
{
    static const char *const words[][2] = {
        {"true", "true"}, {"True", "true"},   {"TRUE", "true"},   {"yes", "true"},
        {"Yes", "true"},  {"YES", "true"},    {"on", "true"},     {"On", "true"},
        {"ON", "true"},   {"false", "false"}, {"False", "false"}, {"FALSE", "false"},
        {"no", "false"},  {"No", "false"},    {"NO", "false"},    {"off", "false"},
        {"Off", "false"}, {"OFF", "false"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(words); i++)
        if (strcmp(s, words[i][0]) == 0)
            return words[i][1];
    return NULL;
}

/* Bytes that YAML 1.1 would fold or refuse inside double quotes: U+0080-009F and U+2028/2029. */
static size_t put_special(struct lab_str *out, const unsigned char *s)
{
    if (s[0] == 0xC2 && s[1] >= 0x80 && s[1] <= 0x9F) {
        lab_str_addf(out, "\\u%04x", s[1]);
        return 2;
    }
    if (s[0] == 0xE2 && s[1] == 0x80 && (s[2] == 0xA8 || s[2] == 0xA9)) {
        lab_str_addf(out, "\\u20%02x", s[2] - 0x80);
        return 3;
    }
    return 0;
}

static void put_string(struct lab_str *out, const char *text)
{
    lab_str_addc(out, '"');
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t special = put_special(out, s);
        if (special) {
            s += special;
            continue;
        }
        if (*s == '"' || *s == '\\')
            lab_str_addf(out, "\\%c", *s);
        else if (*s == '\n')
            lab_str_add(out, "\\n");
        else if (*s == '\t')
            lab_str_add(out, "\\t");
        else if (*s < 0x20 || *s == 0x7F)
            lab_str_addf(out, "\\u%04x", *s);
        else
            lab_str_addc(out, (char)*s);
        s++;
    }
    lab_str_addc(out, '"');
}

static void put_scalar(struct lab_str *out, const struct lab_yaml *yaml)
{
    if (lab_yaml_is_null(yaml))
        lab_str_add(out, "null");
    else if (yaml->plain && as_bool(yaml->text))
        lab_str_add(out, as_bool(yaml->text));
    else if (yaml->plain && is_number(yaml->text))
        lab_str_add(out, yaml->text);
    else
        put_string(out, yaml->text);
}

void lab_yaml_put_json(struct lab_str *out, const struct lab_yaml *yaml)
{
    if (yaml->kind == LAB_YAML_SCALAR) {
        put_scalar(out, yaml);
        return;
    }
    bool map = yaml->kind == LAB_YAML_MAP;
    lab_str_addc(out, map ? '{' : '[');
    for (size_t i = 0; i < yaml->items.len; i++) {
        if (i)
            lab_str_add(out, ", ");
        if (map) {
            put_string(out, yaml->keys.items[i]->text);
            lab_str_add(out, ": ");
        }
        lab_yaml_put_json(out, yaml->items.items[i]);
    }
    lab_str_addc(out, map ? '}' : ']');
}
