/* Who waits for whom among three masters: founding, joining, and never two members down at once. */
#include "run_fixture.h"

#include "run/order.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\npayload: {dir: ./p}\n"                                    \
    "networks:\n  default:\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"              \
    "nodes:\n  - {name: m%d, role: master, replicas: 3, cpu: 1, memory: 1Gi, disk_size: 4Gi, "     \
    "networks: [default]}\n"

static struct lab_climb *masters(struct fixture *f, enum lab_ladder_kind kind, bool members)
{
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    f->ladder.kind = kind;
    for (size_t i = 0; i < 3; i++) {
        struct lab_climb *c = &f->ladder.climbs[i];
        LAB_AUTOFREE char *key = lab_joined_key(c->record);
        c->record->role = LAB_ROLE_MASTER;
        c->record->generation = lab_strdup("g1");
        c->record->restarted = members;
        c->power = LAB_POWER_ON;
        if (members)
            must(lab_state_set(f->run.state, key, "g1", &err), &err);
    }
    return f->ladder.climbs;
}

static void anew(struct lab_climb *c)
{
    lab_assign(&c->record->generation, "g2");
    c->record->restarted = false;
}

static void new_masters_found_and_join_in_order(void **state)
{
    struct lab_climb *m = masters(*state, LAB_LADDER_UP, false);
    bool dead;
    assert_null(lab_hold_k3s(&m[0], &dead));
    assert_non_null(lab_hold_k3s(&m[1], &dead));
    assert_non_null(lab_hold_restart(&m[1], &dead));
    m[0].gate = LAB_GATE_READY;
    assert_null(lab_hold_k3s(&m[1], &dead));
    assert_non_null(lab_hold_restart(&m[1], &dead));
    m[0].end = LAB_CLIMB_DONE;
    assert_null(lab_hold_restart(&m[1], &dead));
}

/* Made anew beside two members: it must wait for them and join, not found a second cluster. */
static void a_master_made_anew_joins_the_others(void **state)
{
    struct lab_climb *m = masters(*state, LAB_LADDER_UP, true);
    bool dead;
    anew(&m[0]);
    assert_ptr_equal(lab_other_member(&m[0]), &m[1]);
    assert_non_null(lab_hold_k3s(&m[0], &dead));
    assert_false(dead);
    m[1].gate = LAB_GATE_READY;
    assert_null(lab_hold_k3s(&m[0], &dead));
    m[1].end = m[2].end = LAB_CLIMB_FAILED;
    assert_non_null(lab_hold_k3s(&m[0], &dead));
    assert_true(dead);
}

static void all_made_anew_are_a_new_cluster(void **state)
{
    struct lab_climb *m = masters(*state, LAB_LADDER_UP, true);
    bool dead;
    for (size_t i = 0; i < 3; i++)
        anew(&m[i]);
    assert_null(lab_other_member(&m[0]));
    assert_null(lab_hold_k3s(&m[0], &dead));
    m[1].record->restarted = true; /* up again, but not joined in this generation */
    assert_null(lab_hold_k3s(&m[0], &dead));
}

static void members_go_down_one_at_a_time(void **state)
{
    struct lab_climb *m = masters(*state, LAB_LADDER_UP, true);
    bool dead;
    assert_null(lab_hold_off(&m[0], &dead));
    assert_non_null(lab_hold_off(&m[1], &dead));
    assert_false(dead);
    m[0].end = LAB_CLIMB_DONE;
    assert_null(lab_hold_off(&m[1], &dead));
    m[0].end = LAB_CLIMB_FAILED;
    assert_non_null(lab_hold_off(&m[1], &dead));
    assert_true(dead);
}

static void after_a_full_stop_they_start_together(void **state)
{
    struct lab_climb *m = masters(*state, LAB_LADDER_RESTART, true);
    bool dead;
    for (size_t i = 0; i < 3; i++) {
        m[i].power = LAB_POWER_OFF;
        assert_null(lab_hold_off(&m[i], &dead));
        assert_null(lab_hold_restart(&m[i], &dead));
        assert_null(lab_hold_power(&m[i], &dead));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(new_masters_found_and_join_in_order),
        fixture_test(a_master_made_anew_joins_the_others),
        fixture_test(all_made_anew_are_a_new_cluster),
        fixture_test(members_go_down_one_at_a_time),
        fixture_test(after_a_full_stop_they_start_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
