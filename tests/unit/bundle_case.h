/* A small bundle in a scratch folder, made by hand from its files. */
#ifndef TEST_BUNDLE_CASE_H
#define TEST_BUNDLE_CASE_H

#include "base_scratch.h"

#include "base/crypto.h"
#include "bundle/manifest.h"
#include "bundle/sums.h"
#include "bundle/verify.h"

static inline void case_write(const char *dir, const char *path, const char *text)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *full = lab_path_join(dir, path);
    LAB_AUTOFREE char *folder = lab_path_dir(full);
    assert_ok(plat_mkdirs(folder, 0755, &err), err);
    scratch_write(full, text);
}

static inline void
case_add_file(struct lab_manifest *m, const char *dir, const char *path, const char *role)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *full = lab_path_join(dir, path);
    struct lab_bundle_file *f = lab_vec_push(&m->files);
    f->path = lab_strdup(path);
    f->role = lab_strdup(role);
    f->mode = 0644;
    assert_ok(lab_sha256_file(full, f->sha256, &f->size, &err), err);
}

/* manifest.yaml and SHA256SUMS of the files that the manifest names. */
static inline void case_seal(struct lab_manifest *m, const char *dir)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT, list = LAB_STR_INIT;
    LAB_AUTO_SUMS struct lab_sums sums = {{0}};
    char hex[LAB_SHA256_HEX];
    lab_manifest_put(&text, m);
    case_write(dir, LAB_MANIFEST_NAME, lab_str_get(&text));
    lab_sha256_hex(lab_str_get(&text), text.len, hex);
    lab_sums_add(&sums, LAB_MANIFEST_NAME, hex);
    LAB_VEC_FOREACH (f, &m->files)
        lab_sums_add(&sums, f->path, f->sha256);
    lab_sums_sort(&sums);
    lab_sums_put(&list, &sums);
    case_write(dir, LAB_SUMS_NAME, lab_str_get(&list));
}

/* One package, one image, k3s: everything that a manifest can have. Caller clears. */
static inline void case_bundle(struct lab_manifest *m, const char *dir)
{
    case_write(dir, "k3s/k3s", "binary");
    case_write(dir, "images/pause.tar", "archive");
    case_write(dir, "debs/bookworm-amd64/tree_1%3a2.1.0-1_amd64.deb", "package");
    case_write(dir, "debs/bookworm-amd64/Packages", "index");
    case_write(dir, "files/leer", "");
    *m = (struct lab_manifest){.k3s_version = lab_strdup("v1.33.4+k3s1"),
                               .arch = lab_strdup("amd64"),
                               .created = 1780000000,
                               .min_free_bytes = 5000000000,
                               .release = lab_strdup("bookworm")};
    case_add_file(m, dir, "k3s/k3s", LAB_FILE_K3S_BINARY);
    case_add_file(m, dir, "images/pause.tar", LAB_FILE_IMAGES);
    case_add_file(m, dir, "debs/bookworm-amd64/tree_1%3a2.1.0-1_amd64.deb", LAB_FILE_DEB);
    case_add_file(m, dir, "debs/bookworm-amd64/Packages", LAB_FILE_DEB_INDEX);
    case_add_file(m, dir, "files/leer", LAB_FILE_OTHER);
    *lab_vec_push(&m->images) = (struct lab_bundle_image){
        lab_strdup("docker.io/rancher/mirrored-pause:3.6"), lab_strdup("images/pause.tar"),
        lab_strdup("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        lab_strdup("linux/amd64")};
    *lab_vec_push(&m->packages) = (struct lab_bundle_package){
        lab_strdup("tree"), lab_strdup("1:2.1.0-1"), lab_strdup("amd64"),
        lab_strdup("debs/bookworm-amd64/tree_1%3a2.1.0-1_amd64.deb"), true};
    lab_sha256_hex("index", 5, m->packages_sha256);
    case_seal(m, dir);
}

static inline void
assert_problem(const struct lab_bundle_check *check, const char *path, const char *part)
{
    LAB_VEC_FOREACH (p, &check->problems)
        if (strcmp(p->path, path) == 0 && strstr(p->what, part))
            return;
    LAB_VEC_FOREACH (p, &check->problems)
        fprintf(stderr, "%s: %s\n", p->path, p->what);
    fail_msg("no problem '%s' of '%s'", part, path);
}

#endif
