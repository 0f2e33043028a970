#include <platform.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "spec/pubkey.h"
#include "spec/values.h"

#define KEY_FILE_MAX 65536

/* "{{ password }}" with any spaces inside. */
bool lab_draft_is_prompt(const char *s)
{
    static const char word[] = "password";
    if (!lab_starts_with(s, "{{"))
        return false;
    s += 2 + strspn(s + 2, " ");
    if (!lab_starts_with(s, word))
        return false;
    s += strlen(word);
    return strcmp(s + strspn(s, " "), "}}") == 0;
}

/* The crypt(3) methods that every guest of the last ten years knows: id, salt, then the hash. */
static bool is_hash(const char *s)
{
    static const char *const methods[] = {"$6$", "$y$", "$5$", "$2b$"};
    static const char set[] = "./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$=";
    for (size_t i = 0; i < LAB_ARRAY_LEN(methods); i++) {
        if (!lab_starts_with(s, methods[i]))
            continue;
        const char *salt = s + strlen(methods[i]);
        return strchr(salt, '$') && strlen(strrchr(s, '$')) > 22 && strspn(s, set) == strlen(s);
    }
    return false;
}

/* The value is never repeated: it may be the password itself. */
static void read_password(struct lab_draft *d, const struct lab_yaml *yaml)
{
    struct lab_auth *auth = &d->spec->auth;
    if (lab_draft_is_prompt(yaml->text))
        auth->password_prompt = true;
    else if (is_hash(yaml->text))
        auth->password_hash = lab_strdup(yaml->text);
    else if (lab_starts_with(yaml->text, "{{"))
        lab_draft_error(d, yaml->pos, "in 'password' only \"{{ password }}\" may stand in braces");
    else if (lab_starts_with(yaml->text, "$"))
        lab_draft_error(d, yaml->pos,
                        "'password' begins with '$' but is no whole crypt hash of a known method "
                        "($6$, $y$, $5$, $2b$); make one with 'openssl passwd -6'");
    else
        lab_draft_error(d, yaml->pos,
                        "'password' is in plain text, which does not belong into a file; write "
                        "\"{{ password }}\" to be asked, a hash made with 'openssl passwd -6', or "
                        "use password_file or password_env");
}

void lab_draft_check_single_password(struct lab_draft *d, const struct lab_yaml *yaml)
{
    static const char *const keys[] = {"password", "password_file", "password_env"};
    const char *first = NULL;
    for (size_t i = 0; i < LAB_ARRAY_LEN(keys); i++) {
        if (!lab_yaml_get(yaml, keys[i]))
            continue;
        if (first)
            lab_draft_error(d, lab_yaml_pos(yaml, keys[i]),
                            "'%s' and '%s' both name the password; keep one", first, keys[i]);
        else
            first = keys[i];
    }
}

void lab_draft_check_password_file(struct lab_draft *d,
                                   const struct lab_yaml *yaml,
                                   const char *path)
{
    struct plat_stat st;
    if (!path || d->options->skip_files || (plat_stat(path, &st) == 0 && st.is_file))
        return;
    LAB_AUTOFREE char *quoted = lab_quote(lab_yaml_text(yaml, "password_file"));
    lab_draft_error(d, lab_yaml_pos(yaml, "password_file"),
                    "the password file %s does not exist (%s)", quoted, path);
}

/* Every line of a .pub file; comments and empty lines are skipped. Returns why not, caller frees.
 */
static char *add_key_lines(struct lab_auth *auth, char *text)
{
    size_t before = auth->authorized_keys.len;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line += strspn(line, " \t");
        size_t len = strlen(line);
        while (len && strchr(" \t\r", line[len - 1]))
            line[--len] = '\0';
        if (!len || *line == '#')
            continue;
        const char *why = lab_pubkey_check(line);
        if (why)
            return lab_strdup(why);
        *lab_vec_push(&auth->authorized_keys) = lab_strdup(line);
    }
    return auth->authorized_keys.len == before ? lab_strdup(lab_tr("the file holds no key")) : NULL;
}

static char *read_key_file(struct lab_draft *d, const char *name)
{
    LAB_AUTOFREE char *path = lab_draft_path(d, name);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (d->options->skip_files)
        return NULL;
    if (!lab_file_exists(path))
        return lab_format(lab_tr("neither a public key line nor a file (%s does not exist)"), path);
    if (lab_file_read(path, KEY_FILE_MAX, &text, &err) < 0)
        return lab_strdup(err.message);
    LAB_AUTOFREE char *copy = lab_str_detach(&text);
    return add_key_lines(&d->spec->auth, copy);
}

static void read_key(struct lab_draft *d, const struct lab_yaml *yaml)
{
    static const struct lab_field item = {.key = "authorized_keys", .type = LAB_TYPE_SECRET};
    if (!lab_read_value(d, &item, yaml, NULL))
        return;
    LAB_AUTOFREE char *text = lab_strdup(yaml->text);
    size_t n = strlen(text);
    while (n && strchr(" \t\r\n", text[n - 1]))
        text[--n] = '\0';
    if (strstr(text, "PRIVATE KEY")) { /* not to be repeated */
        lab_draft_error(d, yaml->pos,
                        "'authorized_keys' holds a private key; give the public one "
                        "(.pub), and make a new pair");
        return;
    }
    const char *bad = lab_pubkey_looks_inline(text) ? lab_pubkey_check(text) : NULL;
    LAB_AUTOFREE char *why = bad                             ? lab_strdup(bad)
                             : lab_pubkey_looks_inline(text) ? NULL
                                                             : read_key_file(d, text);
    if (why) {
        LAB_AUTOFREE char *quoted = lab_quote(text);
        lab_draft_error(d, yaml->pos, "'authorized_keys' has %s; %s", quoted, why);
    } else if (lab_pubkey_looks_inline(text)) {
        *lab_vec_push(&d->spec->auth.authorized_keys) = lab_steal(&text);
    }
}

void lab_draft_read_auth(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const struct lab_object *o = &lab_object_auth;
    if (yaml)
        d->spec->auth.pos = yaml->pos;
    lab_read_object(d, o, yaml, &d->spec->auth);
    const struct lab_yaml *password = lab_read_child(o, yaml, "password");
    if (password)
        read_password(d, password);
    lab_draft_check_single_password(d, yaml);
    lab_draft_check_password_file(d, yaml, d->spec->auth.password_file);
    const struct lab_yaml *keys = lab_read_child(o, yaml, "authorized_keys");
    for (size_t i = 0; keys && i < keys->items.len; i++)
        read_key(d, keys->items.items[i]);
}
