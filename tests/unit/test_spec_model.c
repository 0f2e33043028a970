/* What the model offers: look-ups, MACs, --replicas, many nodes. */
#include "spec_case.h"

#include "spec/observed.h"

#define WORKERS SPEC_HEAD "nodes: [{name: \"k3s-worker%d\", replicas: 2}]\n"
#define GROUPS                                                                                     \
    SPEC_HEAD "nodes:\n  - {name_prefix: web, replicas: 2}\n"                                      \
              "  - {name: \"db-%d\", start: 10.0.1.0}\n"                                           \
              "  - {name: gw, start: 10.0.2.0}\n"

static char *with_replicas(const char *text, const char *group, unsigned count, size_t *nodes)
{
    const struct lab_replicas replicas = {group, count};
    const struct lab_spec_options options = {
        .replicas = &replicas, .replicas_len = 1, .skip_files = true};
    struct lab_spec *spec;
    char *messages = spec_messages("lab.yaml", text, strlen(text), &options, &spec);
    *nodes = spec ? spec->nodes.len : 0;
    lab_spec_free(spec);
    return messages;
}

static void assert_replicas(
    const char *text, const char *group, unsigned count, size_t nodes, const char *expected)
{
    size_t got;
    char *messages = with_replicas(text, group, count, &got);
    assert_string_equal(messages, expected);
    assert_int_equal(got, nodes);
    free(messages);
}

static void test_replicas(void **state)
{
    (void)state;
    assert_replicas(WORKERS, NULL, 5, 5, "");
    assert_replicas(WORKERS, "k3s-worker%d", 4, 4, "");
    assert_replicas(WORKERS, "k3s-worker", 4, 4, "");
    assert_replicas(GROUPS, "web", 3, 5, "");
    assert_replicas(GROUPS, "db", 3, 6, "");
    assert_replicas(GROUPS, "db-", 3, 6, "");
}

static void test_replicas_refused(void **state)
{
    (void)state;
    assert_replicas(GROUPS, NULL, 3, 0,
                    "lab.yaml: error: --replicas 3: the lab has several groups; write GROUP=3 with "
                    "one of web, db-%d, gw\n");
    assert_replicas(GROUPS, "wbe", 3, 0,
                    "lab.yaml: error: --replicas wbe=3: there is no such group; the lab has web, "
                    "db-%d, gw\n");
    assert_replicas(
        GROUPS, "web", 0, 0,
        "lab.yaml: error: --replicas web=0: a whole number from 1 to 4096 is allowed\n");
    assert_replicas(GROUPS, "gw", 2, 0,
                    "lab.yaml:8:12: error: 'name' is \"gw\" for 2 nodes; write %d where the number "
                    "goes (\"gw%d\"), or 'name_prefix: gw'\n");
    assert_replicas(
        GROUPS, "web", 200, 0,
        "lab.yaml:7:28: error: node 'db-1' would get \"10.0.1.0\", which node 'web-156' "
        "(line 6) has; give the group or the network a 'start' that keeps them apart\n");
}

static void test_look_up(void **state)
{
    (void)state;
    struct lab_spec *spec = spec_good(GROUPS "payload: {dir: p}\n", &spec_no_files);
    assert_string_equal(lab_spec_node(spec, "db-1")->name, "db-1");
    assert_null(lab_spec_node(spec, "db-2"));
    assert_false(lab_spec_has_role(spec, LAB_ROLE_MASTER));
    lab_spec_free(spec);
    spec = spec_good(SPEC_HEAD "nodes: [{name: m, role: master}]\npayload: {dir: p}\n",
                     &spec_no_files);
    assert_true(lab_spec_has_role(spec, LAB_ROLE_MASTER));
    assert_false(lab_spec_has_role(spec, LAB_ROLE_WORKER));
    lab_spec_free(spec);
    assert_string_equal(lab_role_name(LAB_ROLE_NONE), "-");
    assert_string_equal(lab_role_name(LAB_ROLE_WORKER), "worker");
    assert_string_equal(lab_provider_kind_name(LAB_PROVIDER_KUBEVIRT), "kubevirt");
}

