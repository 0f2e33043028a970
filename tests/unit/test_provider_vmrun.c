/* vmrun that is missing, hangs, crashes, says its errors on stdout with any status, or lists paths
 * in another spelling. The vmrun here is tests/fake/vmrun. */
#include "provider_fixture.h"

#include <unistd.h>

#include "provider/vmrun.h"

static char *dir, *vmx;
static struct lab_vmrun vmrun;

static int setup(void **state)
{
    (void)state;
    dir = scratch_folder();
    vmx = lab_path_join(dir, "웹 서버.vmx");
    write_text(vmx, "");
    setenv("FAKE_VMRUN", dir, 1);
    const char *path = getenv("PATH");
    const char *fakes = LABCTL_TEST_DIR "/fake:";
    if (strncmp(path, fakes, strlen(fakes)) != 0) {
        LAB_AUTOFREE char *front = lab_format("%s%s", fakes, path);
        setenv("PATH", front, 1);
    }
    if (lab_vmrun_open(&vmrun, NULL) != 0)
        return -1;
    vmrun.ask_ms = 10 * 1000;
    vmrun.start_ms = vmrun.soft_ms = vmrun.hard_ms = 300;
    vmrun.retry_ms = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    int rc = plat_remove_tree(dir, NULL);
    free(dir);
    free(vmx);
    lab_vmrun_clear(&vmrun);
    return rc;
}

#define fake_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static char *file(const char *name)
{
    LAB_AUTOFREE char *path = lab_path_join(dir, name);
    struct lab_str text = LAB_STR_INIT;
    if (lab_file_exists(path))
        assert_ok(lab_file_read(path, 1 << 20, &text, &err));
    return lab_str_detach(&text);
}

/* VMX in the rules becomes the VM's path. */
static void rules(const char *text)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    for (const char *s = text, *at; *s; s = at + strlen("VMX")) {
        at = strstr(s, "VMX");
        lab_str_addn(&out, s, at ? (size_t)(at - s) : strlen(s));
        if (!at)
            break;
        lab_str_add(&out, vmx);
    }
    LAB_AUTOFREE char *path = lab_path_join(dir, "rules");
    LAB_AUTOFREE char *log = lab_path_join(dir, "log");
    write_text(path, lab_str_get(&out));
    write_text(log, "");
}

/* What was called, the arguments behind "-T ws ", with VMX for the VM's path. */
static void calls_were(const char *wanted)
{
    LAB_AUTOFREE char *log = file("log");
    LAB_AUTO_STR struct lab_str got = LAB_STR_INIT;
    for (const char *s = log; *s;) {
        if (strncmp(s, vmx, strlen(vmx)) == 0) {
            lab_str_add(&got, "VMX");
            s += strlen(vmx);
        } else if (strncmp(s, "-T ws ", 6) == 0) {
            s += 6;
        } else {
            lab_str_addc(&got, *s++);
        }
    }
    assert_string_equal(lab_str_get(&got), wanted);
}

#define NONE    "list\tsay\tTotal running VMs: 0\\n\n"
#define RUNNING "list\tsay\tTotal running VMs: 1\\nVMX\\n\n"

static int call(const char *verb, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_vmrun_init(&c, &vmrun);
    lab_child_args(&c, verb, vmx, (char *)NULL);
    return lab_vmrun_do(&c, "do it", "fine", err);
}

/* --- one call --------------------------------------------------------------------------------- */

/* A Korean path arrives as it is, and VMware is told that it is UTF-8. */
static void the_language_is_english_in_utf8(void **state)
{
    (void)state;
    setenv("LC_ALL", "ko_KR.EUC-KR", 1);
    setenv("LANGUAGE", "ko", 1);
    rules("start VMX\tok\n");
    assert_ok(call("start", &err));
    LAB_AUTOFREE char *locale = file("locale");
    assert_string_equal(locale, "LC_ALL=C.UTF-8 LANGUAGE=\n");
    calls_were("start VMX\n");
    unsetenv("LC_ALL");
    unsetenv("LANGUAGE");
}

