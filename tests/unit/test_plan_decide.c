/* Every combination of what was recorded, what the hypervisor shows and what lab.yaml changed. */
#include "test_plan_fixture.h"

enum recorded { NEVER, BEGUN, PROVISIONED, DETACHED, DONE, RECORDED };
enum change {
    NOTHING,
    IMAGE,
    AUTH,
    CPU,
    MEMORY,
    LARGER,
    SMALLER,
    MOVED,
    TAG,          /* the VM carries another generation */
    MEDIA,        /* the VM has its seed attached */
    ANEW,         /* --recreate */
    ANEW_SMALLER, /* the same, with every change that would be refused */
    CHANGES
};

static const char *const recorded_names[] = {"never", "begun", "provisioned", "detached", "done"};
static const char *const change_names[] = {"nothing", "image",  "auth",    "cpu",
                                           "memory",  "larger", "smaller", "moved",
                                           "tag",     "media",  "anew",    "anew, smaller"};

/* VM absent, off, on, paused, crashed, a stranger's. C create, R resume, S start, K keep, M modify,
 * P provision, X refused (LAB_USAGE), ! conflict (LAB_CONFLICT). */
static const char *const expected[RECORDED][CHANGES] = {
    [NEVER] = {"CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!",
               "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!"},
    [BEGUN] = {"CRRRR!", "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!", "CPPPP!", "CXXXX!", "CXXXX!",
               "CPPPP!", "CRRRR!", "CPPPP!", "CPPPP!"},
    [PROVISIONED] = {"CRRRR!", "CXXXX!", "CXXXX!", "CMMMM!", "CMMMM!", "CMMMM!", "CXXXX!", "CXXXX!",
                     "CXXXX!", "CRRRR!", "CPPPP!", "CPPPP!"},
    [DETACHED] = {"CRRRR!", "CXXXX!", "CXXXX!", "CMMMM!", "CMMMM!", "CMMMM!", "CXXXX!", "CXXXX!",
                  "CXXXX!", "CRRRR!", "CPPPP!", "CPPPP!"},
    [DONE] = {"CSKSS!", "CXXXX!", "CXXXX!", "CMMMM!", "CMMMM!", "CMMMM!", "CXXXX!", "CXXXX!",
              "CXXXX!", "CRRRR!", "CPPPP!", "CPPPP!"},
};

static const enum lab_power powers[] = {LAB_POWER_ABSENT, LAB_POWER_OFF,     LAB_POWER_ON,
                                        LAB_POWER_PAUSED, LAB_POWER_CRASHED, LAB_POWER_ON};

static void apply(struct world *w, enum change change)
{
    static const char *const anew[] = {"web-01"};
    struct lab_node *node = node_of(w, "web-01");
    struct lab_vm_state *vm = &w->vms.list.items[0];
    switch (change) {
    case IMAGE:
        w->image_sum = SUM2;
        break;
    case AUTH:
        lab_assign(&w->spec->auth.username, "kim");
        break;
    case CPU:
        node->cpu = 4;
        break;
    case MEMORY:
        node->memory_mib = 4096;
        break;
    case LARGER:
        node->disk_bytes = 60 * GIB;
        break;
    case SMALLER:
        node->disk_bytes = 20 * GIB;
        break;
    case MOVED:
        node->nics.items[0].ip = NET + 77;
        break;
    case TAG:
        lab_assign(&vm->generation, "g0");
        break;
    case MEDIA:
        vm->seed_attached = true;
        break;
    case ANEW_SMALLER:
        apply(w, IMAGE);
        apply(w, SMALLER);
        apply(w, MOVED);
        apply(w, TAG);
        apply(w, CPU);
        apply(w, ANEW);
        break;
    case ANEW:
        w->options.recreate = anew;
        w->options.recreate_len = 1;
        break;
    default:
        break;
    }
}

static char letter(const struct world *w, const struct lab_plan_node *node)
{
    static const char letters[] = {
        [LAB_ACTION_KEEP] = 'K',   [LAB_ACTION_CREATE] = 'C', [LAB_ACTION_RESUME] = 'R',
        [LAB_ACTION_START] = 'S',  [LAB_ACTION_MODIFY] = 'M', [LAB_ACTION_PROVISION] = 'P',
        [LAB_ACTION_REMOVE] = '-', [LAB_ACTION_ORPHAN] = 'o', [LAB_ACTION_REFUSE] = 'X',
    };
    if (node->action == LAB_ACTION_REFUSE && w->err.code == LAB_CONFLICT)
        return '!';
    return letters[node->action];
}

