#include "spec/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define QUOTE_MAX 60

void lab_yaml_doc_clear(struct lab_yaml_doc *doc)
{
    LAB_VEC_FOREACH (it, &doc->nodes) {
        free((*it)->text);
        lab_vec_clear(&(*it)->keys);
        lab_vec_clear(&(*it)->items);
        free(*it);
    }
    lab_vec_clear(&doc->nodes);
    doc->root = NULL;
}

const struct lab_yaml *lab_yaml_get(const struct lab_yaml *yaml, const char *key)
{
    if (!yaml || yaml->kind != LAB_YAML_MAP)
        return NULL;
    for (size_t i = 0; i < yaml->keys.len; i++)
        if (strcmp(yaml->keys.items[i]->text, key) == 0)
            return yaml->items.items[i];
    return NULL;
}

const char *lab_yaml_text(const struct lab_yaml *yaml, const char *key)
{
    const struct lab_yaml *value = lab_yaml_get(yaml, key);
    return value && value->kind == LAB_YAML_SCALAR && !lab_yaml_is_null(value) ? value->text : NULL;
}

struct lab_pos lab_yaml_pos(const struct lab_yaml *yaml, const char *key)
{
    const struct lab_yaml *value = lab_yaml_get(yaml, key);
    if (value)
        return value->pos;
    return yaml ? yaml->pos : (struct lab_pos){0, 0};
}

bool lab_yaml_is_null(const struct lab_yaml *yaml)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (yaml->kind != LAB_YAML_SCALAR || !yaml->plain)
        return false;
    for (size_t i = 0; i < LAB_ARRAY_LEN(words); i++)
        if (strcmp(yaml->text, words[i]) == 0)
            return true;
    return false;
}

char *lab_quote(const char *text)
{
    struct lab_str out = LAB_STR_INIT;
    size_t n = strlen(text);
    bool cut = n > QUOTE_MAX;
    if (cut)
        for (n = QUOTE_MAX; n && ((unsigned char)text[n] & 0xC0) == 0x80;)
            n--;
    lab_str_addc(&out, '"');
    lab_put_printable(&out, text, n, QUOTE_MAX + 4);
    lab_str_add(&out, cut ? "…\"" : "\"");
    return lab_str_detach(&out);
}

char *lab_yaml_quote(const struct lab_yaml *yaml)
{
    if (yaml->kind == LAB_YAML_LIST)
        return lab_strdup(lab_tr("a list"));
    if (yaml->kind == LAB_YAML_MAP)
        return lab_strdup(lab_tr("a mapping"));
    if (lab_yaml_is_null(yaml))
        return lab_strdup(lab_tr("empty"));
    return lab_quote(yaml->text);
}
