/* A provider makes, changes and removes virtual machines: one struct of functions per hypervisor.
 *
 * It does work and reports facts; it never decides policy, and it never touches an object that does
 * not carry this lab's tag: that is LAB_CONFLICT, with the object's name and how to remove it.
 *
 * Every function may block (child processes, files) and is called on a worker thread (base/work.h),
 * for different nodes at the same time; a provider is immutable after open(). Every function may be
 * repeated: what is already so is success. Names of children's errors are kept in the message.
 *
 * To add a provider: copy the shape of libvirt.c, fill the struct, add it to lab_providers[]. */
#ifndef LAB_PROVIDER_PROVIDER_H
#define LAB_PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/child.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/vec.h"
#include "provider/demand.h"
#include "spec/observed.h"
#include "spec/spec.h"

/* Who owns what is made: written into every object as a tag. */
struct lab_owner {
    const char *lab;    /* lab name */
    const char *lab_id; /* UUID of this lab's ledger: a lab of the same name elsewhere differs */
    const char *home;   /* lab_home_tag(): whose LABCTL_HOME holds it, should that ledger be lost.
                           NULL: not said */
};
/* Whether a tag is this lab's. Its id alone is not enough: a ledger can be edited, and then it
 * names another lab's. homes is as in the config. home NULL: a labctl that did not write it yet. */
bool lab_owner_has(const struct lab_owner *owner,
                   const char *homes,
                   const char *lab,
                   const char *id,
                   const char *home);
/* "belongs to another labctl lab, 'x'" and the like, for messages about what is not ours. */
char *
lab_owner_words(const struct lab_owner *owner, const char *lab, const char *id, const char *home);

struct lab_provider_config {
    struct lab_owner owner; /* copied */
    const char *homes;  /* lines: the LABCTL_HOMEs that the ledger was in, as in owner; NULL: not
                           known, and then a tag with any home is believed */
    const char *uri;    /* libvirt: NULL = qemu:///system for root and group libvirt */
    const char *home;   /* folder of the lab: LABCTL_HOME/labs/NAME */
    const char *vm_dir; /* VMware: where VM folders go; may be NULL */
    bool vm_dir_made;   /* by this lab, so that it goes with it once it is empty */
    /* Told, on any thread, what the user should know although nothing failed: an upload by another
     * labctl that is waited for. May be NULL. */
    void (*notice)(void *arg, const char *text);
    void *notice_arg;
};

struct lab_host_info {
    char *hypervisor; /* "libvirt 9.0.0, QEMU 7.2.18" */
    bool accelerated; /* a virtual CPU really ran; false: emulation */
    char *why;        /* for doctor, when not accelerated */
};

/* What to build one VM from. Strings are borrowed for the call. */
struct lab_vm_nic {
    const char *network; /* name of the hypervisor's network or bridge, from ensure_network */
    bool is_bridge;      /* a host bridge, not a managed network */
    const char *mac;
    const char *model; /* NULL: virtio / vmxnet3 */
};

struct lab_vm {
    const char *name;
    const char *uuid; /* stable for lab and node */
    const char *generation;
    unsigned cpu;
    uint64_t memory_mib;
    uint64_t disk_bytes;
    const char *base; /* reference from import_base() */
    const struct lab_vm_nic *nics;
    size_t nics_len;
    const char *seed;             /* reference from put_medium(), or NULL: no CD */
    const char *payload;          /* the same */
    const char *console;          /* file of the caller that receives the serial console */
    const char *hypervisor;       /* "kvm", "qemu"; NULL: by probe */
    struct lab_hardware hardware; /* libvirt's machines have one kind of each: no notice is taken */
};

struct lab_net_state {
    char *name; /* what VMs attach to */
    bool is_bridge;
    bool made; /* exists because of us (tagged), else adopted */
    bool active;
    char *owner;  /* adopted: the labctl lab whose tag it carries; NULL when it has none */
    char *device; /* bridge device on this host, or NULL when not known */
};
void lab_net_state_clear(struct lab_net_state *state);

/* Something that carries the tag of a lab of our name, be it ours or not: what is left when a
 * ledger is lost. */
