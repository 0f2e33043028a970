#include "bundle/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "base/work.h"
#include "bundle/hash.h"
#include "bundle/manifest.h"
#include "bundle/sums.h"
#include "bundle/tree.h"
#include "pki/sign.h"
#include "platform.h"
#include "state/state.h"

struct verify {
    struct lab_bundle_check *out;
    struct lab_tree tree;
    struct lab_sums sums;
    bool sums_fine; /* a list that was cut off says nothing about what is extra */
    struct lab_manifest manifest;
    struct lab_meter_sum meter;
};

const char *lab_signature_name(enum lab_signature signature)
{
    static const char *const names[] = {"good", "not checked", "none", "bad"};
    return names[signature];
}

static void problem(struct verify *v, const char *path, const char *fmt, ...) LAB_PRINTF(3, 4);
static void problem(struct verify *v, const char *path, const char *fmt, ...)
{
    va_list ap;
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, path, strlen(path), 1024);
    LAB_VEC_FOREACH (p, &v->out->problems)
        if (strcmp(p->path, lab_str_get(&shown)) == 0)
            return; /* what is wrong with a file is said once */
    struct lab_bundle_problem *p = lab_vec_push(&v->out->problems);
    va_start(ap, fmt);
    p->what = lab_vtr(fmt, ap);
    va_end(ap);
    p->path = lab_str_detach(&shown);
}

/* --- signature -------------------------------------------------------------------------------- */

static int check_signature(struct verify *v, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *sums = lab_path_join(v->out->dir, LAB_SUMS_NAME);
    LAB_AUTOFREE char *sig = lab_path_join(v->out->dir, LAB_SUMS_SIGNATURE);
    bool is_signed = lab_tree_find(&v->tree, LAB_SUMS_SIGNATURE) != NULL;
    v->out->signature = is_signed ? LAB_SIGNATURE_UNCHECKED : LAB_SIGNATURE_NONE;
    if (!v->out->key)
        return 0;
    v->out->signature = LAB_SIGNATURE_BAD;
    if (!is_signed) {
        problem(v, LAB_SUMS_SIGNATURE,
                "is missing: the bundle is unsigned, and the key '%s' is "
                "configured",
                v->out->key);
        return 0;
    }
    const struct lab_tree_file *list = lab_tree_find(&v->tree, LAB_SUMS_NAME);
    if (!list || list->bad) {
        problem(v, LAB_SUMS_NAME, "%s", list ? list->bad : lab_tr("is missing"));
        return 0;
    }
    if (lab_sign_verify(v->out->key, sums, sig, &why) == 0) {
        v->out->signature = LAB_SIGNATURE_GOOD;
    } else if (why.code == LAB_INTEGRITY) {
        problem(v, LAB_SUMS_SIGNATURE, "is wrong: %s", why.message);
    } else {
        lab_error_move(err, &why);
        return -1;
    }
    return 0;
}

/* --- SHA256SUMS and manifest.yaml ------------------------------------------------------------- */

static int read_sums(struct verify *v, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(LAB_SUMS_MAX_BYTES + 1);
    const struct lab_tree_file *file = lab_tree_find(&v->tree, LAB_SUMS_NAME);
    if (!file || file->bad) {
        problem(v, LAB_SUMS_NAME, "%s", file ? file->bad : lab_tr("is missing"));
        return 0;
    }
    if (file->size > LAB_SUMS_MAX_BYTES) {
        problem(v, LAB_SUMS_NAME, "is larger than %u bytes", LAB_SUMS_MAX_BYTES);
        return 0;
    }
    LAB_AUTOFREE char *path = lab_path_join(v->out->dir, LAB_SUMS_NAME);
    if (lab_file_read(path, LAB_SUMS_MAX_BYTES, &text, err) < 0)
        return -1;
    LAB_AUTOFREE char *why = lab_sums_parse(&v->sums, lab_str_get(&text), text.len);
    if (why)
        problem(v, LAB_SUMS_NAME, "cannot be used: %s", why);
    v->sums_fine = !why;
    return 0;
}

static void read_manifest(struct verify *v)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    const struct lab_tree_file *file = lab_tree_find(&v->tree, LAB_MANIFEST_NAME);
    if (!file || file->bad)
        problem(v, LAB_MANIFEST_NAME, "%s", file ? file->bad : lab_tr("is missing"));
    else if (lab_manifest_load(&v->manifest, v->out->dir, &why) < 0)
        problem(v, LAB_MANIFEST_NAME, "cannot be used: %s", why.message);
}

/* manifest.yaml is in SHA256SUMS, so both say the same, or one was made by other hands. */
static void compare_lists(struct verify *v)
{
    LAB_VEC_FOREACH (f, &v->manifest.files) {
        const struct lab_sum *sum = lab_sums_find(&v->sums, f->path);
        if (!sum)
            problem(v, f->path, "is in manifest.yaml, but not in SHA256SUMS");
        else if (strcmp(sum->sha256, f->sha256) != 0)
            problem(v, f->path, "has the SHA-256 %s in SHA256SUMS and %s in manifest.yaml",
                    sum->sha256, f->sha256);
    }
    LAB_VEC_FOREACH (sum, &v->sums.list)
        if (strcmp(sum->path, LAB_MANIFEST_NAME) != 0 &&
            !lab_manifest_find(&v->manifest, sum->path))
            problem(v, sum->path, "is in SHA256SUMS, but not in manifest.yaml");
}

