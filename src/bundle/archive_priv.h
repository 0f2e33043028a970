/* Inside bundle only: the JSON of an archive of images, after one pass over it. */
#ifndef LAB_BUNDLE_ARCHIVE_PRIV_H
#define LAB_BUNDLE_ARCHIVE_PRIV_H

#include "base/crypto.h"
#include "bundle/archive.h"

struct lab_member {
    char *name;
    struct lab_str text;
    char sha256[LAB_SHA256_HEX];
};
struct lab_members {
    const char *file; /* for messages */
    LAB_VEC(struct lab_member) list;
    size_t bytes;
};

/* Keeps the members that look like JSON. */
int lab_members_read(struct lab_members *out,
                     const char *file,
                     struct lab_error *err) LAB_MUST_CHECK;
const struct lab_member *lab_members_find(const struct lab_members *members, const char *name);
void lab_members_clear(struct lab_members *members);

#endif
