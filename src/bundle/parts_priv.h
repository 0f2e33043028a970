/* Inside bundle only: the index of parts. */
#ifndef LAB_BUNDLE_PARTS_PRIV_H
#define LAB_BUNDLE_PARTS_PRIV_H

#include "base/crypto.h"
#include "base/str.h"
#include "bundle/parts.h"

struct lab_part {
    char *name; /* bundle.tar.NNNN */
    uint64_t size;
    char sha256[LAB_SHA256_HEX];
};
struct lab_parts {
    uint64_t bundle_bytes, files;
    LAB_VEC(struct lab_part) list;
};
#define LAB_AUTO_PARTS LAB_CLEANUP(lab_parts_clear)

char *lab_part_name(size_t number); /* from 1; caller frees */
void lab_parts_put(struct lab_str *out, const struct lab_parts *parts);
/* LAB_INTEGRITY when it is damaged: names, order and numbers are exactly those that split writes.
 */
int lab_parts_parse(struct lab_parts *out,
                    const char *file,
                    const char *text,
                    size_t len,
                    struct lab_error *err) LAB_MUST_CHECK;
void lab_parts_clear(struct lab_parts *parts);

#endif
