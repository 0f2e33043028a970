/* Changing a VM that VMware has rewritten: only while VMware has let go of it, and only what labctl
 * owns. */
#include "provider_golden.h"

#include "provider/vmware_vmx.h"
#include "provider/vmx_edit.h"

static char *dir, *path;

static int setup(void **state)
{
    (void)state;
    dir = scratch_folder();
    path = lab_path_join(dir, "web-01.vmx");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    int rc = plat_remove_tree(dir, NULL);
    free(dir);
    free(path);
    return rc;
}

#define folder_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static void make(const char *name, const char *text)
{
    LAB_AUTOFREE char *file = lab_path_join(dir, name);
    LAB_AUTOFREE char *above = lab_path_dir(file);
    assert_ok(plat_mkdirs(above, 0700, &err));
    if (text)
        write_text(file, text);
    else
        assert_ok(plat_mkdirs(file, 0700, &err));
}

static int edit(const char *wanted, struct lab_error *err)
{
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_int_equal(lab_vmx_parse(&vmx, "wanted", wanted, strlen(wanted), NULL), 0);
    return lab_vmx_edit(path, &vmx, err);
}

static void file_is(const char *wanted)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1 << 20, &text, &err));
    assert_string_equal(lab_str_get(&text), wanted);
}

static void a_vm_that_vmware_holds_stays_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *lock, *text, *part, *hint;
    } cases[] = {
        {"web-01.vmx.lck/M12345.lck", "a=1\n", "web-01.vmx.lck", "close its tab"},
        {"web-01.vmdk.lck/M1.lck", "a=1\n", "web-01.vmdk.lck", "stop the VM"},
        {"web-01.vmem.lck/D1.lck", "a=1\n", "web-01.vmem.lck", "stop the VM"},
        {NULL, "cleanShutdown = \"TRUE\"\ncheckpoint.vmState = \"web-01.vmss\"\n", "suspended",
         "resume it"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        write_text(path, cases[i].text);
        if (cases[i].lock)
            make(cases[i].lock, "");
        assert_refused(edit("a = \"2\"\n", &err), LAB_HYPERVISOR, cases[i].part, cases[i].hint);
        file_is(cases[i].text);
        if (cases[i].lock) {
            LAB_AUTOFREE char *lock = lab_path_join(dir, cases[i].lock);
            LAB_AUTOFREE char *folder = lab_path_dir(lock);
            assert_ok(plat_remove_tree(folder, &err));
        }
    }
}

/* What a holder left: a folder without a member. And files that are no locks. */
static void an_empty_lock_is_none(void **state)
{
    (void)state;
    write_text(path, "a=1\ncleanShutdown = \"TRUE\"\ncheckpoint.vmState = \"\"\n");
    make("web-01.vmx.lck", NULL);
    make("web-01.vmdk.lck/E1.txt", "");
    assert_ok(edit("a = \"2\"\n", &err));
    file_is("a=\"2\"\ncleanShutdown = \"TRUE\"\ncheckpoint.vmState = \"\"\n");
}

/* A lock counts while the process lives that its member names; then a start that is not as it was
 * shows another process. */
static void the_lock_of_a_dead_process_is_none(void **state)
{
    (void)state;
    LAB_AUTOFREE char *mine = lab_format("uuid=host %lu-0(vmware-vmx) 0 X [ lc=1", plat_pid());
    LAB_AUTOFREE char *reused = lab_format("uuid=host %lu-1(vmware-vmx) 0 X", plat_pid());
    const struct {
        const char *member;
        bool held;
    } cases[] = {
        {mine, true},
        {reused, plat_process_lives(plat_pid(), 1)}, /* Windows goes by the number alone */
        {"uuid=host 2147483646-17(vmware-vmx) 0 X", false},
        {"uuid=host vmware", true},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        write_text(path, "a=1\ncleanShutdown = \"FALSE\"\n");
        make("web-01.vmx.lck/M12345.lck", cases[i].member);
        if (cases[i].held)
            assert_refused(edit("a = \"2\"\n", &err), LAB_HYPERVISOR, "VMware holds it", NULL);
        else
            assert_ok(edit("a = \"2\"\n", &err));
        LAB_AUTOFREE char *folder = lab_path_join(dir, "web-01.vmx.lck");
        assert_ok(plat_remove_tree(folder, &err));
    }
}

static void a_missing_vmx_is_told(void **state)
{
    (void)state;
    assert_refused(edit("a = \"2\"\n", &err), LAB_HOST, "web-01.vmx", NULL);
}

/* --- the golden edit -------------------------------------------------------------------------- */

static const struct lab_owner owner = {"airgap", "5f0c9c1e-0000-4000-8000-0000000000aa",
                                       "host:/home/kim/.local/share/labctl"};
static const struct lab_vm_nic nic = {"VMnet1", false, "00:50:56:00:06:0a", NULL};

static void render(struct lab_vmx *out, const char *seed, unsigned cpu, enum lab_disk_bus bus)
{
    const struct lab_vm vm = {.name = "web-01",
                              .uuid = "5f0c9c1e-1111-4000-8000-000000000001",
                              .generation = "4a0b2d",
                              .cpu = cpu,
                              .memory_mib = 2049,
                              .nics = &nic,
                              .nics_len = 1,
                              .seed = seed,
                              .hardware = {.disk_bus = bus}};
    const struct lab_vmware_vmx_spec spec = {&owner, &vm, vm.uuid, "web-01.vmdk", 0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    assert_ok(lab_vmware_put_vmx(&text, &spec, &err));
    assert_ok(lab_vmx_parse(out, "rendered", lab_str_get(&text), text.len, &err));
}

static void load_rewritten(struct lab_vmx *out)
{
    assert_ok(lab_vmx_load(out, LABCTL_TEST_DIR "/golden/vmware/edit/rewritten.vmx", &err));
}

static void merged_is(const char *golden, const struct lab_vmx *vmx)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_vmx_put(vmx, &text);
    golden_is(golden, &text);
}

