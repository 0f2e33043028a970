#include "bundle/apt.h"

#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/file.h"
#include "base/text.h"
#include "bundle/sums.h"
#include "bundle/tree.h"
#include "platform.h"

enum { APT_MINUTES = 60 };
#define STATUS_MAX_BYTES  (64u << 20)
#define KEYRING_MAX_BYTES (16u << 20)

/* --- its folder ------------------------------------------------------------------------------- */

/* Read before any other file of apt's, and keeps it from reading them. */
static const char config[] = "Dir::Etc::Parts \"/dev/null\";\n"
                             "Dir::Etc::Main \"/dev/null\";\n";

static char *inside(const struct lab_apt *apt, const char *name)
{
    return lab_path_join(apt->dir, name);
}

static int
put(const struct lab_apt *apt, const char *name, const struct lab_str *text, struct lab_error *err)
{
    LAB_AUTOFREE char *path = inside(apt, name);
    return lab_file_replace(path, lab_str_get(text), text->len, 0644, err);
}

static int make_folders(const struct lab_apt *apt, struct lab_error *err)
{
    static const char *const names[] = {"lists/partial", "archives/partial", "trusted"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        LAB_AUTOFREE char *path = inside(apt, names[i]);
        if (plat_mkdirs(path, 0755, err) < 0)
            return -1;
    }
    return 0;
}

static int put_status(const struct lab_apt *apt, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(STATUS_MAX_BYTES + 1);
    const char *from = apt->wants->installed;
    if (from && lab_file_read(from, STATUS_MAX_BYTES, &text, err) < 0)
        return lab_error_wrap(err, "cannot use the list of installed packages");
    if (from && !lab_starts_with(lab_str_get(&text), "Package:")) {
        lab_fail(err, LAB_USAGE, "'%s' is no list of installed packages", from);
        return lab_error_hint(err, "copy /var/lib/dpkg/status from a guest as it is before any "
                                   "package was added");
    }
    return put(apt, "status", &text, err);
}

/* apt goes by the name: .asc is text, .gpg is not. */
static int put_keyring(const struct lab_apt *apt, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(KEYRING_MAX_BYTES + 1);
    if (!apt->wants->keyring)
        return 0;
    if (lab_file_read(apt->wants->keyring, KEYRING_MAX_BYTES, &text, err) < 0)
        return lab_error_wrap(err, "cannot use the keyring");
    bool armoured = lab_starts_with(lab_str_get(&text), "-----BEGIN PGP");
    return put(apt, armoured ? "trusted/keys.asc" : "trusted/keys.gpg", &text, err);
}

static int prepare(const struct lab_apt *apt, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str sources = LAB_STR_INIT, first = LAB_STR_INIT;
    LAB_VEC_FOREACH (line, &apt->wants->sources)
        lab_str_addf(&sources, "%s\n", *line);
    lab_str_add(&first, config);
    if (plat_remove_tree(apt->dir, err) < 0 || make_folders(apt, err) < 0 ||
        put(apt, "sources.list", &sources, err) < 0 || put(apt, "apt.conf", &first, err) < 0 ||
        put_status(apt, err) < 0)
        return -1;
    return put_keyring(apt, err);
}

/* --- its calls -------------------------------------------------------------------------------- */

static void option(struct lab_child *c, const char *name, const char *value)
{
    lab_child_arg(c, "-o");
    lab_child_argf(c, "%s=%s", name, value);
}

static void
place(struct lab_child *c, const struct lab_apt *apt, const char *name, const char *file)
{
    LAB_AUTOFREE char *path = inside(apt, file);
    option(c, name, path);
}

static void common_options(struct lab_child *c, const struct lab_apt *apt)
{
    static const char *const fixed[][2] = {
        {"Dir::Etc::sourceparts", "/dev/null"},
        {"Dir::Etc::preferences", "/dev/null"},
        {"Dir::Etc::preferencesparts", "/dev/null"},
        {"Dir::Cache::pkgcache", ""},
        {"Dir::Cache::srcpkgcache", ""},
        {"Acquire::Languages", "none"},
        {"Acquire::ForceHash", "SHA256"},
        {"APT::Update::Error-Mode", "any"},
        {"APT::Install-Suggests", "false"},
        {"APT::Sandbox::User", "root"}, /* else root's apt could not write below a 0700 home */
        {"Debug::NoLocking", "true"},   /* the folder is ours alone */
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(fixed); i++)
        option(c, fixed[i][0], fixed[i][1]);
    option(c, "APT::Architecture", apt->arch);
    option(c, "APT::Architectures", apt->arch);
    place(c, apt, "Dir::State", "");
    place(c, apt, "Dir::State::lists", "lists/");
    place(c, apt, "Dir::State::status", "status");
    place(c, apt, "Dir::Cache", "");
    place(c, apt, "Dir::Cache::archives", "archives/");
    place(c, apt, "Dir::Etc::sourcelist", "sources.list");
    if (apt->wants->keyring) {
        option(c, "Dir::Etc::trusted", "/dev/null");
        place(c, apt, "Dir::Etc::trustedparts", "trusted/");
    }
}

