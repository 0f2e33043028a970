/* Images from a URL: downloaded once into the image cache, verified, kept. On worker threads. */
#ifndef LAB_RUN_FETCH_H
#define LAB_RUN_FETCH_H

#include "cache/cache.h"
#include "run/run.h"

/* Writes a new file, and the digest of its bytes as they came. The file stays after a failure. */
int lab_fetch(const char *url,
              const char *target,
              char sha256[LAB_SHA256_HEX],
              lab_cache_progress *progress,
              void *arg,
              struct lab_error *err) LAB_MUST_CHECK;

/* Where the image is; NULL when it was not downloaded yet. Caller frees. */
char *lab_fetched_path(const struct lab_image *image);
/* *path: caller frees. LAB_INTEGRITY when the bytes are not the promised ones. */
int lab_fetch_image(struct lab_run *run,
                    const struct lab_image *image,
                    char **path,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
