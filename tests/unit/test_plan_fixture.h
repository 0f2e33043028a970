/* Labs, records and VMs made by hand: the plan reads no file and asks nobody. */
#ifndef LAB_TEST_PLAN_FIXTURE_H
#define LAB_TEST_PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "plan/plan.h"

#define NET  0xc0a80600u /* 192.168.6.0 */
#define GIB  (1ULL << 30)
#define SUM1 "1111111111111111111111111111111111111111111111111111111111111111"
#define SUM2 "2222222222222222222222222222222222222222222222222222222222222222"

struct world {
    struct lab_spec *spec;
    struct lab_node_records records;
    struct lab_vm_states vms;
    struct lab_plan plan;
    struct lab_plan_options options;
    char *hashes[8];
    const char *image_sum, *payload_sum; /* of what lab.yaml names now */
    struct lab_error err;
};

static inline void add_node(struct world *w, const char *name, enum lab_role role)
{
    size_t n = w->spec->nodes.len;
    struct lab_node *node = lab_vec_push(&w->spec->nodes);
    node->name = lab_strdup(name);
    node->number = (unsigned)n + 1;
    node->role = role;
    node->cpu = 2;
    node->memory_mib = 2048;
    node->disk_bytes = 40 * GIB;
    struct lab_nic *nic = lab_vec_push(&node->nics);
    nic->ip = NET + 10 + (uint32_t)n;
    nic->default_route = true;
}

static inline struct world *new_world(void)
{
    struct world *w = lab_alloc(sizeof(*w));
    w->spec = lab_alloc(sizeof(*w->spec));
    w->spec->name = lab_strdup("airgap");
    w->spec->auth.username = lab_strdup("ubuntu");
    w->image_sum = SUM1;
    struct lab_image *image = lab_vec_push(&w->spec->images);
    image->source = lab_strdup("./debian.qcow2");
    image->path = lab_strdup("/srv/debian.qcow2");
    struct lab_network *network = lab_vec_push(&w->spec->networks);
    network->name = lab_strdup("default");
    network->has_ipam = true;
    network->range = (struct lab_cidr){NET, 24};
    lab_vec_push(&w->spec->groups)->label = lab_strdup("all");
    return w;
}

static inline struct lab_node *node_of(struct world *w, const char *name)
{
    struct lab_node *node = (struct lab_node *)lab_spec_node(w->spec, name);
    assert_non_null(node);
    return node;
}

static inline char *hash_of(struct world *w, const struct lab_node *node)
{
    struct lab_str out = LAB_STR_INIT;
    lab_plan_provision_hash(&out, w->spec, node, w->image_sum, w->payload_sum);
    return lab_str_detach(&out);
}

/* Records the node as it is wanted now, in generation "g1". */
static inline struct lab_node_record *
record_node(struct world *w, const char *name, bool provisioned, bool detached, bool restarted)
{
    const struct lab_node *node = node_of(w, name);
    struct lab_node_record *r = lab_vec_push(&w->records.list);
    r->name = lab_strdup(name);
    r->role = node->role;
    r->order = (unsigned)w->records.list.len - 1;
    r->generation = lab_strdup("g1");
    r->provision_hash = hash_of(w, node);
    r->cpu = node->cpu;
    r->memory_mib = node->memory_mib;
    r->disk_bytes = node->disk_bytes;
    r->provisioned = provisioned;
    r->detached = detached;
    r->restarted = restarted;
    for (size_t i = 0; i < node->nics.len; i++) {
        char ip[LAB_IPV4_TEXT];
        const struct lab_nic *nic = &node->nics.items[i];
        struct lab_nic_record *to = lab_vec_push(&r->nics);
        to->network = lab_strdup(w->spec->networks.items[nic->network].name);
        to->ip = nic->ip ? lab_strdup(lab_ipv4_format(nic->ip, ip)) : NULL;
    }
    return r;
}

static inline struct lab_vm_state *add_vm(struct world *w, const char *name, enum lab_power power)
{
    struct lab_vm_state *vm = lab_vec_push(&w->vms.list);
    vm->name = lab_strdup(name);
    vm->power = power;
    vm->ours = power != LAB_POWER_ABSENT;
    vm->where = lab_format("domain %s at qemu:///system", name);
    return vm;
}

/* A node that is up, with nothing left to do. */
static inline void add_done(struct world *w, const char *name, enum lab_role role)
{
    add_node(w, name, role);
    record_node(w, name, true, true, true);
    add_vm(w, name, LAB_POWER_ON);
}

static inline void drop_node(struct world *w, const char *name)
{
    struct lab_node *node = node_of(w, name);
    free(node->name);
    lab_vec_clear(&node->nics);
    size_t after = (size_t)(w->spec->nodes.items + w->spec->nodes.len - node - 1);
    memmove(node, node + 1, after * sizeof(*node));
    w->spec->nodes.len--;
}

static inline int make_plan(struct world *w)
{
    assert_true(w->spec->nodes.len <= LAB_ARRAY_LEN(w->hashes));
    for (size_t i = 0; i < w->spec->nodes.len; i++) {
        free(w->hashes[i]);
        w->hashes[i] = hash_of(w, &w->spec->nodes.items[i]);
    }
    lab_plan_clear(&w->plan);
    lab_error_clear(&w->err);
    int rc = lab_plan_make(&w->plan, w->spec, &w->records, &w->vms, (const char *const *)w->hashes,
                           &w->options, &w->err);
    assert_int_equal(rc == 0, w->err.code == LAB_OK);
    return rc;
}

static inline void plan_fine(struct world *w)
{
    if (make_plan(w))
        print_error("%s\n", w->err.message);
    assert_int_equal(w->err.code, LAB_OK);
}

static inline const struct lab_plan_node *planned(struct world *w, const char *name)
{
    LAB_VEC_FOREACH (node, &w->plan.nodes)
        if (strcmp(node->name, name) == 0)
            return node;
    fail_msg("no node '%s' in the plan", name);
    return NULL;
}

static inline void assert_has(const char *text, const char *words)
{
    if (!text || !strstr(text, words))
        print_error("'%s' is not in: %s\n", words, text ? text : "(nothing)");
    assert_non_null(text);
    assert_non_null(strstr(text, words));
}

static inline void
assert_action(struct world *w, const char *name, const char *action, const char *words)
{
    const struct lab_plan_node *node = planned(w, name);
    assert_string_equal(lab_action_name(node->action), action);
    assert_has(node->reason, words);
}

/* All notes, one per line. */
static inline void assert_notes(struct world *w, const char *expected)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (note, &w->plan.notes)
        lab_str_addf(&text, "%s\n", *note);
    assert_string_equal(lab_str_get(&text), expected);
}

static inline void free_world(struct world *w)
{
    lab_plan_clear(&w->plan);
    lab_node_records_clear(&w->records);
    lab_vm_states_clear(&w->vms);
    lab_spec_free(w->spec);
    lab_error_clear(&w->err);
    for (size_t i = 0; i < LAB_ARRAY_LEN(w->hashes); i++)
        free(w->hashes[i]);
    free(w);
}

#endif