static void a_missing_vmrun_says_what_to_install(void **state)
{
    (void)state;
    LAB_AUTOFREE char *path = lab_strdup(getenv("PATH"));
    struct lab_vmrun v;
    setenv("PATH", "/nonexistent:relative", 1);
    if (!lab_file_exists("/usr/bin/vmrun"))
        assert_refused(lab_vmrun_open(&v, &err), LAB_HOST, "no vmrun", "Workstation Pro");
    setenv("PATH", path, 1);
}

static void errors_stand_on_stdout_with_any_status(void **state)
{
    (void)state;
    rules("start *\terr0\tUnknown error\n");
    assert_refused(call("start", &err), LAB_HYPERVISOR, "cannot do it: Unknown error", NULL);
    rules("start *\terr\tUnknown error\\r\n");
    assert_refused(call("start", &err), LAB_HYPERVISOR, "cannot do it: Unknown error", NULL);
    rules("start *\terr0\tit was fine\n");
    assert_ok(call("start", &err));
    rules("checkToolsState *\tunknown\n");
    assert_refused(call("checkToolsState", &err), LAB_HYPERVISOR, "cannot do it: unknown", NULL);
    rules("start *\tcrash\n");
    assert_refused(call("start", &err), LAB_HYPERVISOR, "do it: ", NULL);
    rules("start *\thang\n");
    vmrun.ask_ms = 200;
    assert_refused(call("start", &err), LAB_TIMEOUT, "cannot do it", "open Workstation");
}

static void known_refusals_have_a_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        enum lab_code code;
        const char *hint;
    } cases[] = {
        {"The virtual machine is not powered on: /x.vmx", LAB_HYPERVISOR, "labctl start"},
        {"The virtual machine is paused: /x.vmx", LAB_HYPERVISOR, "unpause"},
        {"Cannot open VM: /x.vmx, The virtual machine cannot be found", LAB_HYPERVISOR,
         "labctl up"},
        {"Cannot open VM: /x.vmx, Cannot read the virtual machine configuration file",
         LAB_HYPERVISOR, "comes twice"},
        {"The file is already in use", LAB_CONFLICT, "close the VMware window"},
        {"This VM is in use.", LAB_CONFLICT, "close the VMware window"},
        {"The operation was canceled", LAB_HYPERVISOR, "vmware.log"},
        {"Cannot connect to the virtual machine", LAB_HOST, "owns the VM's folder"},
        {"Service type VIX_SERVICEPROVIDER_VMWARE_WORKSTATION was specified, but not installed",
         LAB_HOST, "Workstation Pro"},
        {"The specified version was not found", LAB_HOST, "Workstation Pro"},
        {"A file was not found", LAB_HYPERVISOR, "--recreate"},
        {"The VMware Tools are not running in the virtual machine: /x.vmx", LAB_HYPERVISOR,
         "open-vm-tools"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *text = lab_format("start *\terr\t%s\n", cases[i].words);
        rules(text);
        assert_refused(call("start", &err), cases[i].code, cases[i].words, cases[i].hint);
    }
}

/* A screen of usage is no reason; a verb that 1.17 does not have is our mistake. */
static void an_unknown_verb_is_a_defect(void **state)
{
    (void)state;
    rules("*\tok\n");
    assert_refused(call("unregister", &err), LAB_INTERNAL, "does not know this call", NULL);
    LAB_AUTOFREE char *version = NULL;
    assert_ok(lab_vmrun_version(&vmrun, &version, &err));
    assert_string_equal(version, "1.17.0 build-24583834");
}

/* --- the list --------------------------------------------------------------------------------- */