enum lab_tagged_kind { LAB_TAGGED_VM, LAB_TAGGED_NETWORK, LAB_TAGGED_POOL };
struct lab_tagged {
    enum lab_tagged_kind kind;
    char *name, *where; /* where: for messages, as in lab_vm_state */
    char *id;           /* of the ledger: a UUID */
    char *home;         /* lab_owner's; NULL: made by a labctl that did not write it yet */
};
struct lab_tagged_list {
    LAB_VEC(struct lab_tagged) list;
};
struct lab_tagged *lab_tagged_add(struct lab_tagged_list *out,
                                  enum lab_tagged_kind kind,
                                  const char *name,
                                  const char *id,
                                  const char *home);
void lab_tagged_clear(struct lab_tagged_list *tagged);

/* Snapshots of a VM by name, whoever made them. */
struct lab_vm_snapshots {
    LAB_VEC(char *) names;
    /* What the VM had in memory is kept beside its disk (`virsh managedsave`, VMware's "Suspend"):
     * the next start goes on from there, and the disk alone is that of a guest in the middle of its
     * work. */
    bool memory_kept;
};
#define LAB_AUTO_VM_SNAPSHOTS LAB_CLEANUP(lab_vm_snapshots_clear)
bool lab_vm_snapshots_has(const struct lab_vm_snapshots *snapshots, const char *name);
void lab_vm_snapshots_clear(struct lab_vm_snapshots *snapshots);

struct lab_progress {
    void (*fn)(void *arg, uint64_t done, uint64_t total); /* any thread; may be NULL */
    void *arg;
};

/* Takes one text about a VM. file: a name for it, such as "vmware.log"; the text is the taker's. */
struct lab_record_taker {
    void (*take)(void *arg, const char *file, struct lab_str *text);
    void *arg;
};

struct lab_provider {
    const struct lab_provider_ops *ops;
    void *impl; /* the provider's own */
};

struct lab_provider_ops {
    enum lab_provider_kind kind;
    const char *name;

    /* Connects (cheaply) and fills the provider. LAB_HOST when the program or the daemon is
     * missing, with the command that installs or starts it. */
    int (*open)(struct lab_provider *p,
                const struct lab_provider_config *config,
                struct lab_error *err);
    void (*close)(struct lab_provider *p);
    int (*probe)(struct lab_provider *p, struct lab_host_info *out, struct lab_error *err);

    /* Networks. ensure: made when missing, adopted when ours or named by the user. look: the same
     * decision without touching anything (made tells what ensure would do; active whether it is).
     */
    int (*look_network)(struct lab_provider *p,
                        const struct lab_net *net,
                        struct lab_net_state *out,
                        struct lab_error *err);
    int (*ensure_network)(struct lab_provider *p,
                          const struct lab_net *net,
                          struct lab_net_state *out,
                          struct lab_error *err);
    /* Only what this lab made or was handed, and only when no VM uses it any more. 0: it is gone.
     * LAB_CONFLICT: it is kept, and the message says why: it is another's, or a VM uses it; ours
     * then becomes the lab's whose VM that is. Either way this lab has no more business with it. */
    int (*remove_network)(struct lab_provider *p, const char *name, struct lab_error *err);

    /* Base images, shared by digest between labs, never written again: *ref is borrowed by
     * lab_vm.base, freed by the caller. Import copies only when the digest is not there yet. */
    int (*import_base)(struct lab_provider *p,
                       const char *path,
                       const char *sha256,
                       enum lab_image_format format,
                       const struct lab_progress *progress,
                       char **ref,
                       struct lab_error *err);

    /* Media (seed and payload ISO): a copy where the hypervisor can read it, not world-readable.
     * Same name and same sha256: nothing is written. */
    int (*put_medium)(struct lab_provider *p,
                      const char *name,
                      const char *path,
                      const char *sha256,
                      const struct lab_progress *progress,
                      char **ref,
                      struct lab_error *err);
    int (*remove_medium)(struct lab_provider *p, const char *name, struct lab_error *err);

    /* VMs. define: makes the disk when it is missing and (re)writes the definition; only while off.
     * With seed and payload NULL this is the detach: afterwards query must show neither, and a VM
     * that is there without its disk is LAB_HYPERVISOR, since that disk held a guest. */
    int (*define)(struct lab_provider *p, const struct lab_vm *vm, struct lab_error *err);
    int (*start)(struct lab_provider *p, const char *name, struct lab_error *err);
    int (*soft_stop)(struct lab_provider *p, const char *name, struct lab_error *err);
    int (*hard_stop)(struct lab_provider *p, const char *name, struct lab_error *err);
    int (*grow_disk)(struct lab_provider *p,
                     const char *name,
                     uint64_t bytes,
                     struct lab_error *err);
    /* Ends it and removes definition and disk. Missing is fine. */
    int (*destroy)(struct lab_provider *p, const char *name, struct lab_error *err);