/* --- the files -------------------------------------------------------------------------------- */

static void find_extra(struct verify *v)
{
    LAB_VEC_FOREACH (f, &v->tree.files) {
        if (f->bad)
            problem(v, f->path, "%s", f->bad);
        else if (v->sums_fine && strcmp(f->path, LAB_SUMS_NAME) != 0 &&
                 strcmp(f->path, LAB_SUMS_SIGNATURE) != 0 && !lab_sums_find(&v->sums, f->path))
            problem(v, f->path, "is not in SHA256SUMS");
    }
}

/* The sizes, which cost nothing, and so what hashing will cost. */
static void compare_sizes(struct verify *v)
{
    LAB_VEC_FOREACH (sum, &v->sums.list) {
        const struct lab_tree_file *there = lab_tree_find(&v->tree, sum->path);
        const struct lab_bundle_file *f = lab_manifest_find(&v->manifest, sum->path);
        if (!there) {
            problem(v, sum->path, "is missing");
            continue;
        }
        v->out->files++;
        v->out->bytes += there->size;
        if (f && f->size != there->size)
            problem(v, sum->path, "has %llu bytes and should have %llu",
                    (unsigned long long)there->size, (unsigned long long)f->size);
    }
}

static bool is_known_bad(const struct verify *v, const char *path)
{
    LAB_VEC_FOREACH (p, &v->out->problems)
        if (strcmp(p->path, path) == 0)
            return true;
    return false;
}

static int hash_files(struct verify *v, struct lab_error *err)
{
    v->meter.total = v->out->bytes;
    LAB_VEC_FOREACH (sum, &v->sums.list) {
        char hex[LAB_SHA256_HEX];
        const struct lab_tree_file *there = lab_tree_find(&v->tree, sum->path);
        if (!there || is_known_bad(v, sum->path)) {
            lab_meter_add(&v->meter, there ? there->size : 0);
            continue;
        }
        LAB_AUTOFREE char *path = lab_path_join(v->out->dir, sum->path);
        if (lab_bundle_hash(path, hex, &v->meter, err) < 0)
            return -1;
        if (strcmp(hex, sum->sha256) != 0)
            problem(v, sum->path, "is altered: its SHA-256 is %s and should be %s", hex,
                    sum->sha256);
    }
    return 0;
}

static int verify_tree(struct verify *v, struct lab_error *err)
{
    if (lab_tree_read(&v->tree, v->out->dir, err) < 0)
        return lab_error_wrap(err, "cannot verify the bundle '%s'", v->out->dir);
    if (!lab_tree_find(&v->tree, LAB_SUMS_NAME) && !lab_tree_find(&v->tree, LAB_MANIFEST_NAME)) {
        lab_fail(err, LAB_USAGE, "'%s' is no bundle: it has neither SHA256SUMS nor manifest.yaml",
                 v->out->dir);
        return lab_error_hint(err, "'labctl bundle create' makes one");
    }
    if (check_signature(v, err) < 0)
        return -1;
    if (v->out->signature == LAB_SIGNATURE_BAD)
        return 0; /* a stranger's lists are not read */
    if (read_sums(v, err) < 0)
        return -1;
    read_manifest(v);
    if (v->manifest.arch && v->sums_fine)
        compare_lists(v);
    find_extra(v);
    compare_sizes(v);
    return hash_files(v, err);
}

int lab_bundle_verify(struct lab_bundle_check *check, struct lab_error *err)
{
    struct verify v = {.out = check, .meter = {check->progress, check->arg, 0, 0}};
    int rc = verify_tree(&v, err);
    lab_tree_clear(&v.tree);
    lab_sums_clear(&v.sums);
    lab_manifest_clear(&v.manifest);
    return rc;
}

int lab_bundle_judge(const struct lab_bundle_check *check, struct lab_error *err)
{
    enum { SHOWN = 50 };
    LAB_AUTO_STR struct lab_str lines = LAB_STR_INIT;
    size_t n = check->problems.len;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n && i < SHOWN; i++)
        lab_str_addf(&lines, "\n  '%s' %s", check->problems.items[i].path,
                     check->problems.items[i].what);
    if (n > SHOWN)
        lab_str_addf(&lines, lab_tr("\n  and %zu more"), n - SHOWN);
    if (n == 1)
        lab_fail(err, LAB_INTEGRITY, "the bundle '%s' has 1 problem:%s", check->dir,
                 lab_str_get(&lines));
    else
        lab_fail(err, LAB_INTEGRITY, "the bundle '%s' has %zu problems:%s", check->dir, n,
                 lab_str_get(&lines));
    if (check->signature == LAB_SIGNATURE_BAD)
        return lab_error_hint(err,
                              "nothing else of it was read: copy it again, or ask for one that is "
                              "signed by '%s'",
                              check->key);
    return lab_error_hint(err, "copy or make the bundle again; what it holds is not used");
}

void lab_bundle_check_clear(struct lab_bundle_check *check)
{
    LAB_VEC_FOREACH (p, &check->problems) {
        free(p->path);
        free(p->what);
    }
    lab_vec_clear(&check->problems);
}
