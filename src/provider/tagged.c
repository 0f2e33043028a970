#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "provider/provider.h"

/* What a stranger wrote into a tag ends up in paths, in commands to paste and on the terminal. */
static bool is_id(const char *text)
{
    if (!text || strlen(text) != LAB_UUID_TEXT - 1)
        return false;
    for (size_t i = 0; text[i]; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
            return false;
    }
    return true;
}

static bool is_name(enum lab_tagged_kind kind, const char *name)
{
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (kind == LAB_TAGGED_VM)
        return lab_is_label(name);
    return *name && *name != '-' && strspn(name, more) == strlen(name);
}

struct lab_tagged *lab_tagged_add(struct lab_tagged_list *out,
                                  enum lab_tagged_kind kind,
                                  const char *name,
                                  const char *id,
                                  const char *home)
{
    if (!name || !is_id(id) || !is_name(kind, name))
        return NULL;
    struct lab_tagged *t = lab_vec_push(&out->list);
    t->kind = kind;
    t->name = lab_strdup(name);
    t->id = lab_strdup(id);
    if (home && *home) {
        struct lab_str shown = LAB_STR_INIT;
        lab_put_printable(&shown, home, strlen(home), 1024);
        t->home = lab_str_detach(&shown);
    }
    return t;
}

void lab_tagged_clear(struct lab_tagged_list *tagged)
{
    LAB_VEC_FOREACH (t, &tagged->list) {
        free(t->name);
        free(t->where);
        free(t->id);
        free(t->home);
    }
    lab_vec_clear(&tagged->list);
}