/* Holds for every plan of one node, whatever it is. */
static void check_laws(const struct world *w, const struct lab_plan_node *node)
{
    bool refused = node->action == LAB_ACTION_REFUSE;
    assert_int_equal(refused, w->err.code != LAB_OK);
    assert_int_equal(w->plan.changes, node->action != LAB_ACTION_KEEP);
    assert_true(node->targeted);
    assert_ptr_equal(node->node, &w->spec->nodes.items[0]);
    assert_ptr_equal(node->record, w->records.list.items);
    /* Whoever is stopped or loses something is told why. */
    if (node->action == LAB_ACTION_KEEP)
        assert_string_equal(node->reason, "");
    else if (node->action != LAB_ACTION_CREATE)
        assert_string_not_equal(node->reason, "");
    if (!refused)
        return;
    assert_has(w->err.message, "node 'web-01': ");
    assert_has(w->err.message, node->reason);
    if (w->err.code == LAB_USAGE)
        assert_has(node->reason, "`labctl up --recreate web-01`");
}

static char decide(enum recorded recorded, enum change change, size_t seen)
{
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    if (recorded != NEVER)
        record_node(w, "web-01", recorded >= PROVISIONED, recorded >= DETACHED, recorded >= DONE);
    struct lab_vm_state *vm = add_vm(w, "web-01", powers[seen]);
    lab_assign(&vm->generation, "g1");
    vm->ours = seen > 0 && seen < 5;
    apply(w, change);
    make_plan(w);
    assert_int_equal(w->plan.nodes.len, 1);
    const struct lab_plan_node *node = planned(w, "web-01");
    check_laws(w, node);
    char got = letter(w, node);
    free_world(w);
    return got;
}

