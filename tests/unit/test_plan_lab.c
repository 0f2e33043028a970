/* The plan of a whole lab: order, removed nodes, --target, --recreate, notes. */
#include "test_plan_fixture.h"

/* A master and two workers, all up. */
static struct world *cluster(void)
{
    struct world *w = new_world();
    add_done(w, "m1", LAB_ROLE_MASTER);
    add_done(w, "w1", LAB_ROLE_WORKER);
    add_done(w, "w2", LAB_ROLE_WORKER);
    return w;
}

/* "name=action" with a minus behind it when it is not targeted. */
static void assert_plan(struct world *w, const char *expected)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (n, &w->plan.nodes)
        lab_str_addf(&text, "%s%s=%s%s", text.len ? " " : "", n->name, lab_action_name(n->action),
                     n->targeted ? "" : "-");
    assert_string_equal(lab_str_get(&text), expected);
}

static void every_action_has_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"keep",      "create", "resume", "start", "modify",
                                        "provision", "remove", "orphan", "refuse"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++)
        assert_string_equal(lab_action_name((enum lab_action)i), names[i]);
}

static void nothing_to_do(void **state)
{
    (void)state;
    struct world *w = cluster();
    plan_fine(w);
    assert_plan(w, "m1=keep w1=keep w2=keep");
    assert_false(w->plan.changes);
    assert_notes(w, "");
    free_world(w);
}

static void growth_leaves_the_others_alone(void **state)
{
    (void)state;
    struct world *w = cluster();
    add_node(w, "w3", LAB_ROLE_WORKER);
    plan_fine(w);
    assert_plan(w, "m1=keep w1=keep w2=keep w3=create");
    assert_true(w->plan.changes);
    free_world(w);
}

static void removed_nodes_stay_unless_pruned(void **state)
{
    (void)state;
    struct world *w = cluster();
    drop_node(w, "w1");
    plan_fine(w);
    assert_plan(w, "m1=keep w2=keep w1=orphan");
    assert_action(w, "w1", "orphan", "no longer in lab.yaml; `labctl up --prune`");
    assert_false(w->plan.changes);
    assert_null(planned(w, "w1")->node);
    assert_ptr_equal(planned(w, "w1")->record, &w->records.list.items[1]);
    w->options.prune = true;
    plan_fine(w);
    assert_plan(w, "m1=keep w2=keep w1=remove");
    assert_string_equal(planned(w, "w1")->reason, "no longer in lab.yaml");
    assert_true(w->plan.changes);
    free_world(w);
}

static void a_strangers_vm_does_not_stop_the_pruning(void **state)
{
    (void)state;
    struct world *w = cluster();
    drop_node(w, "w1");
    w->vms.list.items[1].ours = false;
    w->options.prune = true;
    plan_fine(w);
    assert_plan(w, "m1=keep w2=keep w1=remove");
    assert_notes(w, "the record has a node 'w1', but the VM of that name is not this lab's\n");
    free_world(w);
}

static void only_targets_act(void **state)
{
    (void)state;
    static const char *const targets[] = {"w2", "w1"};
    struct world *w = cluster();
    node_of(w, "w1")->cpu = 4;
    node_of(w, "m1")->cpu = 4;
    w->options.targets = targets;
    w->options.targets_len = 1;
    plan_fine(w);
    assert_plan(w, "m1=modify- w1=modify- w2=keep");
    assert_false(w->plan.changes); /* what is put off is no change */
    w->options.targets_len = 2;
    plan_fine(w);
    assert_plan(w, "m1=modify- w1=modify w2=keep");
    assert_true(w->plan.changes);

    /* What cannot be done elsewhere does not stop a target. */
    node_of(w, "m1")->disk_bytes = GIB;
    plan_fine(w);
    assert_plan(w, "m1=refuse- w1=modify w2=keep");
    free_world(w);
}

static void a_removed_node_can_be_a_target(void **state)
{
    (void)state;
    static const char *const targets[] = {"w1"};
    struct world *w = cluster();
    drop_node(w, "w1");
    w->options.prune = true;
    w->options.targets = targets;
    w->options.targets_len = 1;
    plan_fine(w);
    assert_plan(w, "m1=keep- w2=keep- w1=remove");
    free_world(w);
}

static void unknown_names(void **state)
{
    (void)state;
    static const char *const names[] = {"w1", "w9", "somewhere"};
    static const char *const far[] = {"somewhere"};
    struct world *w = cluster();
    w->options.targets = names;
    w->options.targets_len = 3;
    assert_int_equal(make_plan(w), -1);
    assert_int_equal(w->err.code, LAB_USAGE);
    assert_string_equal(w->err.message, "--target: this lab has no node 'w9', 'somewhere'");
    assert_has(w->err.hint, "did you mean 'w");
    assert_int_equal(w->plan.nodes.len, 0);
    w->options.targets_len = 0;
    w->options.recreate = far;
    w->options.recreate_len = 1;
    assert_int_equal(make_plan(w), -1);
    assert_int_equal(w->err.code, LAB_USAGE);
    assert_string_equal(w->err.message, "--recreate: this lab has no node 'somewhere'");
    assert_string_equal(w->err.hint, "nodes are: m1, w1, w2");
    free_world(w);
}

/* Only what lab.yaml describes can be made anew. */
static void a_removed_node_cannot_be_recreated(void **state)
{
    (void)state;
    static const char *const names[] = {"w1"};
    struct world *w = cluster();
    drop_node(w, "w1");
    w->options.recreate = names;
    w->options.recreate_len = 1;
    assert_int_equal(make_plan(w), -1);
    assert_has(w->err.message, "no node 'w1'");
    free_world(w);
}

