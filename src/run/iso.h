/* The iso command's work: images from files and folders, and what is in one. */
#ifndef LAB_RUN_ISO_H
#define LAB_RUN_ISO_H

#include "media/iso.h"

/* Each source is a file (stored under its name) or a folder (its contents). */
int lab_iso_build(const char *out,
                  const char *label,
                  const char *const *sources,
                  size_t n,
                  size_t *files,
                  char sha256[LAB_SHA256_HEX],
                  struct lab_error *err) LAB_MUST_CHECK;

#endif