static struct lab_nic *nic_of(struct lab_spec *spec, size_t node)
{
    return &spec->nodes.items[node].nics.items[0];
}

static void test_macs(void **state)
{
    (void)state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = spec_good(WORKERS, &spec_no_files);
    uint8_t first[6];
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    memcpy(first, nic_of(spec, 0)->mac, 6);
    assert_memory_equal(first, "\x52\x54\x00", 3);
    assert_memory_not_equal(first, nic_of(spec, 1)->mac, 6);
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_VMWARE, &err), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_memory_equal(nic_of(spec, i)->mac, "\x00\x50\x56", 3);
        assert_in_range(nic_of(spec, i)->mac[3], 0, 0x3F);
    }
    assert_refused(lab_spec_assign_macs(spec, LAB_PROVIDER_AUTO, &err), err, LAB_INTERNAL,
                   "before the provider is known");
    lab_spec_free(spec);

    /* The same node of a grown lab keeps its address; a lab of another name has others. */
    spec = spec_good(SPEC_HEAD "nodes: [{name: gw, start: 10.0.2.0}, {name: \"k3s-worker%d\"}]\n",
                     &spec_no_files);
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    assert_memory_equal(nic_of(spec, 1)->mac, first, 6);
    lab_assign(&spec->name, "other");
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    assert_memory_not_equal(nic_of(spec, 1)->mac, first, 6);
    lab_spec_free(spec);
}

/* What is fine on one hypervisor is refused on another, at its place in the file. */
static void test_fit(void **state)
{
    (void)state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = spec_good(
        SPEC_HEAD
        "nodes:\n  - {name: a, memory: 1025Mi}\n"
        "  - {name: b, start: 10.0.2.0, networks: [{name: default, interface: virtio}]}\n",
        &spec_no_files);
    assert_int_equal(lab_spec_fit(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    assert_int_equal(spec->nodes.items[0].memory_mib, 1025);
    assert_memory_equal(nic_of(spec, 0)->mac, "\x52\x54\x00", 3);
    assert_refused(lab_spec_fit(spec, LAB_PROVIDER_VMWARE, &err), err, LAB_USAGE,
                   ":43: node 'b' wants 'interface: virtio', which vmware does not have");
    lab_spec_free(spec);

    spec = spec_good(SPEC_HEAD "nodes: [{name: a, memory: 1025Mi}]\n", &spec_no_files);
    assert_int_equal(lab_spec_fit(spec, LAB_PROVIDER_VMWARE, &err), 0);
    assert_int_equal(spec->nodes.items[0].memory_mib, 1028);
    assert_memory_equal(nic_of(spec, 0)->mac, "\x00\x50\x56", 3);
    lab_spec_free(spec);
}

/* The node's own hardware, else the lab's. */
static void test_hardware(void **state)
{
    (void)state;
    struct lab_spec *spec = spec_good(
        SPEC_HEAD
        "firmware: efi\ncd_bus: ide\n"
        "nodes: [{name: a}, {name: b, start: 10.0.2.0, firmware: bios, disk_bus: nvme}]\n",
        &spec_no_files);
    const struct lab_hardware *a = &spec->nodes.items[0].hardware,
                              *b = &spec->nodes.items[1].hardware;
    assert_int_equal(a->firmware, LAB_FIRMWARE_EFI);
    assert_int_equal(a->disk_bus, LAB_DISK_BUS_DEFAULT);
    assert_int_equal(a->cd_bus, LAB_CD_BUS_IDE);
    assert_int_equal(b->firmware, LAB_FIRMWARE_BIOS);
    assert_int_equal(b->disk_bus, LAB_DISK_BUS_NVME);
    assert_int_equal(b->cd_bus, LAB_CD_BUS_IDE);
    lab_spec_free(spec);
}

/* A given MAC stays, and one that happens to be derived for another node is a clash. */
static void test_mac_clash(void **state)
{
    (void)state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    char mac[LAB_MAC_TEXT];
    struct lab_spec *spec = spec_good(SPEC_HEAD "nodes: [{name: a}]\n", &spec_no_files);
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    LAB_AUTOFREE char *text = lab_format(
        SPEC_HEAD "nodes:\n  - {name: a}\n"
                  "  - {name: b, start: 10.0.2.0, networks: [{name: default, mac: \"%s\"}]}\n",
        lab_mac_format(nic_of(spec, 0)->mac, mac));
    lab_spec_free(spec);
    spec = spec_good(text, &spec_no_files);
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), -1);
    assert_int_equal(err.code, LAB_USAGE);
    LAB_AUTOFREE char *expected =
        lab_format("lab.yaml:7:12: nodes 'a' and 'b' both get the MAC address %s", mac);
    assert_string_equal(err.message, expected);
    assert_non_null(strstr(err.hint, "{name: default, mac: \"52:54:00:"));
    lab_spec_free(spec);
}

