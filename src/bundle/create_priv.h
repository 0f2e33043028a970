/* Inside bundle only: the parts of `bundle create`, in the order of their work. */
#ifndef LAB_BUNDLE_CREATE_PRIV_H
#define LAB_BUNDLE_CREATE_PRIV_H

#include "bundle/create.h"
#include "bundle/lock.h"
#include "bundle/manifest.h"
#include "bundle/part.h"
#include "bundle/recipe.h"

/* A file to fetch. */
struct lab_item {
    char *source; /* URL or path */
    char *path;   /* in the bundle */
    char *pin;    /* its name in bundle.lock; NULL: somebody else vouches for it */
    char *sha256; /* expected; NULL: not known */
    const char *role;
    const char *whose; /* who expects the digest: "sha256sum-amd64.txt" */
    unsigned mode;
    uint64_t size, max_bytes; /* expected, bound; 0: not known, none */
    /* results */
    char got[LAB_SHA256_HEX];
    uint64_t bytes;
};

struct lab_create {
    struct lab_bundle_create *job;
    struct lab_recipe recipe;
    struct lab_lock lock;
    char *lock_path;
    struct lab_part_dir dir;
    struct lab_manifest manifest;
    LAB_VEC(struct lab_item) items;
    size_t fetched; /* so many of them are there */
};

/* Zeroed but for these; the texts are copied, role and whose are static. Valid until the next. */
struct lab_item *
lab_create_item(struct lab_create *c, const char *source, const char *path, const char *role);
void lab_create_note(struct lab_create *c, const char *fmt, ...) LAB_PRINTF(2, 3);
/* PART/path, its folder made. Caller frees; NULL: err is set. */
char *lab_create_path(struct lab_create *c, const char *path, struct lab_error *err);

/* create_k3s.c: fetches the release's sums and plans its files. */
int lab_create_plan_k3s(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
/* After the fetch: the images of the release into the manifest. */
int lab_create_k3s_images(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
/* create_files.c: `files`, and the archives of `images`. */
int lab_create_plan_files(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
int lab_create_archives(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
/* create_images.c: the images that are named by a reference. */
int lab_create_pull_images(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
/* create_debs.c, apt.c: apt resolves, and the files are planned; then their index is written. */
int lab_create_plan_debs(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
int lab_create_index_debs(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;

/* create_fetch.c: all items that were planned and are not there. */
int lab_create_fetch(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;
/* The free space for what is planned and not there. */
int lab_create_check_space(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;

/* Adds a file of PART to the manifest. */
void lab_create_add(struct lab_create *c,
                    const char *path,
                    const char *role,
                    unsigned mode,
                    uint64_t size,
                    const char sha256[LAB_SHA256_HEX]);
/* A small file of our own. */
int lab_create_write(struct lab_create *c,
                     const char *path,
                     const char *role,
                     const struct lab_str *text,
                     struct lab_error *err) LAB_MUST_CHECK;
/* create_seal.c: lists and signature; PART is then a whole bundle, verified. */
int lab_create_seal(struct lab_create *c, struct lab_error *err) LAB_MUST_CHECK;

#endif
