/* Inside src/disk only: a disk's data in order, read and unpacked on a few threads ahead of its
 * use.
 */
#ifndef LAB_DISK_PUMP_H
#define LAB_DISK_PUMP_H

#include "disk/disk_priv.h"

struct lab_disk_piece {
    uint64_t offset; /* a multiple of unit */
    size_t n;
    unsigned char *bytes; /* up to the next multiple of unit, zeros behind n */
};

/* Calls fn with every piece that is not known to be zeros, in order, on the calling thread, until
 * it fails. unit: a power of two up to LAB_DISK_CLUSTER_MAX. Checks for lab_work_cancelled(). */
typedef int lab_disk_piece_fn(void *arg, const struct lab_disk_piece *, struct lab_error *);
int lab_disk_pump(struct lab_disk *disk,
                  size_t unit,
                  lab_disk_piece_fn *fn,
                  void *arg,
                  struct lab_error *err) LAB_MUST_CHECK;

#endif
