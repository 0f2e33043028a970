/* On which hypervisor a lab lives, and that it stays there. The only one here is a fake vmrun. */
#include "run_fixture.h"

#include <unistd.h>

#include "run/hypervisor.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\n%s\n"                                                     \
    "networks:\n  default:\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"              \
    "nodes:\n  - {name: n1, memory: 1026Mi, networks: [{name: default%s}]}\n"

static char *file, *bin;

static int setup(void **state)
{
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    file = lab_path_join(f->home, "lab.yaml");
    bin = lab_path_join(f->home, "bin");
    LAB_AUTOFREE char *rules = lab_path_join(f->home, "rules");
    static const char none[] = "list\tsay\tTotal running VMs: 0\\n\n";
    must(plat_mkdirs(bin, 0700, &err), &err);
    must(lab_file_replace(rules, none, strlen(none), 0600, &err), &err);
    uv_os_setenv("FAKE_VMRUN", f->home);
    uv_os_setenv("PATH", bin);
    f->options.file = file;
    return 0;
}

static int teardown(void **state)
{
    free(file);
    free(bin);
    return fixture_teardown(state);
}

static void install_vmrun(void)
{
    LAB_AUTOFREE char *link = lab_path_join(bin, "vmrun");
    assert_int_equal(symlink(LABCTL_TEST_DIR "/fake/vmrun", link), 0);
}

/* lab.yaml with these lines, opened and attached. */
static int attach(struct fixture *f,
                  const char *lines,
                  const char *nic,
                  struct lab_run **out,
                  struct lab_error *err)
{
    struct lab_problems problems = {0};
    LAB_AUTOFREE char *text = lab_format(LAB, lines, nic);
    must(lab_file_replace(file, text, strlen(text), 0600, err), err);
    int rc = lab_run_open(out, &f->options, &f->listener, &problems, err);
    lab_problems_clear(&problems);
    return rc ? rc : lab_run_attach(*out, err);
}

static void auto_is_what_is_here(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_run *run = NULL;
    must_fail(attach(f, "", "", &run, &err), &err, LAB_HOST, "no hypervisor is here", "install libvirt");
    lab_run_close(run);
    install_vmrun();
    must(attach(f, "", "", &run, &err), &err);
    assert_string_equal(run->provider.ops->name, "vmware");
    assert_memory_equal(run->spec->nodes.items[0].nics.items[0].mac, "\x00\x50\x56", 3);
    assert_int_equal(run->spec->nodes.items[0].memory_mib, 1028);
    lab_run_close(run);
}

static void what_is_named_is_insisted_on(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_run *run = NULL;
    install_vmrun();
    must_fail(attach(f, "provider: libvirt", "", &run, &err), &err, LAB_HOST, "virsh", NULL);
    lab_run_close(run);
    must_fail(attach(f, "provider: kubevirt", "", &run, &err), &err, LAB_HOST,
              "'kubevirt' is not in this build", NULL);
    lab_run_close(run);
    must_fail(attach(f, "provider: vmware", ", interface: virtio", &run, &err), &err, LAB_USAGE,
              "lab.yaml:8:", "vmxnet3");
    lab_run_close(run);
}

static void where(struct lab_run *run, const char *part)
{
    static const char *const names[] = {"n1"};
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_vm_states states = {{0}};
    must(run->provider.ops->query(&run->provider, names, 1, &states, &err), &err);
    assert_non_null(strstr(states.list.items[0].where, part));
    lab_vm_states_clear(&states);
}

static void a_lab_stays_where_it_is(void **state)
{
    struct fixture *f = *state;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_run *run = NULL;
    install_vmrun();
    must(attach(f, "vm_dir: ./here", "", &run, &err), &err);
    where(run, "/here/n1/n1.vmx");
    must(lab_run_record_provider(run, &err), &err);
    lab_run_close(run);
    must_fail(attach(f, "vm_dir: ./there", "", &run, &err), &err, LAB_USAGE, "/there'",
              "set vm_dir back");
    lab_run_close(run);
    must_fail(attach(f, "vm_dir: ./here\nprovider: libvirt", "", &run, &err), &err, LAB_USAGE,
              "made with provider 'vmware'", NULL);
    lab_run_close(run);

    /* Known without its lab.yaml. */
    must(plat_remove(file, &err), &err);
    f->options.file = NULL;
    f->options.lab = "airgap";
    f->options.mode = LAB_STATE_WRITE;
    struct lab_problems problems = {0};
    must(lab_run_open(&run, &f->options, &f->listener, &problems, &err), &err);
    must(lab_run_attach(run, &err), &err);
    assert_string_equal(run->provider.ops->name, "vmware");
    where(run, "/here/n1/n1.vmx");
    lab_run_close(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(auto_is_what_is_here, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_named_is_insisted_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lab_stays_where_it_is, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