static void test_five_hundred_nodes(void **state)
{
    (void)state;
    struct lab_str text = LAB_STR_INIT;
    lab_str_add(&text, SPEC_HEAD "nodes:\n");
    for (unsigned i = 0; i < 500; i++)
        lab_str_addf(&text,
                     "  - name: node-%u\n    cpu: 2\n    memory: 4Gi\n    disk_size: 40Gi\n"
                     "    networks:\n      - {name: default, ip: 10.0.%u.%u, interface: vmxnet3}\n",
                     i, 1 + i / 200, 1 + i % 200);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = spec_good(lab_str_get(&text), &spec_no_files);
    assert_int_equal(spec->nodes.len, 500);
    assert_int_equal(spec->nodes.items[499].nics.items[0].ip, 0x0A000000 + 3 * 256 + 100);
    assert_int_equal(lab_spec_assign_macs(spec, LAB_PROVIDER_LIBVIRT, &err), 0);
    lab_spec_free(spec);
    lab_str_clear(&text);
    spec = spec_good("name: demo\nimage_url: a.raw\nnetworks:\n"
                     "  default: {ipam: {range: 10.0.0.0/16, start: 10.0.0.10}}\n"
                     "nodes: [{name_prefix: n, replicas: 4096}]\n",
                     &spec_no_files);
    assert_int_equal(spec->nodes.len, LAB_SPEC_MAX_NODES);
    assert_string_equal(spec->nodes.items[4095].name, "n-4096");
    lab_spec_free(spec);
}

static void test_observed(void **state)
{
    (void)state;
    struct lab_vm_states states = {.list = {NULL, 0, 0}};
    struct lab_vm_state *vm = lab_vm_states_find(&states, "a");
    assert_null(vm);
    vm = lab_vec_push(&states.list);
    vm->name = lab_strdup("a");
    vm->where = lab_strdup("qemu:///system");
    vm = lab_vec_push(&states.list);
    vm->name = lab_strdup("b");
    vm->owner_lab = lab_strdup("demo");
    vm->generation = lab_strdup("g");
    assert_ptr_equal(lab_vm_states_find(&states, "b"), vm);
    assert_null(lab_vm_states_find(&states, "c"));
    lab_vm_states_clear(&states);
    assert_int_equal(states.list.len, 0);
    assert_string_equal(lab_power_name(LAB_POWER_ON), "running");
    assert_string_equal(lab_power_name(LAB_POWER_CRASHED), "crashed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas),  cmocka_unit_test(test_replicas_refused),
        cmocka_unit_test(test_look_up),   cmocka_unit_test(test_macs),
        cmocka_unit_test(test_fit),       cmocka_unit_test(test_hardware),
        cmocka_unit_test(test_fit),       cmocka_unit_test(test_hardware),
        cmocka_unit_test(test_mac_clash), cmocka_unit_test(test_five_hundred_nodes),
        cmocka_unit_test(test_observed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
