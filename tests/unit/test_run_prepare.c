/* What the nodes share, prepared without a hypervisor. */
#include "run_fixture.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    bridge: VMnet1\n"                                                  \
    "    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"                                     \
    "nodes:\n  - {name: a, cpu: 1, memory: 1Gi, disk_size: 4Gi, networks: [default]}\n"

/* --- networks
 * ------------------------------------------------------------------------------------ */

static const char *net_owner;
static bool net_made;

static int net_answer(struct lab_provider *p,
                      const struct lab_net *net,
                      struct lab_net_state *out,
                      struct lab_error *err)
{
    (void)p;
    (void)err;
    *out = (struct lab_net_state){
        .name = lab_strdup(net->bridge), .made = net_made, .owner = lab_strdup(net_owner)};
    return 0;
}

/* How the network stands in the ledger after it was prepared: its detail, or NULL. */
static char *recorded_network(struct fixture *f, bool made, const char *owner)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_objects objects = {{0}};
    char *detail = NULL;
    net_made = made;
    net_owner = owner;
    f->ops.look_network = f->ops.ensure_network = net_answer;
    lab_net_state_clear(&f->ladder.nets[0]); /* of the last time */
    must(lab_preflight(&f->ladder, &err), &err);
    must(lab_prepare_networks(&f->ladder, &err), &err);
    must(lab_state_objects(f->run.state, &objects, &err), &err);
    LAB_VEC_FOREACH (o, &objects.list) {
        assert_int_equal(o->kind, LAB_OBJECT_NETWORK);
        assert_int_equal(o->state, LAB_OBJECT_PRESENT);
        assert_string_equal(o->name, "VMnet1");
        detail = lab_strdup(o->detail);
    }
    lab_objects_clear(&objects);
    return detail;
}

static void a_users_network_is_not_recorded(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB);
    assert_null(recorded_network(f, false, NULL));
}

/* Its maker may be torn down first; then only this record leads a teardown to it. */
static void a_network_of_another_lab_is_recorded(void **state)
{
    struct fixture *f = *state;
    fixture_lab(f, LAB);
    LAB_AUTOFREE char *shared = recorded_network(f, false, "b");
    assert_string_equal(shared, "shared");
    LAB_AUTOFREE char *made = recorded_network(f, true, NULL); /* handed over meanwhile */
    assert_string_equal(made, "made");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_users_network_is_not_recorded),
        fixture_test(a_network_of_another_lab_is_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
