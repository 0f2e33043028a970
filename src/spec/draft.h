/* lab.yaml between tree and model: values read and checked one by one, not yet expanded to nodes or
 * checked against each other. Each entry keeps its place in the tree, so that a later check can
 * name the position of the value that is wrong.
 *
 * Order of the passes: lab_draft_read() (parse*.c), lab_draft_expand() (expand.c), then the
 * lab_draft_check_*() in any order. Each adds all its problems and goes on; a value that was
 * refused is left zero and later passes skip it. */
#ifndef LAB_SPEC_DRAFT_H
#define LAB_SPEC_DRAFT_H

#include "spec/spec.h"
#include "spec/yaml.h"

#define LAB_NO_INDEX SIZE_MAX

struct lab_draft_nic {
    const struct lab_yaml *yaml; /* a network's name, or a mapping */
    size_t network;              /* index into spec->networks, or LAB_NO_INDEX */
    uint32_t ip;
    uint8_t mac[6];
    int model; /* index + 1 into the table of `interface`, 0: none */
    bool default_route;
};

/* One entry of `nodes:`. */
struct lab_draft_group {
    const struct lab_yaml *yaml;
    int role;
    unsigned replicas, cpu;
    uint64_t memory, disk; /* bytes; disk 0: not given */
    uint32_t start;
    struct lab_hardware hardware;
    size_t image; /* index into spec->images, or LAB_NO_INDEX */
    bool named;   /* its nodes' names were made without a problem */
    LAB_VEC(struct lab_draft_nic) nics;
};

struct lab_draft {
    struct lab_spec *spec;
    const struct lab_spec_options *options;
    struct lab_problems *problems;
    struct lab_yaml_source source;
    struct lab_yaml_doc doc;
    LAB_VEC(struct lab_draft_group) groups;    /* one for each of spec->groups */
    LAB_VEC(const struct lab_yaml *) networks; /* one for each of spec->networks */
};

void lab_draft_read(struct lab_draft *d);
void lab_draft_expand(struct lab_draft *d);
void lab_draft_check_networks(struct lab_draft *d); /* check_network.c: each by itself, and pairs */
void lab_draft_check_nics(struct lab_draft *d);     /* check_nic.c; also chooses default routes */
void lab_draft_check_addresses(struct lab_draft *d); /* check_address.c: of all nodes */
void lab_draft_check_lab(struct lab_draft *d);       /* check_lab.c: names, roles, disks */
void lab_draft_check_registry(struct lab_draft *d);  /* check_registry.c: where it runs */

void lab_draft_error(struct lab_draft *d, struct lab_pos pos, const char *fmt, ...)
    LAB_PRINTF(3, 4);
void lab_draft_warning(struct lab_draft *d, struct lab_pos pos, const char *fmt, ...)
    LAB_PRINTF(3, 4);

/* Absolute form of a path in lab.yaml: relative to the file, ~/ is the user's home. Caller frees.
 */
char *lab_draft_path(const struct lab_draft *d, const char *path);

const char *lab_draft_nic_model(const struct lab_draft_nic *nic); /* NULL: not given */

/* Parts of lab_draft_read(), one file each. */
void lab_draft_read_auth(struct lab_draft *d, const struct lab_yaml *yaml);
void lab_draft_read_networks(struct lab_draft *d, const struct lab_yaml *yaml);
/* image: of the lab, for groups without their own; LAB_NO_INDEX: there is none. */
void lab_draft_read_nodes(struct lab_draft *d, const struct lab_yaml *yaml, size_t image);
void lab_draft_read_cloud_init(struct lab_draft *d,
                               const struct lab_yaml *yaml,
                               struct lab_cloud_init *out);
/* The index of the image that `image_url` and `sha256` of this mapping name; LAB_NO_INDEX: none. */
size_t lab_draft_read_image(struct lab_draft *d, const struct lab_yaml *yaml);

void lab_draft_read_registry(struct lab_draft *d, const struct lab_yaml *yaml);

/* What the passwords of auth and registry have in common (parse_auth.c): "{{ password }}"; at most
 * one of password, password_file and password_env; a file that exists. */
bool lab_draft_is_prompt(const char *text);
void lab_draft_check_single_password(struct lab_draft *d, const struct lab_yaml *yaml);
void lab_draft_check_password_file(struct lab_draft *d,
                                   const struct lab_yaml *yaml,
                                   const char *path);

/* Why nobody in the range can have this address ("is outside", …), or NULL. */
const char *lab_draft_bad_host(struct lab_cidr range, uint32_t ip);

#endif
