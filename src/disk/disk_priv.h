/* Inside src/disk only: what readers and writers are made of. */
#ifndef LAB_DISK_PRIV_H
#define LAB_DISK_PRIV_H

#include "disk/disk.h"

#define LAB_DISK_SECTOR      512
#define LAB_DISK_MAX         ((uint64_t)64 << 40) /* no disk is larger; keeps sums below 2^64 */
#define LAB_DISK_CLUSTER_MAX ((uint64_t)2 << 20)
#define LAB_DISK_DEPTH_MAX   16 /* images below one another */

static inline uint64_t lab_round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* --- bytes.c ---------------------------------------------------------------------------------- */

uint64_t lab_get_be(const void *bytes, size_t n);
uint64_t lab_get_le(const void *bytes, size_t n);
void lab_put_le(void *bytes, uint64_t value, size_t n);
bool lab_is_zero(const void *bytes, size_t n);

/* --- file.c: a file, or a part of one, read at offsets -----------------------------------------
 */

struct lab_disk_source {
    int fd;
    char *path;
    uint64_t start, size; /* the part that counts; a whole file starts at 0 */
};
/* Plain files only. */
int lab_disk_source_open(struct lab_disk_source **out,
                         const char *path,
                         struct lab_error *err) LAB_MUST_CHECK;
void lab_disk_source_close(struct lab_disk_source *source); /* NULL is fine */
/* Exactly n bytes; LAB_INTEGRITY when they are not all within the file. */
int lab_disk_source_read(const struct lab_disk_source *source,
                         uint64_t offset,
                         void *bytes,
                         size_t n,
                         struct lab_error *err) LAB_MUST_CHECK;
/* As many as there are, at most n: *got. */
int lab_disk_source_some(const struct lab_disk_source *source,
                         uint64_t offset,
                         void *bytes,
                         size_t n,
                         size_t *got,
                         struct lab_error *err) LAB_MUST_CHECK;
/* How much at offset is a hole of the file (zero), or is not; never beyond n. */
void lab_disk_source_map(const struct lab_disk_source *source,
                         uint64_t offset,
                         uint64_t n,
                         struct lab_disk_extent *out);

/* "the image 'PATH' ..." with a hint; -1. */
int lab_disk_refuse(struct lab_error *err, const char *path, const char *hint, const char *fmt, ...)
    LAB_PRINTF(4, 5);
/* "the image 'PATH' is damaged: ..." (LAB_INTEGRITY); -1. */
int lab_disk_damaged(struct lab_error *err, const char *path, const char *fmt, ...)
    LAB_PRINTF(3, 4);

/* --- table.c: single entries of large tables, through a few windows of 64 KiB -------------------
 */

struct lab_disk_table;
struct lab_disk_table *lab_disk_table_new(void);
void lab_disk_table_free(struct lab_disk_table *table); /* NULL is fine */
/* n bytes at an offset that is a multiple of n (a power of two); any thread. */
int lab_disk_table_get(struct lab_disk_table *table,
                       const struct lab_disk_source *source,
                       uint64_t offset,
                       void *bytes,
                       size_t n,
                       struct lab_error *err) LAB_MUST_CHECK;

/* --- unpack.c: compressed clusters --------------------------------------------------------------
 */

enum lab_unpack { LAB_UNPACK_DEFLATE, LAB_UNPACK_ZLIB, LAB_UNPACK_ZSTD };

/* State of decompression that threads take and give back. */
struct lab_unpackers;
struct lab_unpackers *lab_unpackers_new(void);
void lab_unpackers_free(struct lab_unpackers *pool); /* NULL is fine */
struct lab_unpacker *lab_unpacker_take(struct lab_unpackers *pool);
void lab_unpacker_give(struct lab_unpackers *pool, struct lab_unpacker *unpacker);
/* Room for the packed bytes (0) and for an unpacked cluster (1); grows, keeps nothing. */
unsigned char *lab_unpacker_room(struct lab_unpacker *unpacker, unsigned which, size_t n);
/* *got: bytes that came out, at most n; what follows the packed data is ignored. -1: no such data.
 */
int lab_unpack(struct lab_unpacker *unpacker,
               enum lab_unpack method,
               const unsigned char *in,
               size_t in_len,
               unsigned char *out,
               size_t n,
               size_t *got);

/* --- readers ------------------------------------------------------------------------------------
 */

struct lab_disk_ops {
    int (*map)(struct lab_disk *disk,
               uint64_t offset,
               struct lab_disk_extent *,
               struct lab_error *);
    int (*read)(struct lab_disk *disk, uint64_t offset, void *bytes, size_t n, struct lab_error *);
    void (*close)(struct lab_disk *disk); /* frees it too, but not what follows here */
};
/* Readers put it first in a struct of their own. */
struct lab_disk {
    const struct lab_disk_ops *ops;
    struct lab_disk_info info;
    LAB_VEC(char *) files;
};

/* Where an image is opened from. */
struct lab_disk_chain {
    const char *path;                /* of the image that names this one */
    const struct lab_disk_chain *up; /* NULL for the one that the user named */
    unsigned depth;
};

/* format: "raw", "qcow2", "vmdk", or NULL to look at the file's first bytes. */
int lab_disk_open_in(struct lab_disk **out,
                     const char *path,
                     const char *format,
                     const struct lab_disk_chain *chain,
                     struct lab_error *err) LAB_MUST_CHECK;
void lab_disk_add_file(struct lab_disk *disk, const char *path);
/* The file that `owner` names as its `what`: a plain file in the same folder, or NULL with err. The
 * caller frees. */
char *
lab_disk_sibling(const char *owner, const char *name, const char *what, struct lab_error *err);

/* Whether both exist and are one. */
bool lab_same_file(const char *a, const char *b);

/* Each takes the source, also when it fails. */
typedef int lab_disk_open_fn(struct lab_disk **out,
                             struct lab_disk_source *source,
                             const struct lab_disk_chain *chain,
                             struct lab_error *err);
lab_disk_open_fn lab_disk_open_raw, lab_disk_open_qcow2, lab_disk_open_vmdk, lab_disk_open_ova;

/* --- detect.c ------------------------------------------------------------------------------------
 */

/* What the file is by its first bytes. LAB_USAGE for what is no disk image. */
int lab_disk_detect(const struct lab_disk_source *source,
                    enum lab_disk_format *out,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
