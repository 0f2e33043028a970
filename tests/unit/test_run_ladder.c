/* Whole climbs with a hypervisor that is a table, and guests that never answer. */
#include "run_fixture.h"

#include <stdatomic.h>

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    bridge: VMnet1\n"                                                  \
    "    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"                                     \
    "nodes:\n  - {name: n%d, replicas: 7, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: "         \
    "[default]}\n"

enum { NODES = 7 };

/* What the hypervisor says of each node, and what it was asked to do. */
static struct vm {
    enum lab_power power;
    bool stranger;
    const char *generation;
    enum lab_code define_fails;
    atomic_uint defined, started;
} vms[NODES];
static bool silent;

static struct vm *vm_of(const char *name)
{
    return &vms[name[strlen(name) - 1] - '1'];
}

static int query(struct lab_provider *p,
                 const char *const *names,
                 size_t n,
                 struct lab_vm_states *out,
                 struct lab_error *err)
{
    (void)p;
    if (silent)
        return lab_fail(err, LAB_HYPERVISOR, "no answer");
    for (size_t i = 0; i < n; i++) {
        const struct vm *vm = vm_of(names[i]);
        *lab_vec_push(&out->list) = (struct lab_vm_state){.name = lab_strdup(names[i]),
                                                          .ours = !vm->stranger,
                                                          .power = vm->power,
                                                          .generation = lab_strdup(vm->generation)};
    }
    return 0;
}

static int define(struct lab_provider *p, const struct lab_vm *vm, struct lab_error *err)
{
    (void)p;
    struct vm *v = vm_of(vm->name);
    v->defined++;
    return v->define_fails ? lab_fail(err, v->define_fails, "the VM is held") : 0;
}

/* It says yes, and the VM is off again at once. */
static int start(struct lab_provider *p, const char *name, struct lab_error *err)
{
    (void)p, (void)err;
    vm_of(name)->started++;
    return 0;
}

static int destroy(struct lab_provider *p, const char *name, struct lab_error *err)
{
    (void)p, (void)name, (void)err;
    return 0;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* All seven, each up to the gates of its own; guests have an address that nothing is ever sent to.
 */
static void prepare(struct fixture *f)
{
    struct lab_error err = LAB_ERROR_INIT;
    memset(vms, 0, sizeof(vms));
    silent = false;
    f->ops = (struct lab_provider_ops){.query = query,
                                       .define = define,
                                       .start = start,
                                       .destroy = destroy,
                                       .put_medium = fixture_put_medium};
    fixture_lab(f, LAB);
    assert_int_equal(f->ladder.len, NODES);
    must(lab_prepare_keys(&f->run, &err), &err);
    f->ladder.base_refs[0] = lab_strdup("base");
    f->ladder.nets[0].name = lab_strdup("VMnet1");
    for (size_t i = 0; i < NODES; i++) {
        struct lab_climb *c = &f->ladder.climbs[i];
        LAB_AUTOFREE char *keys = lab_run_path(&f->run, "keys/%s", c->record->name);
        LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey key = {0};
        must(lab_sshkey_ensure(&key, keys, "test", &err), &err);
        *lab_vec_push(&c->record->nics) = (struct lab_nic_record){
            lab_strdup("default"), lab_strdup("255.255.255.255"), lab_strdup("02:00:00:00:00:01")};
        c->record->generation = lab_strdup("g2");
        c->record->memory_mib = 1024;
        c->record->cpu = 1;
        vms[i].generation = "g2";
        vms[i].power = LAB_POWER_OFF;
    }
}

static enum lab_code run(struct fixture *f)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    uv_timer_t timer;
    uv_timer_init(&f->run.loop, &timer);
    uv_timer_start(&timer, on_tick, 50, 50);
    int rc = lab_ladder_run(&f->ladder, &err);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&f->run.loop, UV_RUN_DEFAULT);
    assert_int_equal(rc, err.code == LAB_OK ? 0 : -1);
    return err.code;
}

static void ended(const struct fixture *f, size_t node, enum lab_climb_end end, unsigned starts)
{
    const struct lab_climb *c = &f->ladder.climbs[node];
    if (c->end != end || vms[node].started != starts)
        fail_msg("%s ended as %d after %u starts: %s", c->record->name, (int)c->end,
                 vms[node].started, c->error.message ? c->error.message : "no error");
}