static void lists_are_read_whole(void **state)
{
    (void)state;
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list;
    assert_ok(lab_vmrun_list_read(&list,
                                  "warning\r\nTotal running VMs: 2\r\n"
                                  "C:\\VMs\\웹 1\\a.vmx\r\n/vm/b.vmx\r\n\r\n",
                                  &err));
    assert_string_equal(list.paths.items[0], "C:\\VMs\\웹 1\\a.vmx");
    assert_string_equal(list.paths.items[1], "/vm/b.vmx");
    static const char *const bad[] = {"",
                                      "Total running VMs: \n",
                                      "Total running VMs: x\n",
                                      "Total running VMs: 99999999999\n",
                                      "Total running VMs: 1\n",
                                      "Total running VMs: 1\n/a\n/b\n",
                                      "/vm/b.vmx\n"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(bad); i++) {
        LAB_AUTO_VMRUN_LIST struct lab_vmrun_list other;
        assert_refused(lab_vmrun_list_read(&other, bad[i], &err), LAB_HYPERVISOR,
                       "cannot read vmrun's list", NULL);
    }
}

/* A VM beside ours whose path begins or ends like ours is another one; a link to ours is ours. */
static void whole_paths_are_compared(void **state)
{
    (void)state;
    LAB_AUTOFREE char *link = lab_format("%s-link", dir);
    assert_int_equal(symlink(dir, link), 0);
    LAB_AUTOFREE char *text =
        lab_format("Total running VMs: 3\n%s.bak\n/other%s\n%s/./웹 서버.vmx\n", vmx, vmx, link);
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list list;
    assert_ok(lab_vmrun_list_read(&list, text, &err));
    assert_true(lab_vmrun_list_has(&list, vmx));
    free(list.paths.items[2]);
    list.paths.items[2] = lab_strdup("/other.vmx");
    assert_false(lab_vmrun_list_has(&list, vmx));
    /* The file is gone, its folder not. */
    LAB_AUTOFREE char *gone = lab_path_join(dir, "gone.vmx");
    free(list.paths.items[2]);
    list.paths.items[2] = lab_format("%s/gone.vmx", link);
    assert_true(lab_vmrun_list_has(&list, gone));
    assert_int_equal(unlink(link), 0);
}

/* --- power ------------------------------------------------------------------------------------ */

static void what_is_so_already_is_not_done_again(void **state)
{
    (void)state;
    rules(RUNNING);
    assert_ok(lab_vmrun_start(&vmrun, vmx, &err));
    calls_were("list\n");
    rules(NONE);
    assert_ok(lab_vmrun_soft_stop(&vmrun, vmx, &err));
    assert_ok(lab_vmrun_hard_stop(&vmrun, vmx, &err));
    calls_were("list\nlist\n");
    rules(NONE "start *\terr\tThe virtual machine should not be powered on. "
               "It is already running.\n");
    assert_ok(lab_vmrun_start(&vmrun, vmx, &err));
    rules(RUNNING "stop *\terr\tThe virtual machine is not powered on: VMX\n");
    assert_ok(lab_vmrun_soft_stop(&vmrun, vmx, &err));
}

static void a_start_has_no_window(void **state)
{
    (void)state;
    rules(NONE "start VMX nogui\tok\n");
    assert_ok(lab_vmrun_start(&vmrun, vmx, &err));
    calls_were("list\nstart VMX nogui\n");
}

static void refusals_that_pass_are_tried_again(void **state)
{
    (void)state;
    rules(NONE "start *\tonce-err\tThe file is already in use\n"
               "start *\tonce-err0\tThe operation is not supported\nstart *\tok\n");
    assert_ok(lab_vmrun_start(&vmrun, vmx, &err));
    calls_were("list\nstart VMX nogui\nstart VMX nogui\nstart VMX nogui\n");
    rules(NONE "start *\terr\tThe file is already in use\n");
    assert_refused(lab_vmrun_start(&vmrun, vmx, &err), LAB_CONFLICT, "cannot start VM", "window");
    calls_were("list\nstart VMX nogui\nstart VMX nogui\nstart VMX nogui\n");
    rules(NONE "start *\terr\tThe operation was canceled\n");
    assert_refused(lab_vmrun_start(&vmrun, vmx, &err), LAB_HYPERVISOR, "canceled", "vmware.log");
    calls_were("list\nstart VMX nogui\n");
}

