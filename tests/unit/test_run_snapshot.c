/* What snapshots refuse, and what is left when one fails, with a hypervisor that is a few functions
 * of the test. Nodes are off, so that no guest is needed; the rest is tests/snapshot/check and
 * tests/crash/run. */
#include "run_fixture.h"

#include "run/cut.h"
#include "run/power.h"
#include "run/snapshot.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"              \
    "nodes:\n"                                                                                     \
    "  - {name: n1, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: [default]}\n"                   \
    "  - {name: n2, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: [default]}\n"

/* --- the hypervisor -----------------------------------------------------------------------------
 */

static struct {
    enum lab_power power; /* of n1; n2 is off */
    bool memory_kept;     /* of n2 */
    bool none;            /* it has no snapshots at all */
    const char *full;     /* this node's cannot be made */
    char there[2][256];   /* names, each with a line break */
    char acts[512];
} hv;

static char *there_of(const char *node)
{
    return hv.there[strcmp(node, "n2") == 0];
}

static void note(const char *act, const char *node)
{
    size_t n = strlen(hv.acts);
    snprintf(hv.acts + n, sizeof(hv.acts) - n, "%s %s\n", act, node);
}

static int query(struct lab_provider *p,
                 const char *const *names,
                 size_t n,
                 struct lab_vm_states *out,
                 struct lab_error *err)
{
    (void)p, (void)err;
    for (size_t i = 0; i < n; i++) {
        struct lab_vm_state *vm = lab_vec_push(&out->list);
        vm->name = lab_strdup(names[i]);
        vm->ours = true;
        vm->power = strcmp(names[i], "n1") == 0 ? hv.power : LAB_POWER_OFF;
    }
    return 0;
}

static int snapshots(struct lab_provider *p,
                     const char *name,
                     struct lab_vm_snapshots *out,
                     struct lab_error *err)
{
    (void)p;
    if (hv.none)
        return lab_fail(err, LAB_HYPERVISOR, "it has no snapshots");
    out->memory_kept = hv.memory_kept && strcmp(name, "n2") == 0;
    for (const char *at = there_of(name); *at; at += strcspn(at, "\n") + 1)
        *lab_vec_push(&out->names) = lab_strndup(at, strcspn(at, "\n"));
    return 0;
}

static int
snapshot(struct lab_provider *p, const char *name, const char *handle, struct lab_error *err)
{
    (void)p;
    note("make", name);
    if (hv.full && strcmp(hv.full, name) == 0)
        return lab_fail(err, LAB_HOST, "No space left on device");
    strcat(strcat(there_of(name), handle), "\n");
    return 0;
}

static int
revert(struct lab_provider *p, const char *name, const char *handle, struct lab_error *err)
{
    (void)p, (void)handle, (void)err;
    note("revert", name);
    return 0;
}

static int
delete_snapshot(struct lab_provider *p, const char *name, const char *handle, struct lab_error *err)
{
    (void)p, (void)handle, (void)err;
    note("delete", name);
    there_of(name)[0] = '\0';
    return 0;
}

/* --- the lab ------------------------------------------------------------------------------------
 */

static struct lab_run *lab(void **state)
{
    struct fixture *f = *state;
    memset(&hv, 0, sizeof(hv));
    hv.power = LAB_POWER_OFF;
    f->ops.name = "fake";
    f->ops.query = query;
    f->ops.snapshots = snapshots;
    f->ops.snapshot = snapshot;
    f->ops.revert = revert;
    f->ops.delete_snapshot = delete_snapshot;
    fixture_lab(f, LAB);
    LAB_VEC_FOREACH (r, &f->run.records.list) {
        r->generation = lab_format("%s-1", r->name);
        r->detached = r->restarted = r->provisioned = true;
    }
    return &f->run;
}

static void create(struct lab_run *run, const char *name)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_report report = {0};
    LAB_AUTOFREE char *made = NULL;
    must(lab_snapshot_create(run, name, &made, &report, &err), &err);
    assert_string_equal(made, name);
    lab_report_clear(&report);
    hv.acts[0] = '\0';
}

static void create_fails(
    struct lab_run *run, const char *name, enum lab_code code, const char *words, const char *hint)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_report report = {0};
    LAB_AUTOFREE char *made = NULL;
    must_fail(lab_snapshot_create(run, name, &made, &report, &err), &err, code, words, hint);
    lab_report_clear(&report);
}

static void
restore_fails(struct lab_run *run, enum lab_code code, const char *words, const char *hint)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_report report = {0};
    must_fail(lab_snapshot_restore(run, "a", true, &report, &err), &err, code, words, hint);
    lab_report_clear(&report);
    assert_string_equal(hv.acts, "");
}

