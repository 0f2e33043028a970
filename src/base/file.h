/* Whole files, and files that are replaced durably. OS differences are in platform/. */
#ifndef LAB_BASE_FILE_H
#define LAB_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

bool lab_file_exists(const char *path);

/* Appends the file's bytes. Longer than max: LAB_USAGE. Missing or unreadable: LAB_HOST. */
int lab_file_read(const char *path, size_t max, struct lab_str *out,
                  struct lab_error *err) LAB_MUST_CHECK;

/* Writes PATH.part with the mode, fsyncs, renames over PATH, fsyncs the folder: at every instant
 * there is the old file or the new one. */
int lab_file_replace(const char *path, const void *bytes, size_t n, unsigned mode,
                     struct lab_error *err) LAB_MUST_CHECK;

/* The last lines of a file, at most max_bytes of it; missing file: nothing is added. */
void lab_file_tail(const char *path, size_t max_bytes, struct lab_str *out);

/* Paths: joined with '/', absolute `name` wins; the caller frees. */
char *lab_path_join(const char *dir, const char *name);
char *lab_path_dir(const char *path);
const char *lab_path_base(const char *path); /* borrowed: the part after the last separator */
bool lab_path_is_absolute(const char *path);

#endif