/* 0: it ran, whatever it answered. */
static int run(const struct lab_apt *apt, struct lab_child *c, struct lab_error *err)
{
    LAB_AUTOFREE char *path = inside(apt, "apt.conf");
    LAB_AUTOFREE char *setting = lab_format("APT_CONFIG=%s", path);
    const char *const env[] = {setting, NULL};
    c->env = env;
    c->timeout_ms = APT_MINUTES * 60000;
    int rc = lab_child_run(c, err);
    c->env = NULL;
    if (rc == 0 || !err || err->code != LAB_HOST)
        return rc;
    return lab_error_wrap(err, "packages are resolved by apt, so make this bundle on Debian or "
                               "Ubuntu (on Windows: in WSL)");
}

static int update(const struct lab_apt *apt, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "apt-get");
    common_options(&c, apt);
    lab_child_args(&c, "-q", "update", NULL);
    if (run(apt, &c, err) < 0)
        return -1;
    /* Some failures are only warnings to it, and then it would resolve by what it has. */
    if (c.status == 0 && !strstr(lab_str_get(&c.errout), "W: Failed to fetch"))
        return 0;
    return lab_apt_explain(apt, lab_str_get(&c.out), lab_str_get(&c.errout), true, err);
}

/* --- its answer: 'URL' NAME SIZE SHA256:DIGEST ------------------------------------------------ */

/* The epoch is not in the names of Debian's own pool either, and apt takes "%3a" in the name of a
 * file for a quoted ':'. */
static char *plain_name(const char *name)
{
    const char *under = strchr(name, '_');
    const char *colon = under ? strstr(under, "%3a") : NULL;
    if (!colon || strspn(under + 1, "0123456789") != (size_t)(colon - under - 1))
        return lab_strdup(name);
    return lab_format("%.*s_%s", (int)(under - name), name, colon + 3);
}

static int strange(const char *line, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, line, strlen(line), 300);
    return lab_fail(err, LAB_HOST, "apt-get answered what labctl does not understand: %s",
                    lab_str_get(&shown));
}

static int take_line(struct lab_apt *apt, char *line, struct lab_error *err)
{
    LAB_AUTOFREE char *copy = lab_strdup(line);
    char *end = strchr(line + 1, '\'');
    char *name = end && end[1] == ' ' ? end + 2 : NULL;
    char *size = name ? strchr(name, ' ') : NULL;
    char *sum = size ? strchr(size + 1, ' ') : NULL;
    uint64_t bytes;
    if (!sum)
        return strange(copy, err);
    *end = *size++ = *sum++ = '\0';
    if (lab_parse_uint(size, UINT64_MAX >> 1, &bytes) < 0 || !lab_starts_with(sum, "SHA256:") ||
        !lab_is_sha256(sum + 7))
        return strange(copy, err);
    LAB_AUTOFREE char *plain = plain_name(name);
    if (lab_bundle_bad_path(plain) || strchr(plain, '/') || !lab_ends_with(plain, ".deb"))
        return strange(copy, err);
    struct lab_apt_file *file = lab_vec_push(&apt->files);
    /* apt writes file:/path, which is a file: URL, but not in the form that others know */
    const char *url = line + 1;
    bool local = lab_starts_with(url, "file:/") && !lab_starts_with(url, "file://");
    file->url = local ? lab_format("file://%s", url + strlen("file:")) : lab_strdup(url);
    file->name = lab_steal(&plain);
    file->size = bytes;
    memcpy(file->sha256, sum + 7, LAB_SHA256_HEX);
    return 0;
}

static int take_lines(struct lab_apt *apt, char *text, struct lab_error *err)
{
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        /* Everything else is what it tells people; less of it (-qq) hides unmet dependencies, too.
         */
        if (*line == '\'' && take_line(apt, line, err) < 0)
            return -1;
    }
    return 0;
}

static int resolve(struct lab_apt *apt, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "apt-get");
    common_options(&c, apt);
    lab_child_args(&c, "-q", "-y", "--print-uris", "--no-install-recommends", "install", "--",
                   NULL);
    LAB_VEC_FOREACH (name, &apt->wants->names)
        lab_child_arg(&c, *name);
    if (run(apt, &c, err) < 0)
        return -1;
    if (c.status != 0)
        return lab_apt_explain(apt, lab_str_get(&c.out), lab_str_get(&c.errout), false, err);
    return c.out.len ? take_lines(apt, c.out.ptr, err) : 0;
}

int lab_apt_resolve(struct lab_apt *apt, struct lab_error *err)
{
    return prepare(apt, err) < 0 || update(apt, err) < 0 || resolve(apt, err) < 0 ? -1 : 0;
}

void lab_apt_clear(struct lab_apt *apt)
{
    LAB_VEC_FOREACH (file, &apt->files) {
        free(file->url);
        free(file->name);
    }
    lab_vec_clear(&apt->files);
}
