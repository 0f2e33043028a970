/* The iso command's work: images from files and folders, and what is in one. */
#ifndef LAB_RUN_ISO_H
#define LAB_RUN_ISO_H

#include "media/iso.h"
#include "run/beside.h"

/* Each source is a file (stored under its name) or a folder (its contents). Blocks, with Ctrl-C
 * heard; progress may be NULL. */
int lab_iso_build(const char *out,
                  const char *label,
                  const char *const *sources,
                  size_t n,
                  lab_beside_progress *progress,
                  void *progress_arg,
                  size_t *files,
                  char sha256[LAB_SHA256_HEX],
                  struct lab_error *err) LAB_MUST_CHECK;

#endif
