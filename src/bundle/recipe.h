/* bundle.yaml: what `bundle create` is to put together.
 *
 *   arch: amd64                       # or arm64
 *   k3s: {version: v1.33.4+k3s1, mirror: https://mirror.example/k3s}   # MIRROR/VERSION/FILE
 *   images:
 *     - ghcr.io/example/app:1.2       # from a registry
 *     - ./tools.tar.gz                # an OCI or docker-save archive, also by URL
 *   registries:                       # where a registry is not reached by its own name alone
 *     - {name: ghcr.io, mirror: "cache.example:5000/ghcr", ca: ./ca.crt, username: me,
 *        password_file: ./password}
 *   packages:
 *     release: bookworm
 *     names: [tree, jq]
 *     sources: ["deb https://deb.debian.org/debian bookworm main"]
 *     keyring: /usr/share/keyrings/debian-archive-keyring.gpg
 *     installed: ./status             # the guest's /var/lib/dpkg/status: what it has already
 *   registry: /usr/bin/docker-registry   # for labs that run one in a guest
 *   files:
 *     - {source: https://example.com/app.yaml, path: files/app.yaml, sha256: …, mode: "0644"}
 *
 * Read by the tables and with the messages of lab.yaml (spec/schema.h): every problem at once, with
 * file:line:column. Relative paths start at the file's folder. */
#ifndef LAB_BUNDLE_RECIPE_H
#define LAB_BUNDLE_RECIPE_H

#include "base/crypto.h"
#include "spec/spec.h"

struct lab_recipe_image {
    char *source; /* reference; or URL or absolute path of an archive */
    bool is_archive;
};
struct lab_recipe_registry {
    char *name;               /* as references have it */
    char *mirror;             /* HOST:PORT[/PREFIX], or NULL */
    char *ca, *password_file; /* absolute paths, or NULL */
    char *username;
};
struct lab_recipe_file {
    char *source; /* URL or absolute path */
    char *path;   /* in the bundle, below files/ */
    char *sha256; /* NULL: not given */
    unsigned mode;
};
struct lab_recipe_packages {
    char *release;             /* NULL: no packages */
    char *keyring, *installed; /* absolute paths, or NULL */
    LAB_VEC(char *) names;
    LAB_VEC(char *) sources;
};

struct lab_recipe {
    char *file;        /* as given */
    char *k3s_version; /* NULL: no k3s */
    char *k3s_mirror;  /* NULL: where k3s is published */
    char *arch;        /* Debian's and k3s' word */
    LAB_VEC(struct lab_recipe_image) images;
    LAB_VEC(struct lab_recipe_registry) registries;
    struct lab_recipe_packages packages;
    LAB_VEC(struct lab_recipe_file) files;
};
#define LAB_AUTO_RECIPE LAB_CLEANUP(lab_recipe_clear)

/* -1 with LAB_USAGE when problems were added, LAB_HOST when the file cannot be read. */
int lab_recipe_load(struct lab_recipe *out,
                    const char *path,
                    struct lab_problems *problems,
                    struct lab_error *err) LAB_MUST_CHECK;
/* The same from memory; path is the name for messages and the base for relative paths. */
int lab_recipe_parse(struct lab_recipe *out,
                     const char *path,
                     const char *text,
                     size_t len,
                     struct lab_problems *problems,
                     struct lab_error *err) LAB_MUST_CHECK;
void lab_recipe_clear(struct lab_recipe *recipe);

#endif
