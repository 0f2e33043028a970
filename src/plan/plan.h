/* What `up` would do, as data: spec (wanted) + records (what labctl did) + observed (what the
 * hypervisor says). Pure: nothing is touched, nothing is asked. Where record and hypervisor differ
 * the hypervisor is right, and the difference is said in `notes`. */
#ifndef LAB_PLAN_PLAN_H
#define LAB_PLAN_PLAN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "spec/observed.h"
#include "spec/spec.h"
#include "state/state.h"

enum lab_action {
    LAB_ACTION_KEEP,      /* all gates proved, running: only a look */
    LAB_ACTION_CREATE,    /* nothing is there yet, or not any more */
    LAB_ACTION_RESUME,    /* begun earlier: goes on from the first gate that is not proved; a medium
                             that the hypervisor shows attached has to be detached (again), whatever
                             the record says */
    LAB_ACTION_START,     /* provisioned and not running: power on, no provisioning anew */
    LAB_ACTION_MODIFY,    /* cpu, memory, larger disk of a provisioned node: with a restart, then as
                             RESUME */
    LAB_ACTION_PROVISION, /* anew: new overlay, seed and generation; host keys kept */
    LAB_ACTION_REMOVE,    /* no longer in lab.yaml, with --prune */
    LAB_ACTION_ORPHAN,    /* no longer in lab.yaml; stays unless --prune */
    LAB_ACTION_REFUSE     /* cannot be done; the plan as a whole is refused, unless not targeted */
};
const char *lab_action_name(enum lab_action action); /* "keep", "create", … */

struct lab_plan_node {
    char *name;
    const struct lab_node *node;          /* borrowed from spec; NULL when it is not in lab.yaml */
    const struct lab_node_record *record; /* borrowed; NULL when never recorded */
    enum lab_action action;
    char *reason;  /* "memory 2 GiB -> 4 GiB"; why it is refused; "" for keep */
    bool targeted; /* false: left alone because of --target; action then says what is put off */
};

struct lab_plan {
    LAB_VEC(struct lab_plan_node) nodes; /* lab.yaml's order, then removed ones by their record */
    LAB_VEC(char *) notes;               /* differences between record and hypervisor */
    bool changes;                        /* a targeted node has anything but KEEP and ORPHAN */
};

struct lab_plan_options {
    const char *const *targets; /* node names (also of removed nodes); none: all */
    size_t targets_len;
    const char *const *recreate; /* node names to provision anew */
    size_t recreate_len;
    bool recreate_all; /* --recreate without a name */
    bool prune;
};

/* Appends what a node is provisioned from, aspect by aspect, so that a later plan can name what
 * changed: "image=…;role=…;auth=…;cloud_init=…;networks=…;registry=…;payload=…" with short digests.
 * This is the text for lab_node_record.provision_hash. Lab growth (more replicas, their /etc/hosts
 * lines) does not change it.
 *
 * image_sha256 may be NULL when nobody has read the image: it then counts as changed only when its
 * path or URL differs. payload_manifest may be NULL: without a payload, or not known, which counts
 * as unchanged. */
void lab_plan_provision_hash(struct lab_str *out,
                             const struct lab_spec *spec,
                             const struct lab_node *node,
                             const char *image_sha256,
                             const char *payload_manifest);

/* Whether a node with this text was made from the image with this digest. NULL: no. */
bool lab_plan_provision_uses(const char *recorded, const char *image_sha256);

/* Appends the names of the aspects in which two such texts differ: "image, auth and cloud_init".
 * Either may be NULL (not known: no difference). Returns how many. */
size_t lab_plan_provision_diff(struct lab_str *out, const char *recorded, const char *wanted);

/* hashes[i], from lab_plan_provision_hash(), belongs to spec->nodes.items[i]; NULL compares
 * nothing.
 *
 * LAB_CONFLICT: a VM of that name is not ours (where it is, and what to do). LAB_USAGE: a change
 * that is refused (smaller disk, moved address, what a provisioned node is made from) or a name in
 * options that is unknown. Every refusal is in the message, one per line, and in the plan's nodes:
 * *out is filled on refusal too and must be cleared always. */
int lab_plan_make(struct lab_plan *out,
                  const struct lab_spec *spec,
                  const struct lab_node_records *records,
                  const struct lab_vm_states *observed,
                  const char *const *hashes,
                  const struct lab_plan_options *options,
                  struct lab_error *err) LAB_MUST_CHECK;
void lab_plan_clear(struct lab_plan *plan);

#endif
