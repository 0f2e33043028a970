/* Pulls images from registries into a layout: for one platform, blobs on a few threads, what is
 * there already not again, what an earlier run left half done from where it ended. */
#ifndef LAB_REGISTRY_PULL_H
#define LAB_REGISTRY_PULL_H

#include "oci/layout.h"
#include "registry/client.h"
#include "registry/push.h"

struct lab_pull_job {
    const char *reference; /* "busybox:1.36", "registry.k8s.io/pause@sha256:…" */
    struct lab_platform platform;
    struct lab_layout *layout;
    const char
        *mirror; /* HOST:PORT[/PREFIX] that is asked instead of the image's own registry; NULL */
    const char *ca_file, *username, *password; /* for whoever is asked; NULL */
    bool insecure;                             /* plain HTTP */
    unsigned threads;                          /* 0: 4 */
    lab_registry_progress *progress;           /* one at a time, from any thread; NULL */
    void *progress_arg;
};

struct lab_pulled {
    char *name; /* what the layout calls it: the full reference */
    char
        asked[LAB_DIGEST_TEXT]; /* what the reference stands for there: an index, or the manifest */
    char digest[LAB_DIGEST_TEXT]; /* the manifest's in the layout */
    uint64_t bytes, fetched;      /* of all blobs; of those that came now */
};

/* LAB_USAGE: no such image, or not for the platform (named, with those there are). LAB_INTEGRITY:
 * not the bytes that were promised. Blocks; for a worker thread. */
int lab_pull(const struct lab_pull_job *job,
             struct lab_pulled *out,
             struct lab_error *err) LAB_MUST_CHECK;
void lab_pulled_clear(struct lab_pulled *pulled);

#endif
