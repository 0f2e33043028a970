/* Virtual disks: reading raw, qcow2, VMDK and OVA, writing raw and VMDK, without qemu-img.
 *
 * Sources of the formats: QEMU's docs/interop/qcow2.txt; VMware's "Virtual Disk Format 5.0" and
 * what QEMU and open-vmdk make of it. Offsets and sizes are bytes; a disk's size is a multiple of
 * 512. Memory stays below some 40 MiB whatever the image: tables are read through small windows,
 * data in pieces.
 *
 * Refusals name the file, what is wrong and where, and what to do. LAB_USAGE: a kind of image that
 * labctl does not read (encrypted, dirty, a backing file elsewhere). LAB_INTEGRITY: damaged or cut
 * short. LAB_HOST: the file cannot be read or written. Images are hostile until proved otherwise:
 * the files that they name must be plain files in their own folder. */
#ifndef LAB_DISK_DISK_H
#define LAB_DISK_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/vec.h"

enum lab_disk_format { LAB_DISK_RAW, LAB_DISK_QCOW2, LAB_DISK_VMDK, LAB_DISK_OVA };
const char *lab_disk_format_name(enum lab_disk_format format); /* "raw", "qcow2", "vmdk", "ova" */

struct lab_disk_info {
    enum lab_disk_format format;
    char variant[32];        /* "v3", "streamOptimized"; "" for raw */
    uint64_t size;           /* virtual */
    uint64_t cluster;        /* unit of allocation; 0: none */
    const char *compression; /* "zlib", "zstd": what packed clusters use, if any are; NULL */
    uint32_t snapshots;      /* inside the image; only its present state is read */
    uint32_t backing;        /* further images below this one */
};

/* An open disk. Its functions may be called from several threads at once, _close() apart. */
struct lab_disk;

/* Blocks for little more than the headers. */
int lab_disk_open(struct lab_disk **out, const char *path, struct lab_error *err) LAB_MUST_CHECK;
const struct lab_disk_info *lab_disk_info(const struct lab_disk *disk); /* borrowed */
/* The files that the disk reads: its own first, then backing files and extents. Borrowed; NULL
 * after the last. */
const char *lab_disk_file(const struct lab_disk *disk, size_t i);
void lab_disk_close(struct lab_disk *disk); /* NULL is fine */

/* What begins at offset (below the size): so many bytes that are known to read as zeros, or that
 * have to be read. The length is at least 1; the next extent may be of the same kind. */
struct lab_disk_extent {
    uint64_t length;
    bool zero;
};
int lab_disk_map(struct lab_disk *disk,
                 uint64_t offset,
                 struct lab_disk_extent *out,
                 struct lab_error *err) LAB_MUST_CHECK;
/* Exactly n bytes, which must lie within the size. Aligned to 2 MiB no packed cluster is unpacked
 * twice. */
int lab_disk_read(struct lab_disk *disk,
                  uint64_t offset,
                  void *bytes,
                  size_t n,
                  struct lab_error *err) LAB_MUST_CHECK;

enum lab_disk_target {
    LAB_DISK_TO_RAW,    /* sparse */
    LAB_DISK_TO_VMDK,   /* monolithicSparse: VMware and QEMU write to it */
    LAB_DISK_TO_STREAM, /* streamOptimized: compressed, for OVA and for sending; nobody writes to it
                         */
};

struct lab_disk_job {
    const char *source, *target;
    enum lab_disk_target format;
    uint64_t size;        /* of the new disk; 0: the source's. Smaller ones are refused */
    unsigned mode;        /* of the new file; 0: 0644 */
    bool hash;            /* fill sha256 below: reads all of the source file, holes included */
    const char *expected; /* SHA-256 that the source file must have (LAB_INTEGRITY), or NULL */
    void (*progress)(void *arg, uint64_t done, uint64_t total); /* on the calling thread; NULL */
    void *progress_arg;
};

struct lab_disk_result {
    struct lab_disk_info source;
    uint64_t size;               /* virtual, of the new disk */
    uint64_t written;            /* bytes of data and tables put into the new file */
    char sha256[LAB_SHA256_HEX]; /* of the source file; "" unless asked for */
};

/* Blocks. Writes TARGET.part, fsyncs it and renames it: TARGET is the old file or the whole new one
 * at every instant, and after a failure TARGET.part is gone. LAB_CANCELLED after
 * lab_work_cancel_all(). LAB_USAGE for a disk too large for the format, or a target that the
 * source reads. */
int lab_disk_convert(const struct lab_disk_job *job,
                     struct lab_disk_result *out,
                     struct lab_error *err) LAB_MUST_CHECK;

#endif
