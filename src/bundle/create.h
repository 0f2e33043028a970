/* Putting a bundle together, on a machine that reaches the internet or a mirror.
 *
 * Works in OUT.part and renames it to OUT when everything is there, verified and fsynced: OUT is at
 * every instant the old bundle, the new one, or (between two renames) OUT.old. What a run that was
 * killed has fetched completely is used by the next one, and what it has fetched in part is gone on
 * with. Files that the k3s release's own sums cover are checked against them, packages against the
 * sums of apt's (signed) lists, all other downloads against bundle.lock. */
#ifndef LAB_BUNDLE_CREATE_H
#define LAB_BUNDLE_CREATE_H

#include "bundle/verify.h"
#include "spec/spec.h"

struct lab_bundle_create {
    const char *recipe; /* path of bundle.yaml */
    const char *out;    /* folder that becomes the bundle; replaced when it is one */
    const char *key;    /* private key to sign with, or NULL */
    bool update;        /* accept what differs from bundle.lock */
    unsigned tries;     /* of a download, in a row without bytes; 0: as net/download.h says */
    lab_bundle_progress *progress; /* of downloads; may be NULL */
    void *arg;
    /* results; cleared with lab_bundle_create_clear() */
    struct lab_problems problems; /* of bundle.yaml */
    LAB_VEC(char *) notes;        /* sentences that the user should read */
    uint64_t files, bytes;
};

/* Blocks. LAB_USAGE: bundle.yaml (see problems); LAB_HOST: network, disk, no apt on this machine;
 * LAB_INTEGRITY: a file is not what it should be; LAB_CONFLICT: OUT is something else, or another
 * create works on it. */
int lab_bundle_create(struct lab_bundle_create *job, struct lab_error *err) LAB_MUST_CHECK;
void lab_bundle_create_clear(struct lab_bundle_create *job);

#endif
