/* Pushes images of a source into a registry: blobs on a few threads, each once, and only those that
 * are not there; manifests when all blobs of their image are. What was pushed stays after a failure
 * or a kill, and is not sent again. */
#ifndef LAB_REGISTRY_PUSH_H
#define LAB_REGISTRY_PUSH_H

#include "oci/source.h"
#include "registry/client.h"

typedef void lab_registry_progress(void *arg, uint64_t done, uint64_t total, const char *image);

struct lab_push_job {
    struct lab_source *source;
    struct lab_registry *registry;
    const char *prefix; /* put before each repository: "mirror/quay"; NULL: none */
    struct lab_platform platform;
    const char *const *images; /* references; none: all */
    size_t images_len;
    unsigned threads; /* 0: 4 */
    lab_registry_progress
        *progress; /* from any thread, one at a time; never goes backwards; NULL */
    void *progress_arg;
};

struct lab_pushed {
    char *image;  /* as the source names it */
    char *target; /* "192.168.6.1:5000/library/busybox:1.36" */
    char *repository;
    char *reference; /* tag, or digest where there is no tag */
    char digest[LAB_DIGEST_TEXT];
    uint64_t sent; /* bytes of blobs that were sent for it first */
    unsigned blobs_sent, blobs_mounted, blobs_there;
    bool manifest_sent;
    struct lab_error error; /* code LAB_OK: it is there */
};
struct lab_push_result {
    LAB_VEC(struct lab_pushed) images;
    size_t failed;
};

/* Before anything is sent, all chosen images are looked at, and the registry is probed: failures
 * until then are returned (LAB_CONFLICT: two images would get one name). Then 0, also when images
 * failed, except for LAB_CANCELLED. Blocks; for a worker thread. */
int lab_push(const struct lab_push_job *job,
             struct lab_push_result *out,
             struct lab_error *err) LAB_MUST_CHECK;
void lab_push_result_clear(struct lab_push_result *result);

/* Where the image goes: the repository without its registry's name, behind the prefix. Caller
 * frees.
 */
char *lab_push_repository(const struct lab_image_ref *ref, const char *prefix);

#endif
