/* lab.yaml as a model: parsed, defaulted, expanded to single nodes, and validated as a whole.
 *
 * lab_spec_load() finds every problem at once. It reads files only to check that they exist
 * (images, also in the image cache, keys, payload) and what size an image has; it changes nothing
 * and needs no hypervisor. The vocabulary and its reasons: README.md, and the table in schema.c,
 * from which the JSON Schema comes.
 *
 * Ownership: the whole model belongs to struct lab_spec and is released by lab_spec_free(). */
#ifndef LAB_SPEC_SPEC_H
#define LAB_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ipv4.h"
#include "base/str.h"
#include "base/vec.h"

#define LAB_SPEC_MAX_BYTES (1u << 20)
#define LAB_SPEC_MAX_NODES 4096

struct lab_pos {
    int line, column; /* from 1; 0 when the value was not written in the file */
};

enum lab_provider_kind {
    LAB_PROVIDER_AUTO,
    LAB_PROVIDER_LIBVIRT,
    LAB_PROVIDER_VMWARE,
    LAB_PROVIDER_KUBEVIRT
};
enum lab_role { LAB_ROLE_NONE, LAB_ROLE_MASTER, LAB_ROLE_WORKER };
enum lab_image_format { LAB_IMAGE_QCOW2, LAB_IMAGE_RAW, LAB_IMAGE_VMDK, LAB_IMAGE_OVA };

/* Hardware that an image may need; the first of each: as the provider likes it. */
enum lab_firmware { LAB_FIRMWARE_DEFAULT, LAB_FIRMWARE_BIOS, LAB_FIRMWARE_EFI };
enum lab_disk_bus {
    LAB_DISK_BUS_DEFAULT, /* VMware: pvscsi */
    LAB_DISK_BUS_PVSCSI,
    LAB_DISK_BUS_LSILOGIC,
    LAB_DISK_BUS_SATA,
    LAB_DISK_BUS_NVME
};
enum lab_cd_bus {
    LAB_CD_BUS_DEFAULT, /* VMware: SATA */
    LAB_CD_BUS_SATA,
    LAB_CD_BUS_IDE /* for kernels without AHCI */
};
struct lab_hardware {
    enum lab_firmware firmware;
    enum lab_disk_bus disk_bus;
    enum lab_cd_bus cd_bus;
};

struct lab_network {
    char *name;
    char *bridge;  /* VMnet name, libvirt network, or host bridge; NULL: labctl's own */
    bool has_ipam; /* false: DHCP, only on an existing network */
    struct lab_cidr range;
    uint32_t gateway; /* 0: none */
    uint32_t start;   /* 0: nodes get network + 100 + number */
    LAB_VEC(uint32_t) nameservers;
    struct lab_pos pos;
};

struct lab_nic {
    size_t network; /* index into spec->networks */
    uint32_t ip;    /* 0: DHCP */
    uint8_t mac[6]; /* zero until lab_spec_assign_macs(), unless given */
    bool mac_given;
    char *model;        /* `interface`: NULL: the provider's default */
    bool default_route; /* at most one NIC of a node */
    struct lab_pos pos;
};

struct lab_image {
    char *source;                 /* as written: path, URL or image:NAME */
    char *path;                   /* absolute path; NULL for a URL, or when nobody looked */
    char *sha256;                 /* 64 lower-case digits, or NULL */
    char *cached;                 /* image:NAME: the digest that the image cache knows it by */
    enum lab_image_format format; /* by content for a path, by name for a URL */
    uint64_t virtual_size;        /* bytes; 0 when not known (URL, vmdk, ova) */
    struct lab_pos pos;
};

/* How to log in and who else may. */
struct lab_auth {
    char *username;       /* default "lab" */
    char *password_hash;  /* crypt(3) string ("$6$…"), or NULL */
    bool password_prompt; /* `password: "{{ password }}"`: asked without echo, or LABCTL_PASSWORD */
    char *password_file;  /* absolute path; first line */
    char *password_env;   /* name of a variable */
    LAB_VEC(char *) authorized_keys; /* whole public key lines, of any type, checked */
    struct lab_pos pos;
};

