/* qemu:///session, against a real libvirtd of an ordinary user (tests/provider/check starts it):
 * LABCTL_TEST_SESSION_BRIDGE names a bridge that this user's QEMU may use. */
#include "provider_real.h"

#include <uv.h>

static const char *bridge;

#define skip_without_session()                                                                     \
    do {                                                                                           \
        bridge = plat_getenv("LABCTL_TEST_SESSION_BRIDGE");                                        \
        if (!uri || !bridge) {                                                                     \
            print_message("skipped: LABCTL_TEST_SESSION_BRIDGE is not set "                        \
                          "(tests/provider/check)\n");                                             \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static void only_a_bridge_that_helps_is_taken(void **state)
{
    (void)state;
    skip_without_session();
    struct lab_net net = {.name = "default", .has_ipam = true};
    struct lab_net_state s = {0};
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_HOST,
                   "qemu:///session cannot make networks", "qemu:///system");
    net.bridge = "lo"; /* there, and no bridge */
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_HOST, "'lo' is not a bridge",
                   NULL);
    LAB_AUTOFREE char *forbidden = lab_format("%sno", bridge); /* there, and not in bridge.conf */
    net.bridge = forbidden;
    assert_refused(lab.ops->ensure_network(&lab, &net, &s, &err), LAB_HOST,
                   "QEMU may not use bridge", "bridge.conf");
    net.bridge = bridge;
    assert_ok(lab.ops->ensure_network(&lab, &net, &s, &err));
    assert_true(s.is_bridge && s.active && !s.made);
    lab_net_state_clear(&s);
    assert_ok(lab.ops->remove_network(&lab, bridge, &err));
}

static void a_users_vm_runs_on_it(void **state)
{
    (void)state;
    skip_without_session();
    char sum[LAB_SHA256_HEX], *base = NULL, *seed = NULL;
    LAB_AUTOFREE char *path = lab_path_join(home, "base.raw");
    LAB_AUTOFREE char *console = lab_path_join(home, "console.log");
    make_guest(path, "labctl guest of a user lives\n", 0, sum);
    assert_ok(lab_file_replace(console, "", 0, 0600, &err));
    assert_ok(lab.ops->import_base(&lab, path, sum, LAB_IMAGE_RAW, NULL, &base, &err));
    assert_ok(lab.ops->put_medium(&lab, "seed-web-01", path, sum, NULL, &seed, &err));
    const struct lab_vm_nic nic = {bridge, true, "52:54:00:00:06:0b", NULL};
    const struct lab_vm vm = {
        .name = "web-01",
        .uuid = "5f0c9c1e-1111-4000-8000-000000000007",
        .generation = "g1",
        .cpu = 1,
        .memory_mib = 64,
        .disk_bytes = 8u * MIB,
        .base = base,
        .nics = &nic,
        .nics_len = 1,
        .seed = seed,
        .console = console,
        .hypervisor = "qemu",
    };
    assert_ok(lab.ops->define(&lab, &vm, &err));
    assert_ok(lab.ops->start(&lab, "web-01", &err));
    bool lives = false;
    for (int i = 0; i < 300 && !lives; i++) {
        LAB_AUTO_STR struct lab_str log = LAB_STR_INIT;
        lab_file_tail(console, 4096, &log);
        lives = strstr(lab_str_get(&log), "labctl guest of a user lives") != NULL;
        uv_sleep(100);
    }
    assert_true(lives);
    assert_ok(lab.ops->destroy(&lab, "web-01", &err));
    assert_ok(lab.ops->remove_lab(&lab, &err));
    LAB_AUTOFREE char *volumes = lab_path_join(home, "volumes");
    assert_false(lab_file_exists(volumes));
    /* The images' pool lies beside the test's folder. */
    LAB_AUTOFREE char *delete =
        lab_format("vol-delete %s; vol-delete %s.ok; pool-destroy labctl_images; "
                   "pool-delete labctl_images; pool-undefine labctl_images",
                   base, base);
    free(virsh(true, delete));
    free(base);
    free(seed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_bridge_that_helps_is_taken),
        cmocka_unit_test(a_users_vm_runs_on_it),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, real_setup, real_teardown);
}