static void mark(struct lab_run *run, enum lab_snapshot_state state)
{
    struct lab_error err = LAB_ERROR_INIT;
    must(lab_state_snapshot_mark(run->state, "a", NULL, state, &err), &err);
}

/* "STATE NOTE" of the only one; "": there is none. */
static void assert_listed(struct lab_run *run, const char *wanted)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_snapshot_list list = {{0}};
    must(lab_snapshot_list(run, &list, &err), &err);
    LAB_AUTOFREE char *text =
        list.rows.len ? lab_format("%s %s", list.rows.items[0].state,
                                   list.rows.items[0].note ? list.rows.items[0].note : "")
                      : lab_strdup("");
    if (strncmp(text, wanted, strlen(wanted)) != 0 || (!*wanted && *text))
        fail_msg("listed is '%s', not '%s'", text, wanted);
    lab_snapshot_list_clear(&list);
}

/* --- create -------------------------------------------------------------------------------------
 */

static void what_is_not_settled_is_not_kept(void **state)
{
    struct lab_run *run = lab(state);
    create_fails(run, "A", LAB_USAGE, "cannot be the name", "a-z");
    run->records.list.items[1].restarted = false;
    create_fails(run, "a", LAB_CONFLICT, "not proved, on n2", "labctl up");
    run->records.list.items[1].restarted = true;
    hv.memory_kept = true;
    create_fails(run, "a", LAB_CONFLICT,
                 "memory is kept beside the disk (suspended, or a managed save) of n2",
                 "labctl start");
    hv.none = true;
    create_fails(run, "a", LAB_HYPERVISOR, "it has no snapshots", NULL);
    assert_string_equal(hv.acts, "");
    hv.none = hv.memory_kept = false;
    assert_listed(run, "");
}

static void a_name_is_taken_once(void **state)
{
    struct lab_run *run = lab(state);
    create(run, "a");
    assert_listed(run, "ready ");
    create_fails(run, "a", LAB_CONFLICT, "there is a snapshot 'a' already", "snapshot delete a");
    mark(run, LAB_SNAPSHOT_RESTORING);
    create_fails(run, "b", LAB_CONFLICT, "restore of snapshot 'a' was cut off",
                 "snapshot restore a");
    assert_string_equal(hv.acts, "");
}

static void one_that_fails_leaves_nothing(void **state)
{
    struct lab_run *run = lab(state);
    hv.full = "n2";
    create_fails(run, "a", LAB_HOST, "No space left", NULL);
    assert_string_equal(hv.acts, "make n1\nmake n2\ndelete n1\ndelete n2\n");
    assert_listed(run, "");
}

/* What a killed one left is deleted by its own name, and then made anew by another. */
static void what_is_half_made_is_made_anew(void **state)
{
    struct lab_run *run = lab(state);
    create(run, "a");
    mark(run, LAB_SNAPSHOT_MAKING);
    assert_listed(run, "half-made 'labctl snapshot delete a' removes it");
    LAB_AUTOFREE char *before = lab_strdup(hv.there[0]);
    create(run, "a");
    assert_listed(run, "ready ");
    assert_string_not_equal(before, hv.there[0]);
    assert_int_equal(strlen(before), strlen(hv.there[0])); /* one, not two */
}

static void a_node_that_was_cut_off_is_told(void **state)
{
    struct fixture *f = *state;
    struct lab_run *run = lab(state);
    struct lab_error err = LAB_ERROR_INIT;
    must(lab_note_cut(run, "n2", true, &err), &err);
    create(run, "a");
    assert_non_null(
        strstr(f->warnings, "the power of n2 was cut: its disk is kept as after a loss"));
    must(lab_note_cut(run, "n2", false, &err), &err);
    assert_false(lab_was_cut(run, "n2"));
    assert_listed(run, "ready as after a loss of power: n2");
}

/* --- restore ------------------------------------------------------------------------------------
 */

static void another_lab_is_not_set_back(void **state)
{
    struct lab_run *run = lab(state);
    create(run, "a");
    struct lab_node_record *n2 = &run->records.list.items[1];
    LAB_AUTOFREE char *generation = lab_steal(&n2->generation);
    n2->generation = lab_strdup("n2-2");
    restore_fails(run, LAB_CONFLICT, "node 'n2' was made anew since", "snapshot delete a");
    assert_listed(run, "unusable node 'n2' was made anew since");
    lab_assign(&n2->generation, generation);
    struct lab_node_record *n3 = lab_vec_push(&run->records.list);
    n3->name = lab_strdup("n3");
    n3->restarted = n3->detached = true;
    restore_fails(run, LAB_CONFLICT, "node 'n3' was added since", "remove what was added");
    lab_assign(&n3->name, "n2");
    lab_assign(&n3->generation, "n2-1");
    lab_assign(&run->records.list.items[1].name, "n4");
    restore_fails(run, LAB_CONFLICT, "node 'n4' is not in ", NULL);
}

