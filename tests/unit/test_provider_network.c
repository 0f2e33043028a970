/* Who takes a network away, against tests/fake/virsh: with the last lab that uses it, and never
 * from under a VM. The same against a real libvirt: test_provider_realnet.c. */
#include "provider_fake.h"

static struct lab_provider lab;

#define OTHER_ID "5f0c9c1e-0000-4000-8000-0000000000bb"
#define NET(tag)                                                                                   \
    "net-dumpxml*\tsay\t<network><name>VMnet1</name><uuid>u</uuid><metadata>" tag                  \
    "</metadata><bridge name='lab0'/></network>\n"                                                 \
    "net-list*\tsay\tVMnet1\nnet-destroy*\tok\nnet-undefine*\tok\nnet-define*\tok\nuri\tok\n"
#define TAG(lab, id) "<l:network xmlns:l='urn:labctl:1' lab='" lab "' id='" id "'/>"
#define VM(tag)                                                                                    \
    "list*\tsay\tv\ndomstats*\tout\t%s\n"                                                          \
    "dumpxml*\tsay\t<domain><name>vm</name><uuid>v</uuid><metadata>" tag                           \
    "</metadata><devices><interface type='network'><source network='VMnet1'/></interface>"         \
    "</devices></domain>\n"
#define NODE(lab, id) "<l:node xmlns:l='urn:labctl:1' lab='" lab "' id='" id "'/>"
#define VM_WITH_NIC                                                                                           \
    "list*\tsay\tv\ndomstats*\tout\t%s\n"                                                                     \
    "dumpxml*\tsay\t<domain><name>vm</name><uuid>v</uuid><metadata>" NODE(                                    \
        "airgap",                                                                                             \
        FAKE_LAB_ID) "</metadata><devices><interface type='network'><mac address='52:54:00:00:00:01'/>"       \
                     "<source network='VMnet1' bridge='lab0'/><target dev='labnotap'/><model type='virtio'/>" \
                     "</interface></devices></domain>\n"
#define NO_VMS "list*\tok\n"

static void open_with(const char *rules)
{
    LAB_AUTOFREE char *stats = fake_path("stats");
    write_text(stats, "Domain: 'vm'\n  state.state=1\n");
    const char *at = strstr(rules, "%s");
    LAB_AUTOFREE char *all =
        at ? lab_format("%.*s%s%s", (int)(at - rules), rules, stats, at + 2) : lab_strdup(rules);
    fake_rules(all);
    assert_ok(fake_open(&lab, NULL, &err));
    fake_forget();
}

static void assert_removed(bool removed)
{
    LAB_AUTOFREE char *log = fake_log();
    (removed ? assert_has : assert_lacks)(log, "net-destroy --network VMnet1");
    (removed ? assert_has : assert_lacks)(log, "net-undefine --network VMnet1");
    lab.ops->close(&lab);
}

static void ours_goes(void **state)
{
    (void)state;
    open_with(NET(TAG("airgap", FAKE_LAB_ID)) NO_VMS);
    assert_ok(lab.ops->remove_network(&lab, "VMnet1", &err));
    assert_removed(true);
}

static void another_labs_stays_with_it(void **state)
{
    (void)state;
    open_with(NET(TAG("b", OTHER_ID)) NO_VMS);
    assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                   "belongs to another labctl lab, 'b'", "--lab b teardown");
    assert_removed(false);
}

static void a_shared_one_in_use_is_kept_and_stays_its_owners(void **state)
{
    (void)state;
    open_with(NET(TAG("b", OTHER_ID)) VM(NODE("b", OTHER_ID)));
    assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                   "is kept: VM 'vm' of lab 'b' uses it", "--lab b teardown");
    assert_int_equal(fake_count("net-define"), 0);
    assert_removed(false);
}

static void ours_in_use_is_kept_and_handed_over(void **state)
{
    (void)state;
    open_with(NET(TAG("airgap", FAKE_LAB_ID)) VM(NODE("b", OTHER_ID)));
    assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                   "VM 'vm' of lab 'b' uses it, which now owns it", "--lab b teardown");
    assert_int_equal(fake_count("net-define"), 1);
    assert_removed(false);
}

static void a_shared_one_under_a_strangers_vm_is_kept(void **state)
{
    (void)state;
    open_with(NET(TAG("b", OTHER_ID)) VM(""));
    assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                   "is kept: VM 'vm' uses it", "net-undefine VMnet1");
    assert_removed(false);
}

static void a_strangers_is_kept(void **state)
{
    (void)state;
    open_with(NET("") NO_VMS);
    assert_refused(lab.ops->remove_network(&lab, "VMnet1", &err), LAB_CONFLICT,
                   "was not made by labctl", NULL);
    assert_removed(false);
}

static void the_owner_of_an_adopted_one_is_told(void **state)
{
    (void)state;
    open_with(NET(TAG("b", OTHER_ID)));
    const struct lab_net net = {.name = "default", .bridge = "VMnet1"};
    struct lab_net_state s = {0};
    assert_ok(lab.ops->look_network(&lab, &net, &s, &err));
    assert_false(s.made);
    assert_string_equal(s.owner, "b");
    lab_net_state_clear(&s);
    fake_rules(NET(""));
    assert_ok(lab.ops->look_network(&lab, &net, &s, &err));
    assert_null(s.owner);
    lab_net_state_clear(&s);
    lab.ops->close(&lab);
}

/* lab0 is no device of this host. */
static void ours_without_its_bridge_is_started_anew(void **state)
{
    (void)state;
    const struct lab_net net = {.name = "default", .bridge = "VMnet1"};
    struct lab_net_state s = {0};
    open_with(NET(TAG("airgap", FAKE_LAB_ID)) "net-start*\tok\nupdate-device*\tok\n" VM_WITH_NIC);
    assert_ok(lab.ops->look_network(&lab, &net, &s, &err));
    assert_false(s.active);
    lab_net_state_clear(&s);
    assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
    assert_true(s.active);
    LAB_AUTOFREE char *log = fake_log();
    const char *destroyed = strstr(log, "net-destroy --network VMnet1");
    assert_non_null(destroyed);
    const char *started = strstr(destroyed, "net-start --network VMnet1");
    assert_non_null(started);
    assert_non_null(strstr(started, "update-device --domain v --file "));
    assert_int_equal(fake_count("update-device"), 2); /* the bridge, and then the network */
    lab_net_state_clear(&s);
    lab.ops->close(&lab);
}

static void anothers_without_its_bridge_is_told(void **state)
{
    (void)state;
    const struct lab_net net = {.name = "default", .bridge = "VMnet1"};
    struct lab_net_state s = {0};
    open_with(NET(TAG("b", OTHER_ID)) NO_VMS);
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_HOST,
                   "its bridge 'lab0' is gone", "net-destroy VMnet1; ");
    assert_int_equal(fake_count("net-destroy"), 0);
    lab_net_state_clear(&s);
    lab.ops->close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(ours_goes),
        fake_test(another_labs_stays_with_it),
        fake_test(a_shared_one_in_use_is_kept_and_stays_its_owners),
        fake_test(ours_in_use_is_kept_and_handed_over),
        fake_test(a_shared_one_under_a_strangers_vm_is_kept),
        fake_test(a_strangers_is_kept),
        fake_test(the_owner_of_an_adopted_one_is_told),
        fake_test(ours_without_its_bridge_is_started_anew),
        fake_test(anothers_without_its_bridge_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
