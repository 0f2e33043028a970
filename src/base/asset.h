/* templates/ and seeds/, embedded at build time (scripts/embed.cmake). */
#ifndef LAB_BASE_ASSET_H
#define LAB_BASE_ASSET_H

#include <stddef.h>

struct lab_asset {
    const char *path; /* "templates/domain.xml", "seeds/guest/facts" */
    const char *text; /* NUL-terminated; size does not count that */
    size_t size;
};

extern const struct lab_asset lab_assets[];
extern const unsigned long lab_asset_count;

/* Aborts when the path does not exist: a defect of the build. */
const struct lab_asset *lab_asset_get(const char *path);

#endif
