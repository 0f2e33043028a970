/* How far all nodes are, and the time left: only by what the same work took before. */
#include "run_fixture.h"

#include "run/estimate.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n"                                                         \
    "networks:\n  default:\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"              \
    "nodes:\n  - {name: n%d, replicas: 3, cpu: 1, memory: 1Gi, disk_size: 4Gi, "                   \
    "networks: [default]}\n"

enum { DEFINED_MS = 1000, ADDRESS_MS = 60000, LOGIN_MS = 9000 };

static const unsigned gates =
    LAB_GATE_BIT(LAB_GATE_DEFINED) | LAB_GATE_BIT(LAB_GATE_ADDRESS) | LAB_GATE_BIT(LAB_GATE_LOGIN);

/* Three nodes at the address gate since a second; the clock of the test says 1000000. */
static struct lab_ladder *climbing(struct fixture *f)
{
    struct lab_ladder *l = &f->ladder;
    fixture_lab(f, LAB);
    l->kind = LAB_LADDER_UP;
    l->last = LAB_GATE_READY;
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *c = &l->climbs[i];
        c->gates = gates;
        c->gate = LAB_GATE_ADDRESS;
        c->reached_ms = 999000;
        c->took_ms[LAB_GATE_DEFINED] = DEFINED_MS;
        c->took_ms[LAB_GATE_ADDRESS] = ADDRESS_MS;
        c->took_ms[LAB_GATE_LOGIN] = LOGIN_MS * (i + 1);
    }
    lab_estimate_load(l);
    return l;
}

static struct lab_overall look(struct lab_ladder *l, uint64_t now)
{
    struct lab_overall o;
    lab_estimate_load(l);
    lab_estimate_overall(l, now, &o);
    return o;
}

static void the_first_time_nothing_is_estimated(void **state)
{
    struct lab_overall o = look(climbing(*state), 1000000);
    assert_int_equal(o.left_ms, -1);
    assert_int_equal(o.gates, 9);
    assert_int_equal(o.gates_passed, 3);
    assert_int_equal(o.nodes, 3);
    assert_int_equal(o.nodes_done + o.nodes_failed, 0);
}

static void the_slowest_node_decides(void **state)
{
    struct lab_ladder *l = climbing(*state);
    lab_estimate_save(l);
    assert_int_equal(look(l, 1000000).left_ms, ADDRESS_MS - 1000 + 3 * LOGIN_MS);
    l->climbs[2].end = LAB_CLIMB_DONE;
    l->climbs[2].gate = LAB_GATE_COUNT;
    struct lab_overall o = look(l, 1000000);
    assert_int_equal(o.left_ms, ADDRESS_MS - 1000 + 2 * LOGIN_MS);
    assert_int_equal(o.nodes_done, 1);
    assert_int_equal(o.gates_passed, 5);
}

static void other_work_is_not_compared(void **state)
{
    struct lab_ladder *l = climbing(*state);
    lab_estimate_save(l);
    l->climbs[1].provision = true;
    assert_int_equal(look(l, 1000000).left_ms, -1);
    l->climbs[1].provision = false;
    l->climbs[1].gates |= LAB_GATE_BIT(LAB_GATE_K3S);
    assert_int_equal(look(l, 1000000).left_ms, -1);
    l->climbs[1].gates = gates;
    l->kind = LAB_LADDER_RESTART;
    assert_int_equal(look(l, 1000000).left_ms, -1);
}

static void a_new_node_takes_as_long_as_the_slowest(void **state)
{
    struct lab_ladder *l = climbing(*state);
    l->len = 2;
    lab_estimate_save(l);
    l->len = 3;
    for (size_t i = 0; i < 2; i++) {
        l->climbs[i].end = LAB_CLIMB_DONE;
        l->climbs[i].gate = LAB_GATE_COUNT;
    }
    assert_int_equal(look(l, 1000000).left_ms, ADDRESS_MS - 1000 + 2 * LOGIN_MS);
}

static void longer_than_last_time_is_said_only_when_it_is(void **state)
{
    struct lab_ladder *l = climbing(*state);
    lab_estimate_save(l);
    for (size_t i = 0; i < l->len; i++)
        l->climbs[i].gate = LAB_GATE_LOGIN;
    assert_int_equal(look(l, 999000 + 3 * LOGIN_MS - 500).left_ms, 500);
    l->climbs[0].reached_ms = l->climbs[1].reached_ms = 999000 + 3 * LOGIN_MS;
    l->climbs[0].end = l->climbs[1].end = LAB_CLIMB_DONE;
    assert_int_equal(look(l, 999000 + 3 * LOGIN_MS + 2000).left_ms, -1);
    assert_int_equal(look(l, 999000 + 3 * LOGIN_MS + 20000).left_ms, 0);
}

static void an_interrupted_node_has_not_failed(void **state)
{
    struct lab_ladder *l = climbing(*state);
    l->climbs[0].end = l->climbs[1].end = LAB_CLIMB_BLOCKED;
    lab_fail(&l->climbs[1].error, LAB_GUEST, "its master failed");
    assert_int_equal(look(l, 1000000).nodes_failed, 1);
}

/* A node is provisioned no more once it is defined, and one that went off is powered on as well. */
static void what_it_set_out_to_do_is_compared(void **state)
{
    struct lab_ladder *l = climbing(*state);
    l->climbs[0].provision = true;
    lab_estimate_load(l);
    l->climbs[0].provision = false;
    l->climbs[0].gates |= LAB_GATE_BIT(LAB_GATE_POWERED);
    lab_estimate_save(l);
    l->climbs[0].provision = true;
    l->climbs[0].gates = gates;
    assert_int_equal(look(l, 1000000).left_ms, ADDRESS_MS - 1000 + 3 * LOGIN_MS);
}

static void a_watcher_teaches_nothing(void **state)
{
    struct lab_ladder *l = climbing(*state);
    l->observe = true;
    lab_estimate_save(l);
    assert_int_equal(look(l, 1000000).left_ms, -1);
}

static void foreign_records_are_none(void **state)
{
    struct lab_ladder *l = climbing(*state);
    static const char *const words[] = {"", "1,2", "x", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,-16",
                                        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};
    lab_estimate_save(l);
    struct lab_times times = {{0}};
    lab_times_of("airgap", &times);
    assert_int_equal(times.list.len, 3);
    for (size_t i = 0; i < LAB_ARRAY_LEN(words); i++) {
        LAB_VEC_FOREACH (row, &times.list)
            lab_assign(&row->took, words[i]);
        lab_times_put("airgap", &times);
        assert_int_equal(look(l, 1000000).left_ms, -1);
    }
    lab_times_clear(&times);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(the_first_time_nothing_is_estimated),
        fixture_test(the_slowest_node_decides),
        fixture_test(other_work_is_not_compared),
        fixture_test(a_new_node_takes_as_long_as_the_slowest),
        fixture_test(longer_than_last_time_is_said_only_when_it_is),
        fixture_test(an_interrupted_node_has_not_failed),
        fixture_test(what_it_set_out_to_do_is_compared),
        fixture_test(a_watcher_teaches_nothing),
        fixture_test(foreign_records_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
