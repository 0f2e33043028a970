/* bundle.lock, beside bundle.yaml: the SHA-256 of each file that nobody else vouches for, as it was
 * when it was first fetched. What comes otherwise later is refused. Keep it with bundle.yaml.
 *
 *   format: 1
 *   files:
 *     - source: "k3s v1.33.4+k3s1 install.sh"     # or the URL of a file
 *       size: 37118
 *       sha256: "…" */
#ifndef LAB_BUNDLE_LOCK_H
#define LAB_BUNDLE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/vec.h"

struct lab_pin {
    char *source;
    uint64_t size;
    char sha256[LAB_SHA256_HEX];
};
struct lab_lock {
    LAB_VEC(struct lab_pin) pins; /* sorted by source */
    bool changed;                 /* since it was read */
};

/* bundle.yaml's: "bundle.lock"; caller frees. */
char *lab_lock_path(const char *recipe);
/* A missing file is an empty lock. LAB_INTEGRITY when it is damaged. */
int lab_lock_load(struct lab_lock *out, const char *path, struct lab_error *err) LAB_MUST_CHECK;
/* The same from memory; path: for messages. */
int lab_lock_parse(struct lab_lock *out,
                   const char *path,
                   const char *text,
                   size_t len,
                   struct lab_error *err) LAB_MUST_CHECK;
const struct lab_pin *lab_lock_find(const struct lab_lock *lock, const char *source);
/* Adds the pin, or replaces that of the same source. */
void lab_lock_set(struct lab_lock *lock,
                  const char *source,
                  uint64_t size,
                  const char sha256[LAB_SHA256_HEX]);
/* Nothing is written when nothing has changed. */
int lab_lock_save(struct lab_lock *lock, const char *path, struct lab_error *err) LAB_MUST_CHECK;
void lab_lock_clear(struct lab_lock *lock);

#endif
