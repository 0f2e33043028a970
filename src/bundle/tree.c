#include "bundle/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"

#define NAME_MAX_BYTES 255
#define PATH_MAX_BYTES 1023
#define FOLDERS_MAX    7 /* ISO 9660 has eight levels, the root being one */

static const char *bad_part(const char *part, size_t len)
{
    if (len == 0)
        return lab_tr("has an empty part");
    if (len <= 2 && strspn(part, ".") >= len)
        return lab_tr("has '.' or '..' as a part");
    if (len > NAME_MAX_BYTES)
        return lab_tr("has a name longer than 255 bytes");
    if (part[0] == ' ' || part[len - 1] == ' ' || part[len - 1] == '.')
        return lab_tr("has a name that begins or ends with a blank, or ends with '.'");
    return NULL;
}

const char *lab_bundle_bad_path(const char *path)
{
    if (path[0] == '/')
        return lab_tr("is absolute");
    if (strlen(path) > PATH_MAX_BYTES)
        return lab_tr("is longer than 1023 bytes");
    for (const char *s = path; *s; s++)
        if (*s < 0x20 || *s > 0x7e || strchr(":\\\"*?<>|", *s))
            return lab_tr(
                "has a character that not every medium can carry (printable ASCII without "
                ": \\ \" * ? < > |)");
    int folders = 0;
    for (const char *part = path;; part++, folders++) {
        size_t len = strcspn(part, "/");
        const char *why = bad_part(part, len);
        if (why)
            return why;
        if (folders > FOLDERS_MAX)
            return lab_tr("is more than 7 folders deep");
        part += len;
        if (*part == '\0')
            return NULL;
    }
}

struct walk {
    struct lab_tree *out;
    const char *dir, *prefix; /* prefix "" for the root */
    unsigned depth;
    struct lab_error *err;
    int rc;
};

static int walk_dir(struct lab_tree *out,
                    const char *dir,
                    const char *prefix,
                    unsigned depth,
                    struct lab_error *err);

static int add_one(struct walk *w, const char *name)
{
    struct plat_stat st;
    LAB_AUTOFREE char *full = lab_path_join(w->dir, name);
    LAB_AUTOFREE char *path =
        w->prefix[0] ? lab_format("%s/%s", w->prefix, name) : lab_strdup(name);
    if (plat_lstat(full, &st) < 0)
        return plat_fail_os(w->err, LAB_HOST, "cannot look at '%s'", full);
    if (st.is_dir && !st.is_link && w->depth < FOLDERS_MAX)
        return walk_dir(w->out, full, path, w->depth + 1, w->err);
    if (w->out->files.len == LAB_BUNDLE_MAX_FILES)
        return lab_fail(w->err, LAB_USAGE, "'%s' holds more than %d files; is it a bundle?", w->dir,
                        LAB_BUNDLE_MAX_FILES);
    struct lab_tree_file *file = lab_vec_push(&w->out->files);
    file->bad = st.is_link    ? lab_tr("is a symbolic link; a bundle holds plain files only")
                : st.is_dir   ? lab_tr("is a folder more than 7 folders deep")
                : !st.is_file ? lab_tr("is a special file; a bundle holds plain files only")
                              : lab_bundle_bad_path(path);
    file->path = lab_steal(&path);
    file->size = st.size;
    file->mode = st.mode;
    return 0;
}

static int on_name(void *arg, const char *name)
{
    struct walk *w = arg;
    w->rc = add_one(w, name);
    return w->rc;
}

static int walk_dir(struct lab_tree *out,
                    const char *dir,
                    const char *prefix,
                    unsigned depth,
                    struct lab_error *err)
{
    struct walk w = {out, dir, prefix, depth, err, 0};
    int rc = plat_list_dir(dir, on_name, &w, err);
    return w.rc < 0 ? -1 : rc;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct lab_tree_file *)a)->path, ((const struct lab_tree_file *)b)->path);
}

int lab_tree_read(struct lab_tree *out, const char *dir, struct lab_error *err)
{
    int rc = walk_dir(out, dir, "", 0, err);
    if (out->files.len > 0)
        qsort(out->files.items, out->files.len, sizeof(*out->files.items), by_path);
    return rc;
}

const struct lab_tree_file *lab_tree_find(const struct lab_tree *tree, const char *path)
{
    const struct lab_tree_file key = {.path = (char *)(uintptr_t)path};
    if (tree->files.len == 0)
        return NULL;
    return bsearch(&key, tree->files.items, tree->files.len, sizeof(key), by_path);
}

void lab_tree_clear(struct lab_tree *tree)
{
    LAB_VEC_FOREACH (file, &tree->files)
        free(file->path);
    lab_vec_clear(&tree->files);
}
