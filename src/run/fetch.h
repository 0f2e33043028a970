/* Images from a URL: downloaded once into LABCTL_HOME/images/SHA256.NAME, verified, kept. */
#ifndef LAB_RUN_FETCH_H
#define LAB_RUN_FETCH_H

#include "run/run.h"

/* Where the image is once it was downloaded. Caller frees. */
char *lab_fetched_path(const struct lab_image *image);
/* On a worker thread. *path: caller frees. LAB_INTEGRITY when the bytes are not the promised ones.
 */
int lab_fetch_image(struct lab_run *run,
                    const struct lab_image *image,
                    char **path,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