enum lab_cloud_part { LAB_CLOUD_NONE, LAB_CLOUD_CONFIG, LAB_CLOUD_SCRIPT, LAB_CLOUD_BOOTHOOK };

/* The user's own cloud-init text; travels as a MIME part of its own, never spliced into ours. */
struct lab_cloud_init {
    enum lab_cloud_part kind;
    char *text; /* with its first line (#cloud-config, #!…) */
    struct lab_pos pos;
};

struct lab_node {
    char *name;      /* RFC 1123 label, unique in the lab */
    size_t group;    /* index into spec->groups */
    unsigned number; /* within its group, from 1 */
    enum lab_role role;
    unsigned cpu;
    uint64_t memory_mib;
    uint64_t disk_bytes;
    struct lab_pos disk_pos; /* of disk_size */
    struct lab_hardware hardware;
    size_t image;                            /* index into spec->images */
    LAB_VEC(struct lab_nic) nics;            /* the first one is the login NIC */
    const struct lab_cloud_init *cloud_init; /* borrowed from the group or the spec */
    struct lab_pos pos;
};

/* One entry of `nodes:`, before expansion. */
struct lab_group {
    char *label;       /* name, or name_prefix, as written */
    unsigned replicas; /* after overrides */
    uint32_t start;    /* 0: none */
    bool replicas_given;
    struct lab_cloud_init cloud_init;
    struct lab_pos pos;
};

struct lab_wait {
    uint64_t timeout_ms; /* per node, power-on to last gate; default 30m */
    uint64_t stall_ms;   /* per gate without progress; default 5m, 10m under emulation */
    bool stall_given;
    uint64_t clock_skew_ms; /* `wait.clock_skew`, default 5s */
    bool strict;            /* cloud-init "degraded" fails the node */
};

struct lab_payload {
    char *dir;    /* absolute path, or NULL; with a bundle the same as bundle */
    char *bundle; /* absolute path: to be verified before use; or NULL */
    char *key;    /* absolute path of the public key for it, or NULL */
    bool per_node;
    struct lab_pos pos;
};

/* `registry:`, the container registry that the nodes pull from: one that is there already
 * (`address` alone), labctl's own on this host (`serve`), or labctl's own in a guest (`node`). */
struct lab_registry_spec {
    char *address; /* host:port; NULL: labctl chooses, for its own */
    bool serve;
    char *node;              /* name of a node, or NULL */
    bool auth;               /* labctl's own wants a password, which labctl makes */
    char *ca, *ca_pem;       /* one that is there: its CA's file (absolute), and what is in it */
    bool insecure;           /* it has no certificate that anybody checks */
    char *username;          /* with one of the three, or NULL */
    bool password_prompt;    /* `password: "{{ password }}"`, or LABCTL_REGISTRY_PASSWORD */
    char *password_file;     /* absolute path; first line */
    char *password_env;      /* name of a variable */
    LAB_VEC(char *) mirrors; /* registries whose images come from this one; none: "*", all */
    struct lab_pos pos;
};

struct lab_spec {
    char *file; /* as given on the command line */
    char *path; /* absolute */
    char *dir;  /* folder of the file: relative paths start here */
    char *name; /* RFC 1123 label, at most 32 characters */
    enum lab_provider_kind provider;
    char *timezone;    /* of the guests, "Asia/Seoul"; NULL: the image's own */
    char *libvirt_uri; /* `libvirt: {uri: …}`; NULL: qemu:///system */
    struct lab_auth auth;
    struct lab_cloud_init cloud_init;
    struct lab_hardware hardware; /* of nodes that do not say their own */
    LAB_VEC(struct lab_image) images;
    LAB_VEC(struct lab_network) networks;
    LAB_VEC(struct lab_group) groups;
    LAB_VEC(struct lab_node) nodes; /* expanded, in file order */
    struct lab_payload payload;
    bool has_registry;
    struct lab_registry_spec registry;
    LAB_VEC(uint32_t) airgap_probe; /* outside addresses that guests must not reach; may be empty */
    struct lab_wait wait;
    char *vm_dir; /* absolute, or NULL */
};