static void merging_keeps_what_vmware_added(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx, before, wanted;
    load_rewritten(&vmx);
    load_rewritten(&before);
    render(&wanted, NULL, 4, LAB_DISK_BUS_DEFAULT);
    assert_ok(lab_vmx_merge(&vmx, &wanted, &err));
    assert_false(lab_vmx_attached(&vmx, 0));
    LAB_VEC_FOREACH (line, &before.lines) {
        if (line->name)
            assert_non_null(lab_vmx_get(&vmx, line->name));
    }
    merged_is("vmware/edit/merged.vmx", &vmx);
    vmx.changed = false;
    assert_ok(lab_vmx_merge(&vmx, &wanted, &err));
    assert_false(vmx.changed);
}

static void a_detach_changes_one_word(void **state)
{
    (void)state;
    LAB_AUTO_VMX struct lab_vmx vmx;
    load_rewritten(&vmx);
    assert_true(lab_vmx_attached(&vmx, 0));
    assert_false(lab_vmx_attached(&vmx, 1));
    assert_ok(lab_vmx_detach(&vmx, &err));
    assert_false(lab_vmx_attached(&vmx, 0));
    merged_is("vmware/edit/detached.vmx", &vmx);
}

static void a_resize_changes_three(void **state)
{
    (void)state;
    static const char text[] = "memsize = \"1024\"\nnumvcpus = \"1\"\n";
    LAB_AUTO_VMX struct lab_vmx vmx;
    assert_ok(lab_vmx_parse(&vmx, "x", text, strlen(text), &err));
    assert_ok(lab_vmx_resize(&vmx, 3, 2050, &err));
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_vmx_put(&vmx, &out);
    assert_string_equal(lab_str_get(&out),
                        "memsize = \"2052\"\nnumvcpus = \"3\"\ncpuid.coresPerSocket = \"3\"\n");
}

static void devices_that_are_not_wanted_go(void **state)
{
    (void)state;
    static const char extra[] = "ethernet1.present = \"TRUE\"\nIDE1:0.present = \"true\"\n"
                                "scsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"web-01.vmdk\"\n"
                                "ethernet2.present = \"FALSE\"\n";
    LAB_AUTO_VMX struct lab_vmx vmx, wanted;
    assert_ok(lab_vmx_parse(&vmx, "x", extra, strlen(extra), &err));
    assert_true(lab_vmx_attached(&vmx, 0));
    render(&wanted, "seed.iso", 1, LAB_DISK_BUS_SATA);
    assert_ok(lab_vmx_merge(&vmx, &wanted, &err));
    assert_false(lab_vmx_get_bool(&vmx, "ethernet1.present", true));
    assert_false(lab_vmx_get_bool(&vmx, "ide1:0.startConnected", true));
    assert_false(lab_vmx_get_bool(&vmx, "scsi0:0.present", true));
    assert_true(lab_vmx_get_bool(&vmx, "sata0:0.present", false));
    assert_true(lab_vmx_get_bool(&vmx, "ethernet0.present", false));
    assert_true(lab_vmx_attached(&vmx, 0));
}

/* Windows may save under its code page what was UTF-8. */
static void a_file_in_a_code_page_is_changed_in_ascii_only(void **state)
{
    (void)state;
    static const char text[] = ".encoding = \"windows-949\"\nserial0.fileName = \"\xc7\xd1.log\"\n";
    static const char console[] = "serial0.fileName = \"한.log\"\nmemsize = \"8\"\n";
    static const char medium[] = "sata0:1.fileName = \"한.iso\"\n";
    LAB_AUTO_VMX struct lab_vmx vmx, fine, bad;
    assert_ok(lab_vmx_parse(&vmx, "x", text, strlen(text), &err));
    assert_ok(lab_vmx_parse(&fine, "y", console, strlen(console), &err));
    assert_ok(lab_vmx_merge(&vmx, &fine, &err));
    assert_string_equal(lab_vmx_get(&vmx, "serial0.fileName"), "\xc7\xd1.log");
    assert_string_equal(lab_vmx_get(&vmx, "memsize"), "8");
    assert_ok(lab_vmx_parse(&bad, "z", medium, strlen(medium), &err));
    bad.encoding = LAB_VMX_UTF8;
    assert_refused(lab_vmx_merge(&vmx, &bad, &err), LAB_HYPERVISOR, "windows-949", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(a_vm_that_vmware_holds_stays_as_it_is),
        folder_test(an_empty_lock_is_none),
        folder_test(the_lock_of_a_dead_process_is_none),
        folder_test(a_missing_vmx_is_told),
        cmocka_unit_test(merging_keeps_what_vmware_added),
        cmocka_unit_test(a_detach_changes_one_word),
        cmocka_unit_test(a_resize_changes_three),
        cmocka_unit_test(devices_that_are_not_wanted_go),
        cmocka_unit_test(a_file_in_a_code_page_is_changed_in_ascii_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
