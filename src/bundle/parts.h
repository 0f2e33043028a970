/* A bundle as parts for media that hold no large files, or are too small for all of it.
 *
 * The parts (bundle.tar.0001, …) are one tar, cut: `cat bundle.tar.* | tar -x` makes the bundle
 * where there is no labctl. bundle.parts.yaml, written last, is their index:
 *
 *   format: 1
 *   bundle_bytes: 700000000       # of the files in it
 *   files: 42
 *   parts:
 *     - file: "bundle.tar.0001"
 *       size: 2000000000
 *       sha256: "…" */
#ifndef LAB_BUNDLE_PARTS_H
#define LAB_BUNDLE_PARTS_H

#include "bundle/verify.h"

#define LAB_PARTS_INDEX    "bundle.parts.yaml"
#define LAB_PARTS_MAX      9999
#define LAB_PART_MIN_BYTES (64u << 10)

struct lab_bundle_split {
    const char *dir, *out; /* out: a folder, made when missing; parts of an earlier split go */
    uint64_t part_bytes;
    lab_bundle_progress *progress; /* may be NULL */
    void *arg;
    size_t parts; /* result */
};
/* Blocks. Nothing but the parts is written, and each file is checked against SHA256SUMS as it is
 * read: LAB_INTEGRITY. LAB_USAGE: no bundle, or too many parts. LAB_HOST: no room. */
int lab_bundle_split(struct lab_bundle_split *split, struct lab_error *err) LAB_MUST_CHECK;

struct lab_bundle_join {
    const char *const *dirs; /* where the parts are: one folder, or several (sticks) */
    size_t dirs_len;
    const char *out;               /* becomes the bundle; replaced when it is one */
    const char *key;               /* trusted public key; NULL: none is configured */
    lab_bundle_progress *progress; /* may be NULL */
    void *arg;
    uint64_t files, bytes; /* results */
    enum lab_signature signature;
};
/* Blocks. Every part is read and checked before anything is unpacked (LAB_INTEGRITY names all that
 * are missing or damaged); unpacked into OUT.part, verified there, and renamed. */
int lab_bundle_join(struct lab_bundle_join *join, struct lab_error *err) LAB_MUST_CHECK;

#endif
