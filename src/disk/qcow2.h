/* Inside src/disk/qcow2*.c only. */
#ifndef LAB_DISK_QCOW2_H
#define LAB_DISK_QCOW2_H

#include "disk/disk_priv.h"

struct qcow2_header {
    uint32_t version, cluster_bits, l1_size, snapshots;
    uint64_t size, l1_offset;
    uint64_t features; /* incompatible ones */
    bool extended_l2;
    bool packed_by_zstd;  /* else by zlib */
    char *backing;        /* name as written, or NULL */
    char *backing_format; /* or NULL */
};

/* Refuses everything that the reader cannot read. */
int lab_qcow2_header(struct qcow2_header *out,
                     const struct lab_disk_source *source,
                     struct lab_error *err) LAB_MUST_CHECK;
void lab_qcow2_header_clear(struct qcow2_header *header);

#endif