    /* Snapshots of the disk of a VM that is off; its memory is never in one. A disk that has any
     * cannot grow: LAB_HYPERVISOR, saying so.
     * revert: the disk is as it was, and memory that was kept is given up; the definition may be an
     * earlier one, or hold what the hypervisor thinks fit, until define() is called, as it must be
     * before the next start.
     * LAB_HYPERVISOR when there is no such snapshot. delete: missing is fine, the VM too; the VM
     * may be on unless deletes_while_off. snapshots: of a VM that does not exist there are none. */
    int (*snapshot)(struct lab_provider *p,
                    const char *name,
                    const char *snapshot,
                    struct lab_error *err);
    int (*revert)(struct lab_provider *p,
                  const char *name,
                  const char *snapshot,
                  struct lab_error *err);
    bool deletes_while_off;
    int (*delete_snapshot)(struct lab_provider *p,
                           const char *name,
                           const char *snapshot,
                           struct lab_error *err);
    int (*snapshots)(struct lab_provider *p,
                     const char *name,
                     struct lab_vm_snapshots *out,
                     struct lab_error *err);

    /* One child process, however many names. names NULL: all VMs that carry our lab id. A named VM
     * that does not exist is listed with LAB_POWER_ABSENT. */
    int (*query)(struct lab_provider *p,
                 const char *const *names,
                 size_t n,
                 struct lab_vm_states *out,
                 struct lab_error *err);

    /* The program that joins this terminal to the VM's serial console while it runs, for
     * lab_child_terminal(): fills the child, which the caller clears whatever the outcome. *leave:
     * how to get out of it again; borrowed. NULL: this hypervisor has no such thing. */
    int (*live_console)(struct lab_provider *p,
                        const char *name,
                        struct lab_child *out,
                        const char **leave,
                        struct lab_error *err);

    /* Everything here that carries the tag of a lab of owner.lab's name, whatever its id. Names and
     * ids that labctl never gives are no tag of labctl's: they are left out. A pool is found by the
     * ids of the rest. Changes nothing. */
    int (*find)(struct lab_provider *p, struct lab_tagged_list *out, struct lab_error *err);

    /* Takes away what belongs to the lab as a whole (its pool, its folder); after all VMs are gone.
     */
    int (*remove_lab)(struct lab_provider *p, struct lab_error *err);

    /* Doctor: what this hypervisor needs of this host, and what can be seen of the lab (NULL: there
     * is none), one finding each; looks only. Not for an open provider, since most of what it finds
     * is why open() fails. quick, for `up`: no child processes, no waiting, and nothing that the
     * calls above tell anyway. */
    void (*diagnose)(const struct lab_provider_config *config,
                     const struct lab_demand *demand,
                     bool quick,
                     struct lab_findings *out);
    /* Where on this host the lab's bytes will go, and how many; looks only. Media of seed and
     * payload that the caller keeps are the caller's to count. */
    int (*room)(struct lab_provider *p,
                const struct lab_demand *demand,
                struct lab_places *out,
                struct lab_error *err);

    /* For who looks into a fault: the VM's definition, without its passwords as far as the
     * hypervisor leaves them out, and the end of what the hypervisor logged of it. Looks only. A
     * log that is not there or not to be read is left out; LAB_CONFLICT when the VM is not ours,
     * LAB_HYPERVISOR when there is none. */
    int (*records)(struct lab_provider *p,
                   const char *name,
                   const struct lab_record_taker *taker,
                   struct lab_error *err);
};

extern const struct lab_provider_ops lab_libvirt_ops;
extern const struct lab_provider_ops lab_vmware_ops;

/* Those of this build, in the order in which `provider: auto` tries them; NULL at the end. */
const struct lab_provider_ops *lab_provider_at(size_t i);
/* NULL when this build has no such provider. */
const struct lab_provider_ops *lab_provider_by_kind(enum lab_provider_kind kind);
/* Says why this build has no such provider. Returns -1. */
int lab_provider_refuse(enum lab_provider_kind kind, struct lab_error *err);

#endif