static void recreate_some_or_all(void **state)
{
    (void)state;
    static const char *const names[] = {"w2"};
    struct world *w = cluster();
    add_node(w, "w3", LAB_ROLE_WORKER);
    w->options.recreate = names;
    w->options.recreate_len = 1;
    plan_fine(w);
    assert_plan(w, "m1=keep w1=keep w2=provision w3=create");
    w->options = (struct lab_plan_options){.recreate_all = true};
    plan_fine(w);
    assert_plan(w, "m1=provision w1=provision w2=provision w3=create");
    w->options.targets = names;
    w->options.targets_len = 1;
    plan_fine(w);
    assert_plan(w, "m1=provision- w1=provision- w2=provision w3=create-");
    free_world(w);
}

static void recreate_and_target_must_agree(void **state)
{
    (void)state;
    static const char *const names[] = {"w1"}, *const targets[] = {"w2"};
    struct world *w = cluster();
    w->options = (struct lab_plan_options){targets, 1, names, 1, false, false};
    assert_int_equal(make_plan(w), -1);
    assert_int_equal(w->err.code, LAB_USAGE);
    assert_has(w->err.message, "'w1'");
    assert_has(w->err.hint, "--target w1");
    free_world(w);
}

/* --- notes
 * ---------------------------------------------------------------------------------------- */

static void what_differs_is_said(void **state)
{
    (void)state;
    struct world *w = cluster();
    w->vms.list.items[0].cpu = 4;
    w->vms.list.items[0].memory_mib = 3072;
    w->vms.list.items[1].payload_attached = true;
    w->vms.list.items[2].power = LAB_POWER_ABSENT;
    add_vm(w, "old", LAB_POWER_OFF);
    add_vm(w, "other", LAB_POWER_ON)->ours = false; /* not ours, not asked for: no word */
    plan_fine(w);
    assert_plan(w, "m1=keep w1=resume w2=create");
    assert_notes(w,
                 "VM 'm1' has 4 CPUs; labctl gave it 2\n"
                 "VM 'm1' has 3 GiB of memory; labctl gave it 2 GiB\n"
                 "VM 'w1' has the payload ISO attached, which labctl had detached\n"
                 "VM 'w2' was there but is gone from the hypervisor\n"
                 "VM 'old' carries this lab's tag, but neither lab.yaml nor the ledger knows it: "
                 "domain old at qemu:///system\n");
    free_world(w);
}

static void a_vm_that_never_was_is_not_missed(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    struct lab_node_record *r = record_node(w, "web-01", false, false, false);
    plan_fine(w);
    assert_action(w, "web-01", "create", "");
    assert_notes(w, "");
    lab_assign(&r->boot_id, "b1"); /* it ran */
    plan_fine(w);
    assert_action(w, "web-01", "create", "gone from the hypervisor");
    assert_notes(w, "VM 'web-01' was there but is gone from the hypervisor\n");
    free_world(w);
}

static void another_generation_is_said(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    record_node(w, "web-01", false, false, false);
    lab_assign(&add_vm(w, "web-01", LAB_POWER_ON)->generation, "g0");
    plan_fine(w);
    assert_action(w, "web-01", "provision", "an earlier provisioning");
    assert_notes(w, "VM 'web-01' carries generation g0; the ledger says g1\n");
    free_world(w);
}

static void an_unrecorded_vm_is_said(void **state)
{
    (void)state;
    struct world *w = new_world();
    add_node(w, "web-01", LAB_ROLE_NONE);
    add_vm(w, "web-01", LAB_POWER_ON);
    plan_fine(w);
    assert_action(w, "web-01", "provision", "never recorded");
    assert_notes(w, "VM 'web-01' carries this lab's tag, but the ledger does not know it\n");
    free_world(w);
}

static void workers_of_a_lost_master_are_named(void **state)
{
    (void)state;
    static const char *const names[] = {"m1"};
    struct world *w = cluster();
    w->options.recreate = names;
    w->options.recreate_len = 1;
    plan_fine(w);
    assert_int_equal(w->plan.notes.len, 1);
    assert_has(w->plan.notes.items[0], "the only master 'm1'");
    w->options = (struct lab_plan_options){.recreate_all = true};
    plan_fine(w);
    assert_notes(w, "");

    /* With other masters the cluster lives on. */
    add_done(w, "m2", LAB_ROLE_MASTER);
    add_done(w, "m3", LAB_ROLE_MASTER);
    w->options = (struct lab_plan_options){.recreate = names, .recreate_len = 1};
    plan_fine(w);
    assert_notes(w, "");
    free_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_has_its_name),
        cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(growth_leaves_the_others_alone),
        cmocka_unit_test(removed_nodes_stay_unless_pruned),
        cmocka_unit_test(a_strangers_vm_does_not_stop_the_pruning),
        cmocka_unit_test(only_targets_act),
        cmocka_unit_test(a_removed_node_can_be_a_target),
        cmocka_unit_test(unknown_names),
        cmocka_unit_test(a_removed_node_cannot_be_recreated),
        cmocka_unit_test(recreate_some_or_all),
        cmocka_unit_test(recreate_and_target_must_agree),
        cmocka_unit_test(what_differs_is_said),
        cmocka_unit_test(a_vm_that_never_was_is_not_missed),
        cmocka_unit_test(another_generation_is_said),
        cmocka_unit_test(an_unrecorded_vm_is_said),
        cmocka_unit_test(workers_of_a_lost_master_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