/* `--replicas GROUP=N` or `--replicas N` (group NULL: only with one group). */
struct lab_replicas {
    const char *group;
    unsigned count;
};

enum lab_severity { LAB_PROBLEM_ERROR, LAB_PROBLEM_WARNING };

struct lab_problem {
    enum lab_severity severity;
    struct lab_pos pos;
    char *message; /* offending value, what is allowed, nearest known key */
};

struct lab_problems {
    LAB_VEC(struct lab_problem) list; /* sorted by position */
    size_t errors, warnings;
};

struct lab_spec_options {
    const struct lab_replicas *replicas;
    size_t replicas_len;
    bool skip_files; /* do not look at images, keys and payload (status, teardown) */
};

/* Reads and validates. On success *out is set; problems then holds warnings only. On failure err
 * has LAB_USAGE (or LAB_HOST when the file cannot be read) and problems every finding. */
int lab_spec_load(struct lab_spec **out,
                  const char *path,
                  const struct lab_spec_options *options,
                  struct lab_problems *problems,
                  struct lab_error *err) LAB_MUST_CHECK;
/* The same from memory; `file` is the name for messages and the base for relative paths. */
int lab_spec_parse(struct lab_spec **out,
                   const char *file,
                   const char *text,
                   size_t len,
                   const struct lab_spec_options *options,
                   struct lab_problems *problems,
                   struct lab_error *err) LAB_MUST_CHECK;
void lab_spec_free(struct lab_spec *spec);

void lab_problems_add(struct lab_problems *p,
                      enum lab_severity s,
                      struct lab_pos pos,
                      const char *fmt,
                      ...) LAB_PRINTF(4, 5);
/* One "file:line:column: error: message" line each. */
void lab_problems_print(struct lab_str *out, const struct lab_problems *p, const char *file);
/* Fails with their number when there are errors among them. */
int lab_problems_refuse(const struct lab_problems *p, const char *file, struct lab_error *err);
void lab_problems_clear(struct lab_problems *p);

/* Fills the MACs that lab.yaml does not give: stable for lab, node and NIC; in the provider's range
 * (VMware 00:50:56:00-3f, libvirt 52:54:00). Fails with LAB_USAGE on a clash within the lab. */
int lab_spec_assign_macs(struct lab_spec *spec,
                         enum lab_provider_kind kind,
                         struct lab_error *err) LAB_MUST_CHECK;
/* Once it is known which hypervisor: assigns MACs, rounds memory up to what it gives, and refuses
 * with LAB_USAGE, file, line and column a NIC that it does not have. */
int lab_spec_fit(struct lab_spec *spec,
                 enum lab_provider_kind kind,
                 struct lab_error *err) LAB_MUST_CHECK;

/* Whether the hypervisor has this NIC (NULL: its own choice), and the memory that it gives for what
 * is wanted: VMware counts in fours of MiB. */
bool lab_spec_has_nic(enum lab_provider_kind kind, const char *model);
uint64_t lab_spec_memory_mib(enum lab_provider_kind kind, uint64_t mib);

const struct lab_node *lab_spec_node(const struct lab_spec *spec, const char *name);
bool lab_spec_has_role(const struct lab_spec *spec, enum lab_role role);
const char *lab_role_name(enum lab_role role); /* "master", "worker", "-" */
const char *lab_provider_kind_name(enum lab_provider_kind kind);

/* Looks at an image file: format by magic, virtual size, and why labctl cannot use it. LAB_USAGE (a
 * backing file, encryption, dirty or corrupt mark), LAB_INTEGRITY (damaged or cut short), LAB_HOST
 * (unreadable). */
int lab_image_inspect(const char *path,
                      enum lab_image_format *format,
                      uint64_t *virtual_size,
                      struct lab_error *err) LAB_MUST_CHECK;

/* JSON Schema (draft 2020-12) of lab.yaml, from the table that parses it; ends with a newline. */
void lab_spec_schema_json(struct lab_str *out);

#endif
