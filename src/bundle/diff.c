#include "bundle/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *lab_diff_kind_name(enum lab_diff_kind kind)
{
    static const char *const names[] = {"k3s", "file", "image", "package"};
    return names[kind];
}

/* Takes before and after. */
static void
add(struct lab_diff *out, enum lab_diff_kind kind, const char *name, char *before, char *after)
{
    bool same = before && after ? strcmp(before, after) == 0 : before == after;
    if (same) {
        free(before);
        free(after);
        return;
    }
    *lab_vec_push(&out->list) = (struct lab_difference){kind, lab_strdup(name), before, after};
}

/* --- files ------------------------------------------------------------------------------------ */

static char *file_words(const struct lab_bundle_file *f)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!f)
        return NULL;
    lab_put_size(&text, f->size);
    lab_str_addf(&text, ", mode %04o, sha256 %.12s", f->mode, f->sha256);
    return lab_str_detach(&text);
}

/* Packages are told by their versions; the lists and the time stamp always differ. */
static bool is_told(const struct lab_bundle_file *f)
{
    return strcmp(f->role, LAB_FILE_DEB) != 0 && strcmp(f->role, LAB_FILE_DEB_INDEX) != 0 &&
           strcmp(f->role, LAB_FILE_TIMESTAMP) != 0;
}

static void
diff_files(struct lab_diff *out, const struct lab_manifest *a, const struct lab_manifest *b)
{
    LAB_VEC_FOREACH (f, &a->files)
        if (is_told(f))
            add(out, LAB_DIFF_FILE, f->path, file_words(f),
                file_words(lab_manifest_find(b, f->path)));
    LAB_VEC_FOREACH (f, &b->files)
        if (is_told(f) && !lab_manifest_find(a, f->path))
            add(out, LAB_DIFF_FILE, f->path, NULL, file_words(f));
}

/* --- images ----------------------------------------------------------------------------------- */

static const struct lab_bundle_image *find_image(const struct lab_manifest *m, const char *ref)
{
    LAB_VEC_FOREACH (i, &m->images)
        if (strcmp(i->ref, ref) == 0)
            return i;
    return NULL;
}

static void
diff_images(struct lab_diff *out, const struct lab_manifest *a, const struct lab_manifest *b)
{
    LAB_VEC_FOREACH (i, &a->images) {
        const struct lab_bundle_image *other = find_image(b, i->ref);
        add(out, LAB_DIFF_IMAGE, i->ref, lab_strdup(i->digest),
            other ? lab_strdup(other->digest) : NULL);
    }
    LAB_VEC_FOREACH (i, &b->images)
        if (!find_image(a, i->ref))
            add(out, LAB_DIFF_IMAGE, i->ref, NULL, lab_strdup(i->digest));
}

/* --- packages --------------------------------------------------------------------------------- */

static const struct lab_bundle_package *find_package(const struct lab_manifest *m,
                                                     const struct lab_bundle_package *p)
{
    LAB_VEC_FOREACH (other, &m->packages)
        if (strcmp(other->name, p->name) == 0 && strcmp(other->arch, p->arch) == 0)
            return other;
    return NULL;
}

static void
diff_packages(struct lab_diff *out, const struct lab_manifest *a, const struct lab_manifest *b)
{
    LAB_VEC_FOREACH (p, &a->packages) {
        const struct lab_bundle_package *other = find_package(b, p);
        add(out, LAB_DIFF_PACKAGE, p->name, lab_strdup(p->version),
            other ? lab_strdup(other->version) : NULL);
    }
    LAB_VEC_FOREACH (p, &b->packages)
        if (!find_package(a, p))
            add(out, LAB_DIFF_PACKAGE, p->name, NULL, lab_strdup(p->version));
}

void lab_bundle_diff(struct lab_diff *out,
                     const struct lab_manifest *before,
                     const struct lab_manifest *after)
{
    add(out, LAB_DIFF_K3S, "version", lab_strdup(before->k3s_version),
        lab_strdup(after->k3s_version));
    add(out, LAB_DIFF_K3S, "arch", lab_strdup(before->arch), lab_strdup(after->arch));
    diff_files(out, before, after);
    diff_images(out, before, after);
    diff_packages(out, before, after);
}

void lab_diff_clear(struct lab_diff *diff)
{
    LAB_VEC_FOREACH (d, &diff->list) {
        free(d->name);
        free(d->before);
        free(d->after);
    }
    lab_vec_clear(&diff->list);
}
