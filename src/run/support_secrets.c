/* Where the secrets are: SECURITY.md, "The life of each secret". */
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "platform.h"
#include "run/support_priv.h"

enum { SECRET_MAX = 64 * 1024 };

struct folder {
    struct lab_redact *redact;
    const char *dir;
};

static void learn_file(struct lab_redact *r, const char *what, const char *path)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    struct plat_stat st;
    if (plat_lstat(path, &st) != 0 || !st.is_file || lab_file_read(path, SECRET_MAX, &text, NULL))
        return;
    while (text.len && strchr("\r\n", text.ptr[text.len - 1]))
        lab_str_truncate(&text, text.len - 1);
    lab_redact_know(r, what, lab_str_get(&text), text.len);
    if (text.len)
        lab_wipe(text.ptr, text.len);
}

/* What is not named here is the host key of the node of that name. */
static int learn_key(void *arg, const char *name)
{
    static const char *const known[][2] = {
        {"k3s-token", "k3s token"},
        {"password-hash", "password hash"},
        {"registry-password", "registry password"},
        {"login", "login key"},
    };
    const struct folder *f = arg;
    const char *what = "host key";
    LAB_AUTOFREE char *path = lab_path_join(f->dir, name);
    for (size_t i = 0; i < LAB_ARRAY_LEN(known); i++)
        if (strcmp(known[i][0], name) == 0)
            what = known[i][1];
    if (!lab_ends_with(name, ".pub"))
        learn_file(f->redact, what, path);
    return 0;
}

/* "user:hash" */
static void learn_htpasswd(struct lab_redact *r, const char *path)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!lab_file_exists(path) || lab_file_read(path, SECRET_MAX, &text, NULL))
        return;
    const char *colon = strchr(lab_str_get(&text), ':');
    if (colon)
        lab_redact_know(r, "password hash", colon + 1, strcspn(colon + 1, "\r\n"));
}

static void learn_lab(struct lab_redact *r, const char *lab)
{
    static const char *const files[][2] = {
        {"registry/password", "registry password"},
        {"registry/secret", "registry's http secret"},
        {"registry/server.key", "registry's TLS key"},
        {"pki/ca.key", "key of the CA"},
    };
    LAB_AUTOFREE char *home = lab_home_of(lab);
    LAB_AUTOFREE char *keys = lab_path_join(home, "keys");
    LAB_AUTOFREE char *htpasswd = lab_path_join(home, "registry/htpasswd");
    struct folder f = {r, keys};
    struct plat_stat st;
    if (plat_lstat(keys, &st) == 0 && st.is_dir && plat_list_dir(keys, learn_key, &f, NULL))
        lab_log("support: '%s' cannot be listed", keys);
    for (size_t i = 0; i < LAB_ARRAY_LEN(files); i++) {
        LAB_AUTOFREE char *path = lab_path_join(home, files[i][0]);
        learn_file(r, files[i][1], path);
    }
    learn_htpasswd(r, htpasswd);
}

static void learn_variable(struct lab_redact *r, const char *what, const char *name)
{
    const char *value = name ? plat_getenv(name) : NULL;
    if (value)
        lab_redact_know(r, what, value, strlen(value));
}

static void learn_password_file(struct lab_redact *r, const char *what, const char *path)
{
    LAB_AUTO_SECRET char *secret = NULL;
    if (path && lab_file_exists(path) && lab_secret_read(&secret, path, NULL) == 0)
        lab_redact_know(r, what, secret, strlen(secret));
}

void lab_support_learn(struct lab_redact *r, const char *this_lab, const struct lab_spec *spec)
{
    struct lab_names labs = {{0}};
    if (this_lab) /* also one whose ledger is lost */
        learn_lab(r, this_lab);
    if (lab_state_labs(&labs, NULL) == 0)
        LAB_VEC_FOREACH (lab, &labs.list)
            learn_lab(r, *lab);
    lab_names_clear(&labs);
    learn_variable(r, "console password", "LABCTL_PASSWORD");
    learn_variable(r, "registry password", "LABCTL_REGISTRY_PASSWORD");
    if (!spec)
        return;
    learn_variable(r, "console password", spec->auth.password_env);
    learn_variable(r, "registry password", spec->registry.password_env);
    learn_password_file(r, "console password", spec->auth.password_file);
    learn_password_file(r, "registry password", spec->registry.password_file);
    if (spec->auth.password_hash)
        lab_redact_know(r, "password hash", spec->auth.password_hash,
                        strlen(spec->auth.password_hash));
}
