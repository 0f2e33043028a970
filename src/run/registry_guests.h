/* registry verify, from inside: each k3s node pulls every image by its digest, as a pod would
 * (seeds/guest/pull-images: containerd, registries.yaml, the lab's CA). */
#ifndef LAB_RUN_REGISTRY_GUESTS_H
#define LAB_RUN_REGISTRY_GUESTS_H

#include "registry/verify.h"
#include "run/run.h"

struct lab_guest_pull {
    char *node, *image;
    char *error; /* NULL: it was pulled */
};
struct lab_guest_pulls {
    LAB_VEC(struct lab_guest_pull) list; /* by node, then as in the images */
    size_t failed;
};

/* Of the images that the host found. A node that cannot be asked has failed with all of them. */
int lab_registry_ask_guests(struct lab_run *run,
                            const struct lab_verify_result *images,
                            struct lab_guest_pulls *out,
                            struct lab_error *err) LAB_MUST_CHECK;
void lab_guest_pulls_clear(struct lab_guest_pulls *pulls);

#endif
