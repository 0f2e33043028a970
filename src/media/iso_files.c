#include "media/iso_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"

#define NAME_MAX_BYTES 255
#define PATH_MAX_BYTES 1023
/* ISO 9660 has eight levels, the root being one. What is deeper, libarchive (3.6.2 at least) moves
 * to rr_moved, and there it mixes up trees that branch and crashes on others. */
#define FOLDERS_MAX      7
#define JOLIET_NAME_MAX  103
#define JOLIET_PATH_MAX  239
#define JOLIET_LABEL_MAX 16

void lab_iso_add_bytes(
    struct lab_iso *iso, const char *path, const void *bytes, size_t n, unsigned mode)
{
    struct lab_iso_file *file = lab_vec_push(&iso->files);
    file->path = lab_strdup(path);
    file->bytes = lab_alloc(n + 1);
    if (n > 0)
        memcpy(file->bytes, bytes, n);
    file->size = n;
    file->mode = mode;
}

void lab_iso_clear(struct lab_iso *iso)
{
    LAB_VEC_FOREACH (file, &iso->files) {
        if (file->bytes)
            lab_wipe(file->bytes, file->size); /* a seed's hold private keys */
        free(file->path);
        free(file->source);
        free(file->bytes);
    }
    lab_vec_clear(&iso->files);
}

static int
refuse(struct lab_error *err, const char *what, const char *path, const char *why, const char *hint)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, path, strlen(path), PATH_MAX_BYTES);
    lab_fail(err, LAB_USAGE, "cannot put %s '%s' on an ISO image: %s", what, lab_str_get(&shown),
             why);
    return lab_error_hint(err, "%s", lab_tr(hint));
}

static bool is_printable(const char *s)
{
    for (; *s; s++)
        if (*s < 0x20 || *s > 0x7e || *s == '\\')
            return false;
    return true;
}

static bool is_reserved(const char *name, size_t len)
{
    return (len == 8 && memcmp(name, "rr_moved", 8) == 0) ||
           (len == 9 && memcmp(name, ".rr_moved", 9) == 0);
}

/* Non-ASCII names reach the guest garbled or, on Windows, not at all; '\' is a separator there and
 * sha256sum writes it in a form of its own. */
static int check_path(const char *path, struct lab_error *err)
{
    static const char *const rename = LAB_N("rename the file or its folder");
    if (!is_printable(path))
        return refuse(err, lab_tr("the path"), path,
                      lab_tr("its name has a character outside printable ASCII, or a backslash"),
                      rename);
    if (strlen(path) > PATH_MAX_BYTES)
        return refuse(err, lab_tr("the path"), path, lab_tr("its path is longer than 1023 bytes"),
                      rename);
    int folders = 0;
    for (const char *part = path;; part++, folders++) {
        size_t len = strcspn(part, "/");
        if (folders > FOLDERS_MAX)
            return refuse(err, lab_tr("the path"), path, lab_tr("it is more than 7 folders deep"),
                          lab_tr("move it nearer to the top, or pack its folder as a tar file"));
        if (len == 0 || (len <= 2 && strspn(part, ".") >= len))
            return refuse(err, lab_tr("the path"), path,
                          lab_tr("a part of its path is empty, '.' or '..'"),
                          lab_tr("give a path relative to the image's root"));
        if (len > NAME_MAX_BYTES)
            return refuse(err, lab_tr("the path"), path,
                          lab_tr("a name in it is longer than 255 bytes"), rename);
        if (folders == 0 && is_reserved(part, len))
            return refuse(err, lab_tr("the path"), path,
                          lab_tr("Rock Ridge keeps the name rr_moved for itself"), rename);
        part += len;
        if (*part == '\0')
            return 0;
    }
}

/* --- a folder's files ------------------------------------------------------------------------- */

struct walk {
    struct lab_iso *iso;
    const char *dir;    /* on disk */
    const char *prefix; /* in the image; "" for the root */
    struct lab_error *err;
    bool failed;
};

static int
walk_dir(struct lab_iso *iso, const char *dir, const char *prefix, struct lab_error *err);

