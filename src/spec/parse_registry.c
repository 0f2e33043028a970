/* `registry:` by itself; what it has to do with networks and nodes is check_registry.c's. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "pki/ca.h"
#include "spec/values.h"

#define CA_MAX (256 * 1024)

/* The value is never repeated: it may be the password itself. */
static void read_password(struct lab_draft *d, const struct lab_yaml *yaml)
{
    if (lab_draft_is_prompt(yaml->text))
        d->spec->registry.password_prompt = true;
    else
        lab_draft_error(d, yaml->pos,
                        "'password' does not belong into a file; write \"{{ password }}\" to be "
                        "asked, or use password_file or password_env");
}

static char *read_ca(const char *path, char **pem)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!lab_file_exists(path))
        return lab_format(lab_tr("%s does not exist"), path);
    if (lab_file_read(path, CA_MAX, &text, &err))
        return lab_strdup(err.message);
    const char *why = lab_cert_why_not(lab_str_get(&text));
    if (why)
        return lab_strdup(why);
    *pem = lab_str_detach(&text);
    return NULL;
}

static void check_ca(struct lab_draft *d, const struct lab_yaml *yaml)
{
    struct lab_registry_spec *r = &d->spec->registry;
    LAB_AUTOFREE char *why = r->ca && !d->options->skip_files ? read_ca(r->ca, &r->ca_pem) : NULL;
    if (!why)
        return;
    LAB_AUTOFREE char *quoted = lab_quote(lab_yaml_text(yaml, "ca"));
    lab_draft_error(d, lab_yaml_pos(yaml, "ca"), "the registry's 'ca' is %s; %s", quoted, why);
}

/* "docker.io", "quay.example:8443", "*" */
static bool is_registry(const char *s)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    size_t n = strspn(s, set);
    uint64_t port;
    if (strcmp(s, "*") == 0)
        return true;
    return n && n < 254 && !strchr(".-", *s) &&
           (!s[n] || (s[n] == ':' && lab_parse_uint(s + n + 1, 65535, &port) == 0 && port));
}

static void read_mirror(struct lab_draft *d, const struct lab_yaml *yaml)
{
    static const struct lab_field item = {.key = "mirrors", .type = LAB_TYPE_TEXT};
    struct lab_registry_spec *r = &d->spec->registry;
    LAB_AUTOFREE char *name = NULL;
    if (!lab_read_value(d, &item, yaml, &name))
        return;
    LAB_AUTOFREE char *quoted = lab_quote(name);
    if (!is_registry(name)) {
        lab_draft_error(d, yaml->pos,
                        "'mirrors' has %s; write a registry's name without https:// and path, such "
                        "as docker.io, or \"*\" for all",
                        quoted);
        return;
    }
    LAB_VEC_FOREACH (other, &r->mirrors)
        if (strcmp(*other, name) == 0) {
            lab_draft_error(d, yaml->pos, "'mirrors' has %s twice", quoted);
            return;
        }
    *lab_vec_push(&r->mirrors) = lab_steal(&name);
}

/* Keys that only one kind of registry can have. */
static void refuse(struct lab_draft *d,
                   const struct lab_yaml *yaml,
                   const char *const *keys,
                   size_t n,
                   const char *why)
{
    for (size_t i = 0; i < n; i++)
        if (lab_yaml_get(yaml, keys[i]))
            lab_draft_error(d, lab_yaml_pos(yaml, keys[i]), "'%s' %s", keys[i], why);
}

static void check_own(struct lab_draft *d, const struct lab_yaml *yaml)
{
    static const char *const theirs[] = {"ca",       "insecure",      "username",
                                         "password", "password_file", "password_env"};
    if (d->spec->registry.serve && d->spec->registry.node)
        lab_draft_error(d, lab_yaml_pos(yaml, "node"),
                        "'serve' and 'node' both say where labctl runs the registry; keep one");
    refuse(
        d, yaml, theirs, LAB_ARRAY_LEN(theirs),
        lab_tr(
            "is for a registry that is there already; labctl's own has a certificate of the lab's "
            "CA, and with 'auth: true' a password that labctl makes"));
}

static void check_theirs(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const struct lab_registry_spec *r = &d->spec->registry;
    bool password = r->password_prompt || lab_yaml_get(yaml, "password") ||
                    lab_yaml_get(yaml, "password_file") || lab_yaml_get(yaml, "password_env");
    static const char *const ours[] = {"auth"};
    if (!lab_yaml_get(yaml, "address"))
        lab_draft_error(d, yaml->pos,
                        "registry has no 'address' (host:port of one that is there); for labctl's "
                        "own write 'serve: true', or 'node: NAME' to run it in a guest");
    refuse(
        d, yaml, ours, LAB_ARRAY_LEN(ours),
        lab_tr(
            "is for labctl's own registry; for one that is there give 'username' and a password"));
    if (r->username && !password)
        lab_draft_error(d, lab_yaml_pos(yaml, "username"),
                        "'username' without a password: write password: \"{{ password }}\" to be "
                        "asked, or password_file, or password_env");
    if (password && !r->username)
        lab_draft_error(d, yaml->pos, "the registry's password has no 'username'");
    if (r->insecure && r->ca)
        lab_draft_error(d, lab_yaml_pos(yaml, "insecure"),
                        "'insecure' means that no certificate is checked, 'ca' by what one is; "
                        "keep one");
    else if (r->insecure)
        lab_draft_warning(d, lab_yaml_pos(yaml, "insecure"),
                          "nobody checks who the registry is: whoever is on the way to it can "
                          "change images%s",
                          r->username ? lab_tr(" and read the password") : "");
}

void lab_draft_read_registry(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const struct lab_object *o = &lab_object_registry;
    struct lab_registry_spec *r = &d->spec->registry;
    if (!lab_read_object(d, o, yaml, r))
        return;
    d->spec->has_registry = true;
    r->pos = yaml->pos;
    const struct lab_yaml *part = lab_read_child(o, yaml, "password");
    if (part)
        read_password(d, part);
    lab_draft_check_single_password(d, yaml);
    lab_draft_check_password_file(d, yaml, r->password_file);
    check_ca(d, yaml);
    part = lab_read_child(o, yaml, "mirrors");
    for (size_t i = 0; part && i < part->items.len; i++)
        read_mirror(d, part->items.items[i]);
    if (part && !part->items.len && !part->broken)
        lab_draft_error(d, part->pos, "'mirrors' is empty; remove the line, or name registries");
    if (r->serve || r->node)
        check_own(d, yaml);
    else
        check_theirs(d, yaml);
}