/* Killed, the list asked, and what hangs in it stopped. */
static void a_start_that_hangs_leaves_nothing(void **state)
{
    (void)state;
    rules("list\tonce-say\tTotal running VMs: 0\\n\nstart *\thang\n"
          "list\tonce-say\tTotal running VMs: 1\\nVMX\\n\nstop VMX hard\tok\n" NONE);
    assert_refused(lab_vmrun_start(&vmrun, vmx, &err), LAB_TIMEOUT, "cannot start VM",
                   "/vmware.log");
    calls_were("list\nstart VMX nogui\nlist\nstop VMX hard\nlist\n");
}

static void a_soft_stop_that_hangs_was_asked(void **state)
{
    (void)state;
    rules(RUNNING "stop VMX soft\thang\n");
    assert_ok(lab_vmrun_soft_stop(&vmrun, vmx, &err));
    calls_were("list\nstop VMX soft\n");
}

static void a_paused_vm_goes_on_and_is_stopped(void **state)
{
    (void)state;
    rules(RUNNING "stop *\tonce-err\tThe virtual machine is paused: VMX\n"
                  "unpause VMX\tok\nstop *\tok\n");
    assert_ok(lab_vmrun_soft_stop(&vmrun, vmx, &err));
    calls_were("list\nstop VMX soft\nunpause VMX\nstop VMX soft\n");
    rules(RUNNING "stop *\terr\tThe virtual machine is paused: VMX\n"
                  "unpause VMX\terr\tThe operation was canceled\n");
    assert_refused(lab_vmrun_soft_stop(&vmrun, vmx, &err), LAB_HYPERVISOR, "unpause VM",
                   "vmware.log");
}

static void a_hard_stop_is_proved_by_the_list(void **state)
{
    (void)state;
    rules("list\tonce-say\tTotal running VMs: 1\\nVMX\\n\nstop VMX hard\tonce-hang\n"
          "list\tonce-say\tTotal running VMs: 1\\nVMX\\n\nstop VMX hard\tok\n" NONE);
    assert_ok(lab_vmrun_hard_stop(&vmrun, vmx, &err));
    calls_were("list\nstop VMX hard\nlist\nstop VMX hard\nlist\n");
    rules(RUNNING "stop *\tok\n");
    assert_refused(lab_vmrun_hard_stop(&vmrun, vmx, &err), LAB_HYPERVISOR, "still runs",
                   "vmware-vmx");
    rules(RUNNING "stop *\thang\n");
    assert_refused(lab_vmrun_hard_stop(&vmrun, vmx, &err), LAB_TIMEOUT, "stop VM", NULL);
    rules(RUNNING "stop *\terr\tInsufficient permissions\n");
    assert_refused(lab_vmrun_hard_stop(&vmrun, vmx, &err), LAB_HOST, "Insufficient", "owns");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(the_language_is_english_in_utf8),
        fake_test(a_missing_vmrun_says_what_to_install),
        fake_test(errors_stand_on_stdout_with_any_status),
        fake_test(known_refusals_have_a_way_out),
        fake_test(an_unknown_verb_is_a_defect),
        fake_test(lists_are_read_whole),
        fake_test(whole_paths_are_compared),
        fake_test(what_is_so_already_is_not_done_again),
        fake_test(a_start_has_no_window),
        fake_test(refusals_that_pass_are_tried_again),
        fake_test(a_start_that_hangs_leaves_nothing),
        fake_test(a_soft_stop_that_hangs_was_asked),
        fake_test(a_paused_vm_goes_on_and_is_stopped),
        fake_test(a_hard_stop_is_proved_by_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