static void other_nics_and_lost_snapshots_are_told(void **state)
{
    struct lab_run *run = lab(state);
    create(run, "a");
    restore_fails(run, LAB_CONFLICT, "node 'n1' has other NICs", NULL);
    LAB_VEC_FOREACH (r, &run->records.list)
        lab_vec_push(&r->nics)->network = lab_strdup("default");
    hv.there[1][0] = '\0';
    restore_fails(run, LAB_CONFLICT, "node 'n2': the hypervisor has no snapshot 'labctl-a-", NULL);
    assert_listed(run, "unusable node 'n2': the hypervisor has no snapshot");
    struct lab_spec *spec = lab_steal(&run->spec);
    restore_fails(run, LAB_USAGE, "which cannot be read here", "-f");
    run->spec = spec;
    mark(run, LAB_SNAPSHOT_MAKING);
    restore_fails(run, LAB_CONFLICT, "is half-made", "snapshot delete a");
    mark(run, LAB_SNAPSHOT_REMOVING);
    restore_fails(run, LAB_CONFLICT, "is half-deleted", "snapshot delete a");
}

/* --- a restore that was cut off -----------------------------------------------------------------
 */

static void its_intent_is_not_forgotten(void **state)
{
    struct fixture *f = *state;
    struct lab_run *run = lab(state);
    struct lab_error err = LAB_ERROR_INIT;
    create(run, "a");
    mark(run, LAB_SNAPSHOT_RESTORING);
    assert_listed(run, "restore cut off 'labctl snapshot restore a' finishes it");
    must_fail(lab_snapshot_delete(run, "a", &err), &err, LAB_CONFLICT,
              "some disks are of then, others of now", "up --recreate");
    const char *target = "n1";
    f->options.targets = &target;
    f->options.targets_len = 1;
    must_fail(lab_snapshot_settle(run, &err), &err, LAB_CONFLICT, "is of all nodes",
              "without --target");
    f->options.targets_len = 0;
    lab_assign(&run->records.list.items[1].generation, "n2-2");
    must_fail(lab_snapshot_settle(run, &err), &err, LAB_CONFLICT, "node 'n2' was made anew since",
              "up --recreate");
    assert_string_equal(hv.acts, "");
    assert_listed(run, "restore cut off");
}

/* Then no disk is left that it was about. */
static void its_intent_ends_with_the_last_of_its_disks(void **state)
{
    struct lab_run *run = lab(state);
    struct lab_error err = LAB_ERROR_INIT;
    create(run, "a");
    mark(run, LAB_SNAPSHOT_RESTORING);
    LAB_VEC_FOREACH (r, &run->records.list)
        lab_assign(&r->generation, "anew");
    must(lab_snapshot_settle(run, &err), &err);
    assert_listed(run, "unusable node 'n1' was made anew since");
    must(lab_snapshot_delete(run, "a", &err), &err);
    assert_string_equal(hv.acts, "delete n1\ndelete n2\n");
    assert_listed(run, "");
}

/* --- delete -------------------------------------------------------------------------------------
 */

static void a_hypervisor_that_deletes_while_off_is_heeded(void **state)
{
    struct fixture *f = *state;
    struct lab_run *run = lab(state);
    struct lab_error err = LAB_ERROR_INIT;
    create(run, "a");
    must_fail(lab_snapshot_delete(run, "b", &err), &err, LAB_USAGE, "no snapshot 'b'",
              "there are: a");
    f->ops.deletes_while_off = true;
    hv.power = LAB_POWER_ON;
    must_fail(lab_snapshot_delete(run, "a", &err), &err, LAB_CONFLICT, "these are on: n1",
              "labctl stop");
    assert_string_equal(hv.acts, "");
    hv.power = LAB_POWER_OFF;
    must(lab_snapshot_delete(run, "a", &err), &err);
    assert_listed(run, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(what_is_not_settled_is_not_kept),
        fixture_test(a_name_is_taken_once),
        fixture_test(one_that_fails_leaves_nothing),
        fixture_test(what_is_half_made_is_made_anew),
        fixture_test(a_node_that_was_cut_off_is_told),
        fixture_test(another_lab_is_not_set_back),
        fixture_test(other_nics_and_lost_snapshots_are_told),
        fixture_test(its_intent_is_not_forgotten),
        fixture_test(its_intent_ends_with_the_last_of_its_disks),
        fixture_test(a_hypervisor_that_deletes_while_off_is_heeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
