/* Inside bundle only: strict reading of the files that labctl itself wrote (manifest.yaml,
 * bundle.lock, the index of parts) from the YAML tree of spec. Readers add problems and go on; NULL
 * or 0 then stands for the value. */
#ifndef LAB_BUNDLE_READER_H
#define LAB_BUNDLE_READER_H

#include <stdint.h>

#include "base/crypto.h"
#include "spec/yaml.h"

struct lab_reader {
    const char *file;
    struct lab_problems problems;
    struct lab_yaml_doc doc;
};

/* The document, a mapping; NULL: there is none to read. */
const struct lab_yaml *
lab_reader_open(struct lab_reader *r, const char *text, size_t len, size_t max_bytes);
/* Releases everything. -1 and LAB_INTEGRITY with all problems when there are any. */
int lab_reader_close(struct lab_reader *r, struct lab_error *err) LAB_MUST_CHECK;
bool lab_reader_fine(const struct lab_reader *r);

/* At yaml's place; NULL: the file as a whole. */
void lab_reader_problem(struct lab_reader *r, const struct lab_yaml *yaml, const char *fmt, ...)
    LAB_PRINTF(3, 4);
/* It is a mapping, and these are all its keys. */
void lab_reader_keys(struct lab_reader *r,
                     const struct lab_yaml *map,
                     const char *what,
                     const char *const *keys,
                     size_t n);
char *lab_reader_text(struct lab_reader *r, const struct lab_yaml *map, const char *key);
uint64_t
lab_reader_uint(struct lab_reader *r, const struct lab_yaml *map, const char *key, uint64_t max);
bool lab_reader_bool(struct lab_reader *r, const struct lab_yaml *map, const char *key);
void lab_reader_sha256(struct lab_reader *r,
                       const struct lab_yaml *map,
                       const char *key,
                       char out[LAB_SHA256_HEX]);
unsigned lab_reader_mode(struct lab_reader *r, const struct lab_yaml *map, const char *key);
const struct lab_yaml *
lab_reader_list(struct lab_reader *r, const struct lab_yaml *map, const char *key);

#endif
