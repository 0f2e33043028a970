/* The image command's work on the image cache: import, list, verify, remove. All block, beside a
 * loop of their own where they take long (beside.h). */
#ifndef LAB_RUN_IMAGES_H
#define LAB_RUN_IMAGES_H

#include "cache/cache.h"
#include "disk/disk.h"

struct lab_image_import {
    const char *source;   /* path or URL */
    const char *name;     /* NULL: by the source */
    const char *expected; /* its SHA-256 in lower case, or NULL */
    lab_cache_progress *progress;
    void *progress_arg;
};
struct lab_image_imported {
    char *name, *path;
    char sha256[LAB_SHA256_HEX];
    bool there; /* it was there already: nothing was copied */
};
/* LAB_CONFLICT: another image has the name. LAB_INTEGRITY: not the expected bytes. LAB_USAGE: no
 * image, or not the whole of one. */
int lab_images_import(const struct lab_image_import *job,
                      struct lab_image_imported *out,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_image_imported_clear(struct lab_image_imported *imported);

struct lab_image_row {
    const struct lab_cached *cached; /* borrowed from the list's cache */
    struct lab_disk_info info;       /* size 0: cannot be read, see note */
    LAB_VEC(char *) labs;            /* that have nodes made from it */
    char *note;
};
struct lab_image_rows {
    struct lab_cache cache;
    LAB_VEC(struct lab_image_row) rows;
    char
        *unread; /* a lab whose record cannot be read, so that nobody knows what it uses; or NULL */
};
/* names: none for all. LAB_USAGE for one that is not there, with the nearest. */
int lab_images_list(const char *const *names,
                    size_t n,
                    struct lab_image_rows *out,
                    struct lab_error *err) LAB_MUST_CHECK;
void lab_image_rows_clear(struct lab_image_rows *rows);

struct lab_image_verdict {
    char *file;
    bool sound, removed; /* removed: it can be made again from its image */
};
struct lab_image_verdicts {
    LAB_VEC(struct lab_image_verdict) list;
    size_t damaged;
};
/* Reads every byte of the images and of what was made of them. Goes on after a damaged one. */
int lab_images_verify(const struct lab_image_rows *rows,
                      lab_cache_progress *progress,
                      void *progress_arg,
                      struct lab_image_verdicts *out,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_image_verdicts_clear(struct lab_image_verdicts *verdicts);

/* LAB_CONFLICT for an image that a lab's nodes were made from, unless forced, before anything is
 * removed. */
int lab_images_remove(const struct lab_image_rows *rows,
                      bool force,
                      struct lab_error *err) LAB_MUST_CHECK;
/* Keeps only the rows that no lab uses. LAB_CONFLICT when that cannot be told. */
int lab_images_keep_unused(struct lab_image_rows *rows, struct lab_error *err) LAB_MUST_CHECK;

#endif
