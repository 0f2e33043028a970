/* Whether a bundle is whole and ours: signature, then SHA256SUMS, then manifest.yaml. A signature
 * that is not the trusted key's is the only problem: nothing that a stranger wrote is parsed. Else
 * missing, altered and extra files, links and paths that a bundle cannot have are problems; all are
 * found, not only the first. Sizes are compared before anything is hashed; every byte is read once.
 */
#ifndef LAB_BUNDLE_VERIFY_H
#define LAB_BUNDLE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"

/* On the calling thread; total is that of the whole call. */
typedef void lab_bundle_progress(void *arg, uint64_t done, uint64_t total);

enum lab_signature {
    LAB_SIGNATURE_GOOD,      /* by the trusted key */
    LAB_SIGNATURE_UNCHECKED, /* there is one, and no key to check it with */
    LAB_SIGNATURE_NONE,      /* unsigned, and no key is configured */
    LAB_SIGNATURE_BAD        /* or missing although a key is configured; also a problem */
};
const char *lab_signature_name(enum lab_signature signature); /* "good", "not checked", … */

struct lab_bundle_problem {
    char *path; /* in the bundle */
    char *what; /* "is missing", "has another checksum: …" */
};

struct lab_bundle_check {
    const char *dir;
    const char *key;               /* trusted public key; NULL: none is configured */
    lab_bundle_progress *progress; /* may be NULL */
    void *arg;
    /* results */
    enum lab_signature signature;
    uint64_t files, bytes; /* that SHA256SUMS names and are there */
    LAB_VEC(struct lab_bundle_problem) problems;
};
#define LAB_AUTO_CHECK LAB_CLEANUP(lab_bundle_check_clear)

/* 0 when it could be judged, whatever the verdict. LAB_USAGE when the folder is no bundle (it has
 * no SHA256SUMS and no manifest.yaml), LAB_HOST when something cannot be read. Blocks. */
int lab_bundle_verify(struct lab_bundle_check *check, struct lab_error *err) LAB_MUST_CHECK;
/* The verdict as an error: 0, or LAB_INTEGRITY with every problem on a line of its own. */
int lab_bundle_judge(const struct lab_bundle_check *check, struct lab_error *err) LAB_MUST_CHECK;
void lab_bundle_check_clear(struct lab_bundle_check *check);

/* The key that bundles have to be signed with on this machine: `given`, else LABCTL_HOME/bundle.pub
 * where that is, else NULL. Caller frees. */
char *lab_bundle_trusted_key(const char *given);

/* Before a manifest is read of a bundle that is not verified as a whole: where this machine has a
 * key, SHA256SUMS has to be signed by it and to have manifest.yaml as it is; LAB_INTEGRITY. Without
 * one: 0. */
int lab_bundle_trust(const char *dir, struct lab_error *err) LAB_MUST_CHECK;

/* Verifies the bundle (but for its signature), then writes SHA256SUMS.sig. */
int lab_bundle_sign(const char *dir,
                    const char *key,
                    lab_bundle_progress *progress,
                    void *arg,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
