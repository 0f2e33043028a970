/* Inside bundle only: reading whole files with the progress of all of them. */
#ifndef LAB_BUNDLE_HASH_H
#define LAB_BUNDLE_HASH_H

#include "base/crypto.h"
#include "bundle/verify.h"

struct lab_meter_sum {
    lab_bundle_progress *fn; /* may be NULL */
    void *arg;
    uint64_t done, total;
};
void lab_meter_add(struct lab_meter_sum *meter, uint64_t bytes);

/* LAB_HOST when it cannot be read, LAB_CANCELLED after lab_work_cancel_all(). */
int lab_bundle_hash(const char *path,
                    char hex[LAB_SHA256_HEX],
                    struct lab_meter_sum *meter,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
