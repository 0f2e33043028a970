/* What a push of SOURCE has to open, one after the other: a layout and an archive are themselves; a
 * bundle holds a layout and archives, listed in its manifest. k3s' own archives are not among them:
 * every node imports those. */
#ifndef LAB_RUN_REGISTRY_SOURCES_H
#define LAB_RUN_REGISTRY_SOURCES_H

#include "base/error.h"
#include "base/vec.h"

struct lab_registry_sources {
    LAB_VEC(char *) paths; /* none: a bundle without images */
};
#define LAB_AUTO_REGISTRY_SOURCES LAB_CLEANUP(lab_registry_sources_clear)

int lab_registry_sources(struct lab_registry_sources *out,
                         const char *source,
                         struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_sources_clear(struct lab_registry_sources *sources);

#endif