static void failed(const struct fixture *f, size_t node, unsigned starts, const char *words)
{
    ended(f, node, LAB_CLIMB_FAILED, starts);
    assert_non_null(strstr(f->ladder.climbs[node].error.message, words));
}

/* --- a VM that goes off ------------------------------------------------------------------------
 */

static void a_vm_that_goes_off_is_started_once(void **state)
{
    static const char nobody[] = "though nobody here powered it off";
    enum { POWERED = LAB_GATE_BIT(LAB_GATE_POWERED), ADDRESS = LAB_GATE_BIT(LAB_GATE_ADDRESS) };
    enum { OFF = LAB_GATE_BIT(LAB_GATE_OFF), RESTARTED = LAB_GATE_BIT(LAB_GATE_RESTARTED) };
    static const struct {
        unsigned gates;
        bool provisioned;
    } cases[NODES] = {
        {ADDRESS, false},           /* was on when this command began */
        {ADDRESS | OFF, true},      /* is on its way to be off, and is so already */
        {ADDRESS | OFF, false},     /* has first to be whole */
        {POWERED | ADDRESS, false}, /* was started by this command */
        {POWERED | ADDRESS | OFF, true},
        {RESTARTED | LAB_GATE_BIT(LAB_GATE_SSH_AGAIN), true},
        {LAB_GATE_BIT(LAB_GATE_SSH_AGAIN), true}, /* the way down is behind it */
    };
    struct fixture *f = *state;
    prepare(f);
    for (size_t i = 0; i < NODES; i++) {
        f->ladder.climbs[i].gates = cases[i].gates;
        f->ladder.climbs[i].record->provisioned = cases[i].provisioned;
    }
    assert_int_equal(run(f), LAB_GUEST);
    failed(f, 0, 1, nobody);
    ended(f, 1, LAB_CLIMB_DONE, 0);
    failed(f, 2, 1, nobody);
    failed(f, 3, 1, nobody);
    failed(f, 4, 1, nobody);
    failed(f, 5, 1, nobody);
    failed(f, 6, 1, nobody);
    assert_non_null(strstr(f->warnings, "n1 went off: an earlier command may have told it to"));
    assert_non_null(strstr(f->warnings, "n2 went off"));
    assert_null(strstr(f->warnings, "n4 went off"));
    assert_null(strstr(f->warnings, "n6 went off"));
}

/* --- a VM that is held -------------------------------------------------------------------------
 */

static void a_vm_that_came_up_behind_our_back_is_as_it_should_be(void **state)
{
    struct fixture *f = *state;
    prepare(f);
    for (size_t i = 0; i < NODES; i++) {
        f->ladder.climbs[i].gates = LAB_GATE_BIT(LAB_GATE_DEFINED);
        vms[i].power = LAB_POWER_ON;
        vms[i].define_fails = LAB_HYPERVISOR;
    }
    vms[1].generation = "g1";
    vms[2].power = LAB_POWER_OFF;
    vms[3].stranger = true;
    vms[4].define_fails = LAB_CONFLICT;
    f->ladder.climbs[5].provision = true; /* it is to be another one */
    vms[6].generation = NULL;
    assert_int_equal(run(f), LAB_CONFLICT);
    ended(f, 0, LAB_CLIMB_DONE, 0);
    for (size_t i = 1; i < NODES; i++)
        failed(f, i, 0, "the VM is held");
    for (size_t i = 0; i < NODES; i++)
        assert_int_equal(vms[i].defined, 1);
}

static void a_hypervisor_that_does_not_answer_says_nothing_of_a_vm(void **state)
{
    struct fixture *f = *state;
    prepare(f);
    silent = true;
    for (size_t i = 0; i < NODES; i++) {
        f->ladder.climbs[i].gates = LAB_GATE_BIT(LAB_GATE_DEFINED);
        vms[i].power = LAB_POWER_ON;
        vms[i].define_fails = LAB_HYPERVISOR;
    }
    assert_int_equal(run(f), LAB_HYPERVISOR);
    for (size_t i = 0; i < NODES; i++)
        failed(f, i, 0, "the VM is held"); /* the cause, not that it could not be looked at */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_vm_that_goes_off_is_started_once),
        fixture_test(a_vm_that_came_up_behind_our_back_is_as_it_should_be),
        fixture_test(a_hypervisor_that_does_not_answer_says_nothing_of_a_vm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
