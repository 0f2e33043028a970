/* Inside bundle only: apt as the resolver of Debian packages, with everything that it reads and
 * writes in a folder of ours: neither this machine's sources, pins, keys and packages nor its
 * architecture have a say. */
#ifndef LAB_BUNDLE_APT_H
#define LAB_BUNDLE_APT_H

#include "base/crypto.h"
#include "bundle/recipe.h"

struct lab_apt_file {
    char *url, *name; /* as apt would call it: NAME_VERSION_ARCH.deb without an epoch */
    uint64_t size;
    char sha256[LAB_SHA256_HEX];
};
struct lab_apt {
    const struct lab_recipe_packages *wants;
    const char *arch, *dir; /* dir: for apt's files; made here */
    LAB_VEC(struct lab_apt_file) files;
};

/* What has to be installed, dependencies included. Blocks, minutes on a slow line. LAB_HOST: there
 * is no apt on this machine, or the sources cannot be reached; LAB_USAGE: a package is not in them;
 * LAB_INTEGRITY: they are not signed by a key that is trusted. */
int lab_apt_resolve(struct lab_apt *apt, struct lab_error *err) LAB_MUST_CHECK;
void lab_apt_clear(struct lab_apt *apt);

/* apt_words.c: what apt said, in words that say what to do. `update`: while it read the lists.
 * Returns -1. */
int lab_apt_explain(const struct lab_apt *apt,
                    const char *out,
                    const char *errout,
                    bool update,
                    struct lab_error *err);

#endif
