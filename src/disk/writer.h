/* Inside src/disk only: what writers are made of. Data comes in order; what is left out is zeros.
 */
#ifndef LAB_DISK_WRITER_H
#define LAB_DISK_WRITER_H

#include "disk/disk_priv.h"

/* Data comes in pieces that begin at multiples of this, and end there or with the disk. */
#define LAB_DISK_GRAIN ((size_t)64 << 10)

struct lab_disk_writer {
    const struct lab_disk_writer_ops *ops;
    int fd;
    const char *path; /* of the finished file: for messages and descriptors */
    uint64_t size;    /* of the disk, rounded up to ops->unit */
    uint64_t written;
};

struct lab_disk_writer_ops {
    uint64_t unit, max; /* of disk sizes */
    const char *too_large;
    /* NULL with err set. Frees itself in close(). */
    struct lab_disk_writer *(*open)(void);
    int (*begin)(struct lab_disk_writer *writer, struct lab_error *err);
    /* bytes: room for n rounded up to a grain, zeros behind n. */
    int (*put)(struct lab_disk_writer *writer,
               uint64_t offset,
               const unsigned char *bytes,
               size_t n,
               struct lab_error *err);
    /* Between begin and finish, instead of put: shares the file's blocks of the data of a disk that
     * is laid out alike. *done: that could be. May be NULL. */
    int (*share)(struct lab_disk_writer *writer,
                 const struct lab_disk *disk,
                 bool *done,
                 struct lab_error *err);
    int (*finish)(struct lab_disk_writer *writer, struct lab_error *err);
    void (*close)(struct lab_disk_writer *writer);
};
extern const struct lab_disk_writer_ops lab_disk_raw_writer, lab_disk_vmdk_writer,
    lab_disk_stream_writer;

/* writer.c */
int lab_disk_write(struct lab_disk_writer *writer,
                   uint64_t offset,
                   const void *bytes,
                   size_t n,
                   struct lab_error *err) LAB_MUST_CHECK;
int lab_disk_write_size(struct lab_disk_writer *writer,
                        uint64_t size,
                        struct lab_error *err) LAB_MUST_CHECK;

/* vmdk_make.c: a descriptor of one extent, at most 20 sectors. LAB_USAGE for names that cannot be
 * in one. */
int lab_vmdk_text_make(struct lab_str *out,
                       const char *type,
                       const char *path,
                       uint64_t size,
                       struct lab_error *err) LAB_MUST_CHECK;

#endif