static void all_combinations(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (int recorded = 0; recorded < RECORDED; recorded++)
        for (int change = 0; change < CHANGES; change++) {
            char got[7] = "";
            for (size_t seen = 0; seen < LAB_ARRAY_LEN(powers); seen++)
                got[seen] = decide((enum recorded)recorded, (enum change)change, seen);
            if (strcmp(got, expected[recorded][change]) == 0)
                continue;
            print_error("%s, %s: %s, not %s\n", recorded_names[recorded], change_names[change], got,
                        expected[recorded][change]);
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

static void a_vm_that_is_not_listed_is_absent(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    plan_fine(w);
    assert_action(w, "web-01", "create", "");
    assert_null(planned(w, "web-01")->record);
    assert_notes(w, "");
    free_world(w);
}

/* --- reasons ------------------------------------------------------------------------------------
 */

static void resources_are_told_in_numbers(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_done(w, "web-01", LAB_ROLE_NONE);
    struct lab_node *node = node_of(w, "web-01");
    node->cpu = 4;
    node->memory_mib = 4096;
    node->disk_bytes = 60 * GIB;
    plan_fine(w);
    assert_string_equal(planned(w, "web-01")->reason,
                        "cpu 2 -> 4; memory 2 GiB -> 4 GiB; disk 40 GiB -> 60 GiB");
    node->cpu = 2;
    node->memory_mib = 2048;
    node->disk_bytes = 40 * GIB + 512;
    plan_fine(w);
    assert_string_equal(planned(w, "web-01")->reason, "disk 42949672960 -> 42949673472 bytes");
    /* What was never recorded cannot have changed. */
    w->records.list.items[0].cpu = 0;
    w->records.list.items[0].memory_mib = 0;
    w->records.list.items[0].disk_bytes = 0;
    plan_fine(w);
    assert_action(w, "web-01", "keep", "");
    free_world(w);
}

static void all_refusals_are_told(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_done(w, "a", LAB_ROLE_NONE);
    add_done(w, "b", LAB_ROLE_NONE);
    add_done(w, "c", LAB_ROLE_NONE);
    w->image_sum = SUM2;
    node_of(w, "a")->disk_bytes = 20 * GIB;
    node_of(w, "a")->nics.items[0].ip = NET + 77;
    w->vms.list.items[2].ours = false;
    assert_int_equal(make_plan(w), -1);
    assert_int_equal(w->err.code, LAB_CONFLICT); /* the worse one */
    assert_string_equal(
        w->err.message,
        "node 'a': its address on network 'default' would move from 192.168.6.10 to 192.168.6.77 "
        "(`ip: 192.168.6.10` or the group's `start` keeps it); its disk cannot become smaller (40 "
        "GiB -> 20 GiB); image changed: `labctl up --recreate a` makes it anew\n"
        "node 'b': image changed: `labctl up --recreate b` makes it anew\n"
        "node 'c': a VM of this name is there and was not made by labctl (domain c at "
        "qemu:///system): remove or rename it, or change the node's name");
    assert_has(w->err.hint, "nothing was changed");
    assert_int_equal(w->plan.nodes.len, 3); /* filled, for `plan` */
    free_world(w);
}

static void a_stranger_is_named(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    struct lab_vm_state *vm = add_vm(w, "web-01", LAB_POWER_OFF);
    vm->ours = false;
    lab_assign(&vm->owner_lab, "demo");
    assert_int_equal(make_plan(w), -1);
    assert_has(w->err.message, "belongs to lab 'demo' (domain web-01 at qemu:///system)");
    lab_assign(&vm->owner_lab, "airgap");
    assert_int_equal(make_plan(w), -1);
    assert_has(w->err.message, "another lab that is called 'airgap', too");
    free_world(w);
}

static void addresses_are_compared_nic_by_nic(void **state)
{
    (void)state;
    struct world *w = new_world();
    struct lab_network *second = lab_vec_push(&w->spec->networks);
    second->name = lab_strdup("store");
    add_node(w, "web-01", LAB_ROLE_NONE);
    struct lab_node *node = node_of(w, "web-01");
    *lab_vec_push(&node->nics) = (struct lab_nic){.network = 0, .ip = NET + 50};
    *lab_vec_push(&node->nics) = (struct lab_nic){.network = 1};
    record_node(w, "web-01", true, true, true);
    add_vm(w, "web-01", LAB_POWER_ON);
    plan_fine(w);
    assert_action(w, "web-01", "keep", "");

    node->nics.items[1].ip = NET + 51; /* the second NIC of the same network */
    assert_int_equal(make_plan(w), -1);
    assert_has(w->err.message, "from 192.168.6.50 to 192.168.6.51");
    node->nics.items[1].ip = NET + 50;

    /* A NIC less: not moved, but provisioned from another network configuration. */
    node->nics.len = 2;
    assert_int_equal(make_plan(w), -1);
    assert_has(w->err.message, "node 'web-01': networks changed: ");
    free_world(w);
}

static void unfinished_nodes_say_what_is_missing(void **state)
{
    (void)state;
    const struct {
        bool provisioned, detached, restarted, seed;
        enum lab_power power;
        const char *reason;
    } cases[] = {
        {false, false, false, true, LAB_POWER_ON, "not through cloud-init yet"},
        {false, false, false, true, LAB_POWER_OFF, "not through cloud-init yet; its VM is off"},
        {true, false, false, true, LAB_POWER_ON, "its media are not detached yet"},
        {true, true, false, false, LAB_POWER_PAUSED,
         "not restarted since its media were detached; its VM is paused"},
        {true, true, true, true, LAB_POWER_ON, "a medium is attached again"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        struct world *w = new_world();
        add_node(w, "web-01", LAB_ROLE_NONE);
        record_node(w, "web-01", cases[i].provisioned, cases[i].detached, cases[i].restarted);
        add_vm(w, "web-01", cases[i].power)->seed_attached = cases[i].seed;
        plan_fine(w);
        assert_action(w, "web-01", "resume", "");
        assert_string_equal(planned(w, "web-01")->reason, cases[i].reason);
        free_world(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_combinations),
        cmocka_unit_test(a_vm_that_is_not_listed_is_absent),
        cmocka_unit_test(resources_are_told_in_numbers),
        cmocka_unit_test(all_refusals_are_told),
        cmocka_unit_test(a_stranger_is_named),
        cmocka_unit_test(addresses_are_compared_nic_by_nic),
        cmocka_unit_test(unfinished_nodes_say_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
