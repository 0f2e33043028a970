/* A real libvirtd that goes away in the middle, and a bridge that somebody deletes (see
 * provider_real.h). In a sandbox, as root: libvirtd is ended by its number in /run. The VM has no
 * system to boot. */
#include "provider_real.h"

#include "provider/virsh_lost.h"

#define VM_UUID "5f0c9c1e-2222-4000-8000-000000000001"
#define START   "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C libvirtd -d"
/* One that is ended leaves, but for its socket, what it leaves at a power failure. */
#define END                                                                                        \
    "p=$(cat /run/libvirtd.pid); kill -KILL $p; while kill -0 $p 2>/dev/null; do sleep 0.05; done; "
#define READY "until virsh -q -c qemu:///system uri >/dev/null 2>&1; do sleep 0.05; done"

static struct lab_net_state net_state;

/* The script's stdout. */
static char *shell(const char *script)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "sh");
    lab_child_args(&c, "-c", script, (char *)NULL);
    if (lab_child_run(&c, &err) != 0 || c.status != 0)
        fail_msg("%s: %s%s", script, err.message ? err.message : "", lab_str_get(&c.errout));
    return lab_str_detach(&c.out);
}

/* Goes on beside the test. */
static void shell_beside(const char *script)
{
    LAB_AUTOFREE char *all = lab_format("setsid sh -c '%s' >/dev/null 2>&1 </dev/null &", script);
    free(shell(all));
}

static void ensure(void)
{
    const struct lab_net net = {
        .name = "VMnet7",
        .bridge = "VMnet7",
        .has_ipam = true,
        .range = {0xc0a80700, 24},
        .gateway = 0xc0a80701,
    };
    lab_net_state_clear(&net_state);
    net_state = (struct lab_net_state){0};
    assert_ok(lab.ops->ensure_network(&lab, &net, &net_state, &err));
    assert_true(net_state.active);
}

static void a_vm_runs_on_our_network(void **state)
{
    (void)state;
    skip_without_libvirt();
    ensure();
    define_raw("define",
               "<domain type='qemu'><name>lost-01</name><uuid>" VM_UUID "</uuid><metadata>"
               "<labctl:node xmlns:labctl='urn:labctl:1' lab='real' id='" LAB_ID
               "' generation='g1'/></metadata><memory unit='MiB'>32</memory>"
               "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
               "<interface type='network'><mac address='52:54:00:00:07:0a'/>"
               "<source network='VMnet7'/><model type='virtio'/></interface></devices></domain>");
    assert_ok(lab.ops->start(&lab, "lost-01", &err));
    assert_true(one("lost-01").ours);
}

/* What makes lab_virsh_lost() right: a virsh that is connected, and libvirtd is killed while it
 * works at the next command. */
static void its_words_are_known(void **state)
{
    (void)state;
    skip_without_libvirt();
    static const char *const commands[] = {"dumpxml lost-01", "domstats --state --raw",
                                           "net-start VMnet7", "version --daemon"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(commands); i++) {
        LAB_AUTOFREE char *script = lab_format(
            "exec 2>&1; p=$(cat /run/libvirtd.pid); { echo list; sleep 0.5; kill -STOP $p; echo '%s'; "
            "sleep 0.3; kill -KILL $p; } | LC_ALL=C virsh -q -c qemu:///system; " START "; " READY,
            commands[i]);
        LAB_AUTOFREE char *said = shell(script);
        if (!lab_virsh_lost(said))
            fail_msg("not taken for a loss: '%s': %s", commands[i], said);
    }
    assert_int_equal(one("lost-01").power, LAB_POWER_ON);
}

static void a_restart_is_waited_for(void **state)
{
    (void)state;
    skip_without_libvirt();
    free(shell(END));
    shell_beside("sleep 2; " START);
    assert_int_equal(one("lost-01").power, LAB_POWER_ON); /* QEMU does not end with libvirtd */
    /* while a call waits for its answer */
    free(shell("kill -STOP $(cat /run/libvirtd.pid)"));
    shell_beside("sleep 1; " END "sleep 1; " START);
    assert_int_equal(one("lost-01").power, LAB_POWER_ON);
    free(shell(READY));
    shell_beside(END "sleep 1; " START);
    ensure();
    free(shell(READY));
}

static void assert_plugged(void)
{
    LAB_AUTOFREE char *script = lab_format("ls /sys/class/net/%s/brif", net_state.device);
    LAB_AUTOFREE char *ports = shell(script);
    assert_has(ports, "vnet");
    LAB_AUTOFREE char *xml = virsh(true, "dumpxml lost-01");
    assert_has(xml, "<source network='VMnet7'");
}

static void a_bridge_that_was_deleted_is_made_again(void **state)
{
    (void)state;
    skip_without_libvirt();
    assert_plugged();
    LAB_AUTOFREE char *definition = virsh(true, "dumpxml --inactive lost-01");
    LAB_AUTOFREE char *delete = lab_format("ip link delete %s", net_state.device);
    free(shell(delete));
    ensure();
    assert_has(notices, "VM 'lost-01' had lost network 'VMnet7' and was plugged into it again");
    assert_plugged();
    free(virsh(true, "net-destroy VMnet7"));
    ensure();
    assert_plugged();
    /* Somebody started it himself; libvirt plugs nobody in. */
    free(virsh(true, "net-destroy VMnet7"));
    free(virsh(true, "net-start VMnet7"));
    ensure();
    assert_plugged();
    LAB_AUTOFREE char *now_ = virsh(true, "dumpxml --inactive lost-01");
    assert_string_equal(definition, now_);
}

static void all_goes(void **state)
{
    (void)state;
    skip_without_libvirt();
    LAB_AUTOFREE char *delete = lab_format("ip link delete %s", net_state.device);
    free(shell(delete));
    assert_ok(lab.ops->destroy(&lab, "lost-01", &err));
    assert_ok(lab.ops->remove_network(&lab, "VMnet7", &err));
    lab_net_state_clear(&net_state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vm_runs_on_our_network),
        cmocka_unit_test(its_words_are_known),
        cmocka_unit_test(a_restart_is_waited_for),
        cmocka_unit_test(a_bridge_that_was_deleted_is_made_again),
        cmocka_unit_test(all_goes),
    };
    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