static int add_one(struct walk *w, const char *name)
{
    struct plat_stat st;
    LAB_AUTOFREE char *full = lab_path_join(w->dir, name);
    LAB_AUTOFREE char *path =
        w->prefix[0] != '\0' ? lab_format("%s/%s", w->prefix, name) : lab_strdup(name);

    if (check_path(path, w->err) < 0)
        return -1;
    if (plat_lstat(full, &st) < 0)
        return plat_fail_os(w->err, LAB_HOST, "cannot look at '%s'", full);
    if (st.is_link)
        return refuse(w->err, lab_tr("the symbolic link"), full,
                      lab_tr("images hold plain files only"),
                      lab_tr("replace the link by a copy of what it points to"));
    if (st.is_dir)
        return walk_dir(w->iso, full, path, w->err);
    if (!st.is_file)
        return refuse(w->err, lab_tr("the special file"), full,
                      lab_tr("images hold plain files only"), lab_tr("move it out of the folder"));
    struct lab_iso_file *file = lab_vec_push(&w->iso->files);
    file->path = lab_steal(&path);
    file->source = lab_steal(&full);
    file->size = st.size;
    file->mtime_ns = st.mtime_ns;
    return 0;
}

static int on_name(void *arg, const char *name)
{
    struct walk *w = arg;
    w->failed = add_one(w, name) < 0;
    return w->failed;
}

static int walk_dir(struct lab_iso *iso, const char *dir, const char *prefix, struct lab_error *err)
{
    struct walk w = {iso, dir, prefix, err, false};
    int rc = plat_list_dir(dir, on_name, &w, err);
    return w.failed ? -1 : rc;
}

int lab_iso_add_tree(struct lab_iso *iso, const char *dir, struct lab_error *err)
{
    if (walk_dir(iso, dir, "", err) < 0)
        return -1;
    lab_iso_sort(iso);
    return 0;
}

/* --- checks before writing -------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct lab_iso_file *)a)->path, ((const struct lab_iso_file *)b)->path);
}

void lab_iso_sort(struct lab_iso *iso)
{
    if (iso->files.len > 0)
        qsort(iso->files.items, iso->files.len, sizeof(*iso->files.items), by_path);
}

static bool has_file(const struct lab_iso *iso, const char *path)
{
    const struct lab_iso_file key = {.path = (char *)(uintptr_t)path};
    return bsearch(&key, iso->files.items, iso->files.len, sizeof(key), by_path) != NULL;
}

/* libarchive keeps one of two entries with the same path, and says nothing. */
static int check_clash(const struct lab_iso *iso, size_t i, struct lab_error *err)
{
    const char *path = iso->files.items[i].path;
    if (i > 0 && strcmp(iso->files.items[i - 1].path, path) == 0)
        return lab_fail(err, LAB_USAGE, "cannot make the image: it would hold '%s' twice", path);
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        LAB_AUTOFREE char *folder = lab_strndup(path, (size_t)(slash - path));
        if (has_file(iso, folder))
            return lab_fail(err, LAB_USAGE,
                            "cannot make the image: '%s' would be a file and a folder", folder);
    }
    return 0;
}

static int check_label(const char *label, struct lab_error *err)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = label ? strlen(label) : 0;
    if (len > 0 && len <= LAB_ISO_LABEL_MAX && strspn(label, allowed) == len)
        return 0;
    return lab_fail(err, LAB_USAGE,
                    "cannot make an image labelled '%s': a label is 1 to 32 of A-Z a-z 0-9 _ -",
                    label ? label : "");
}

static int look_at(struct lab_iso_file *file, struct lab_error *err)
{
    struct plat_stat st;
    if (!file->source || file->mtime_ns != 0)
        return 0;
    if (plat_stat(file->source, &st) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot look at '%s'", file->source);
    file->size = st.size;
    file->mtime_ns = st.mtime_ns;
    return 0;
}

int lab_iso_prepare(struct lab_iso *iso, struct lab_error *err)
{
    if (check_label(iso->label, err) < 0)
        return -1;
    lab_iso_sort(iso);
    for (size_t i = 0; i < iso->files.len; i++) {
        struct lab_iso_file *file = &iso->files.items[i];
        if (check_path(file->path, err) < 0 || check_clash(iso, i, err) < 0 ||
            look_at(file, err) < 0)
            return -1;
    }
    return 0;
}

bool lab_iso_fits_joliet(const struct lab_iso *iso)
{
    if (strlen(iso->label) > JOLIET_LABEL_MAX)
        return false;
    for (size_t i = 0; i < iso->files.len; i++) {
        const char *path = iso->files.items[i].path;
        if (strlen(path) > JOLIET_PATH_MAX)
            return false;
        for (const char *part = path; *part; part += part[0] == '/') {
            size_t len = strcspn(part, "/");
            if (len > JOLIET_NAME_MAX)
                return false;
            part += len;
        }
    }
    return true;
}
