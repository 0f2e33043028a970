/* The texts of a node's seed: meta-data, user-data, network-config (cloud-init NoCloud). Pure:
 * model in, bytes out. Network configuration is version 1, which every renderer since
 * cloud-init 22.4 takes (docs: cloud-init network-config-format-v1); NICs are matched by MAC and
 * called lab0, lab1, …
 *
 * With cloud_init of the user, user-data is a MIME message: the user's part first, then ours, so
 * that nothing in it (not even a merge_how) takes our part away:
 *   users                                   ours, then the user's
 *   write_files                             the user's, then ours
 *   who the node is (host name, host keys)  ours
 *   any other key                           the user's, else ours
 * first-boot is a script per instance: it runs before the user's runcmd and scripts, after
 * packages; a boothook runs early in every boot. */
#ifndef LAB_MEDIA_SEED_H
#define LAB_MEDIA_SEED_H

#include <stddef.h>

#include "base/asset.h"
#include "base/str.h"
#include "spec/spec.h"

/* The registry as the guests know it; `mirrors` and `insecure` are in spec->registry. */
struct lab_seed_registry {
    const char *address;             /* host:port */
    const char *ca_pem;              /* NULL: what the guest's system trusts */
    const char *username, *password; /* NULL: no login */
    /* For the node that runs it (spec->registry.node): what its server reads. htpasswd may be NULL.
     */
    const char *config, *certificate, *key, *htpasswd;
};

/* Where labctl's registry has its files in the guest that runs it. */
#define LAB_SEED_REGISTRY_DIR  "/etc/labctl/registry"
#define LAB_SEED_REGISTRY_DATA "/var/lib/labctl-registry"

struct lab_seed {
    const struct lab_spec *spec;
    const struct lab_node *node;
    const char *generation;       /* also in the instance-id */
    const char *login_public;     /* "ssh-ed25519 AAAA… comment" of the lab's login key */
    const char *host_private;     /* OpenSSH PEM text of the node's host key */
    const char *host_public;      /* its public line */
    const char *password_hash;    /* crypt(3), or NULL: locked */
    const char *payload_label;    /* NULL: no payload */
    const char *payload_manifest; /* SHA-256 of its SHA256SUMS, 64 digits */
    const struct lab_seed_registry *registry; /* NULL: none */
    /* Scripts for /usr/local/lib/labctl/; NULL: those of seeds/guest/, without those that come over
     * SSH (facts, set-clock, airgap). */
    const struct lab_asset *scripts;
    size_t scripts_len;
};

void lab_seed_meta_data(struct lab_str *out, const struct lab_seed *seed);
void lab_seed_user_data(struct lab_str *out,
                        const struct lab_seed *seed); /* MIME or cloud-config */
void lab_seed_network_config(struct lab_str *out, const struct lab_seed *seed);
/* "IP name" lines of every node that has an address. */
void lab_seed_hosts(struct lab_str *out, const struct lab_spec *spec);
/* k3s' registries.yaml (docs.k3s.io/installation/private-registry). */
void lab_seed_registries(struct lab_str *out, const struct lab_seed *seed);
/* "iid-LAB-NODE-GENERATION" */
void lab_seed_instance_id(struct lab_str *out, const struct lab_seed *seed);

#endif
