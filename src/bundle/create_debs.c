/* The .deb set as a flat repository: debs/RELEASE-ARCH/{*.deb,Packages}, which a guest uses with
 * `deb [trusted=yes] file:…/debs/RELEASE-ARCH ./` (facts: k3s-airgap.md, section 5). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "bundle/apt.h"
#include "bundle/create_priv.h"

/* --- the plan --------------------------------------------------------------------------------- */

static char *folder_of(const struct lab_create *c)
{
    return lab_format("debs/%s-%s", c->recipe.packages.release, c->recipe.arch);
}

static int plan(struct lab_create *c, const struct lab_apt *apt, struct lab_error *err)
{
    LAB_AUTOFREE char *folder = folder_of(c);
    LAB_VEC_FOREACH (file, &apt->files) {
        LAB_AUTOFREE char *path = lab_format("%s/%s", folder, file->name);
        LAB_VEC_FOREACH (other, &c->items)
            if (strcmp(other->path, path) == 0)
                return lab_fail(err, LAB_HOST, "apt-get names two files '%s'", file->name);
        struct lab_item *item = lab_create_item(c, file->url, path, LAB_FILE_DEB);
        item->sha256 = lab_strdup(file->sha256);
        item->size = file->size;
        item->whose = lab_tr("the list of the package's source");
    }
    if (!apt->files.len)
        lab_create_note(c, "no package is needed: all of them are in '%s'",
                        c->recipe.packages.installed);
    return 0;
}

int lab_create_plan_debs(struct lab_create *c, struct lab_error *err)
{
    LAB_AUTOFREE char *dir = lab_path_join(c->dir.part, LAB_PART_WORK "/apt");
    struct lab_apt apt = {.wants = &c->recipe.packages, .arch = c->recipe.arch, .dir = dir};
    if (!c->recipe.packages.release)
        return 0;
    int rc = lab_apt_resolve(&apt, err) < 0 ? -1 : plan(c, &apt, err);
    lab_apt_clear(&apt);
    return rc;
}

/* --- the index -------------------------------------------------------------------------------- */

/* The value of a field of a control stanza, without the lines that continue it; caller frees. */
static char *field_of(const char *control, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = control; line && *line;) {
        if (strncmp(line, name, n) == 0 && line[n] == ':') {
            const char *value = line + n + 1 + strspn(line + n + 1, " \t");
            return lab_strndup(value, strcspn(value, "\r\n"));
        }
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return NULL;
}

static bool in_list(const char *list, const char *name, size_t n)
{
    for (const char *at = list; at && *at; at++) {
        at += strspn(at, " ,");
        if (strncmp(at, name, n) == 0 && strchr(" ,(:", at[n]))
            return true; /* the end of the text is found, too */
        at = strchr(at, ',');
        if (!at)
            break;
    }
    return false;
}

/* Asked for by its own name, or by that of something that it provides. */
static bool is_wanted(const struct lab_create *c, const char *package, const char *provides)
{
    LAB_VEC_FOREACH (name, &c->recipe.packages.names) {
        size_t n = strcspn(*name, "=");
        if ((strlen(package) == n && strncmp(package, *name, n) == 0) ||
            in_list(provides, *name, n))
            return true;
    }
    return false;
}

static int read_control(const char *path, struct lab_child *c, struct lab_error *err)
{
    lab_child_init(c, "dpkg-deb");
    lab_child_args(c, "--field", path, NULL);
    if (lab_child_run(c, err) < 0)
        return -1;
    if (c->status == 0)
        return 0;
    LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
    lab_put_printable(&why, lab_str_get(&c->errout), c->errout.len, 300);
    return lab_fail(err, LAB_INTEGRITY, "'%s' is no Debian package: %s", path, lab_str_get(&why));
}

static int add_package(struct lab_create *c,
                       const struct lab_item *item,
                       const char *control,
                       struct lab_error *err)
{
    LAB_AUTOFREE char *name = field_of(control, "Package");
    LAB_AUTOFREE char *version = field_of(control, "Version");
    LAB_AUTOFREE char *arch = field_of(control, "Architecture");
    LAB_AUTOFREE char *provides = field_of(control, "Provides");
    if (!name || !version || !arch || !lab_manifest_can_say(name) ||
        !lab_manifest_can_say(version) || !lab_manifest_can_say(arch))
        return lab_fail(err, LAB_INTEGRITY, "'%s' does not say its name, version and architecture",
                        item->path);
    bool wanted = is_wanted(c, name, provides);
    *lab_vec_push(&c->manifest.packages) = (struct lab_bundle_package){
        lab_steal(&name), lab_steal(&version), lab_steal(&arch), lab_strdup(item->path), wanted};
    return 0;
}

static void put_stanza(struct lab_str *index, const struct lab_item *item, const char *control)
{
    size_t n = strlen(control);
    while (n && control[n - 1] == '\n')
        n--;
    lab_str_addn(index, control, n);
    lab_str_addf(index, "\nFilename: ./%s\nSize: %" PRIu64 "\nSHA256: %s\n\n",
                 lab_path_base(item->path), item->bytes, item->got);
}

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const struct lab_item *const *)a)->path,
                  (*(const struct lab_item *const *)b)->path);
}

static int put_index(struct lab_create *c, struct lab_str *index, struct lab_error *err)
{
    LAB_VEC(const struct lab_item *) debs = {NULL, 0, 0};
    int rc = 0;
    LAB_VEC_FOREACH (item, &c->items)
        if (strcmp(item->role, LAB_FILE_DEB) == 0)
            *lab_vec_push(&debs) = item;
    if (debs.len)
        qsort(debs.items, debs.len, sizeof(*debs.items), by_path);
    for (size_t i = 0; rc == 0 && i < debs.len; i++) {
        LAB_AUTO_CHILD struct lab_child child;
        LAB_AUTOFREE char *path = lab_path_join(c->dir.part, debs.items[i]->path);
        rc = read_control(path, &child, err);
        if (rc == 0)
            rc = add_package(c, debs.items[i], lab_str_get(&child.out), err);
        if (rc == 0)
            put_stanza(index, debs.items[i], lab_str_get(&child.out));
    }
    lab_vec_clear(&debs);
    return rc;
}

int lab_create_index_debs(struct lab_create *c, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str index = LAB_STR_INIT;
    if (!c->recipe.packages.release)
        return 0;
    LAB_AUTOFREE char *folder = folder_of(c);
    LAB_AUTOFREE char *path = lab_format("%s/Packages", folder);
    if (put_index(c, &index, err) < 0)
        return -1;
    if (!c->manifest.packages.len) /* a guest would take an empty set for a broken one */
        return 0;
    c->manifest.release = lab_strdup(c->recipe.packages.release);
    lab_sha256_hex(lab_str_get(&index), index.len, c->manifest.packages_sha256);
    return lab_create_write(c, path, LAB_FILE_DEB_INDEX, &index, err);
}
