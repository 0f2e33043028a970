/* The VMware provider against tests/double/vmrun, which rewrites, locks and refuses as VMware does;
 * a stub stands in for QEMU, so no guest runs. */
#include "provider_fixture.h"

#include <signal.h>
#include <unistd.h>

#include "disk/disk.h"
#include "provider/vmware_impl.h"
#include "provider/vmware_vmx.h"

#define FAKE_SHA256 "00000000000000000000000000000000000000000000000000000000000000ff"

#define DOUBLE LABCTL_TEST_DIR "/double"
#define LAB_ID "5f0c9c1e-0000-4000-8000-0000000000aa"

static char *dir, *vmx;
static struct lab_provider p;

static void put(const char *name, const void *bytes, size_t n)
{
    LAB_AUTOFREE char *path = lab_path_join(dir, name);
    LAB_AUTOFREE char *folder = lab_path_dir(path);
    assert_ok(plat_mkdirs(folder, 0700, &err));
    write_bytes(path, bytes, n);
}

/* A base image of 3 MiB with something in its middle. */
static void put_base(void)
{
    static char bytes[3 << 20];
    memcpy(bytes + (1 << 20), "a guest's system", 16);
    put("base.raw", bytes, sizeof(bytes));
}

static int setup(void **state)
{
    (void)state;
    dir = scratch_folder();
    vmx = lab_path_join(dir, "vms/web-01/web-01.vmx");
    LAB_AUTOFREE char *states = lab_path_join(dir, "double");
    LAB_AUTOFREE char *path = lab_format(DOUBLE ":%s", getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("VMRUN_DOUBLE_DIR", states, 1);
    setenv("VMRUN_DOUBLE_QEMU", DOUBLE "/qemu-stub", 1);
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=1", 1);
    const struct lab_provider_config config = {.owner = {"airgap", LAB_ID, NULL}, .home = dir};
    assert_ok(lab_vmware_ops.open(&p, &config, &err));
    put("seed.iso", "seed", 4);
    put_base();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    setenv("VMRUN_DOUBLE_OPTIONS", "", 1);
    const char *const names[] = {"web-01", "web-02"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++)
        assert_ok(p.ops->destroy(&p, names[i], &err));
    p.ops->close(&p);
    int rc = plat_remove_tree(dir, NULL);
    free(dir);
    free(vmx);
    return rc;
}

#define double_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static int define(const char *name, bool seed, unsigned cpu, struct lab_error *err)
{
    static const struct lab_vm_nic nic = {"/dev/vmnet1", false, "00:50:56:00:06:0a", NULL};
    LAB_AUTOFREE char *iso = lab_path_join(dir, "seed.iso");
    LAB_AUTOFREE char *base = lab_path_join(dir, "base.raw");
    LAB_AUTOFREE char *console = lab_path_join(dir, "web-01.log");
    const struct lab_vm vm = {.name = name,
                              .uuid = "5f0c9c1e-1111-4000-8000-000000000001",
                              .generation = "3f9a1c",
                              .cpu = cpu,
                              .memory_mib = 512,
                              .disk_bytes = 8 << 20,
                              .base = base,
                              .nics = &nic,
                              .nics_len = 1,
                              .seed = seed ? iso : NULL,
                              .console = console};
    return p.ops->define(&p, &vm, err);
}

static void look(const char *name, struct lab_vm_states *out)
{
    assert_ok(p.ops->query(&p, &name, 1, out, &err));
    assert_int_equal(out->list.len, 1);
}

static enum lab_power power(const char *name)
{
    struct lab_vm_states states = {{0}};
    look(name, &states);
    enum lab_power now = states.list.items[0].power;
    lab_vm_states_clear(&states);
    return now;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void defined_started_stopped_detached(void **state)
{
    (void)state;
    struct lab_vm_states states = {{0}};
    assert_int_equal(power("web-01"), LAB_POWER_ABSENT);
    assert_ok(define("web-01", true, 2, &err));
    assert_ok(define("web-01", true, 2, &err));
    look("web-01", &states);
    const struct lab_vm_state *v = &states.list.items[0];
    assert_int_equal(v->power, LAB_POWER_OFF);
    assert_true(v->ours && v->seed_attached && !v->payload_attached);
    assert_string_equal(v->generation, "3f9a1c");
    assert_string_equal(v->owner_lab, "airgap");
    assert_string_equal(v->where, vmx);
    assert_int_equal(v->cpu, 2);
    assert_int_equal(v->memory_mib, 512);
    lab_vm_states_clear(&states);
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_int_equal(power("web-01"), LAB_POWER_ON);
    assert_refused(define("web-01", false, 2, &err), LAB_HYPERVISOR, "while it is on",
                   "labctl stop");
    assert_ok(p.ops->soft_stop(&p, "web-01", &err));
    assert_int_equal(power("web-01"), LAB_POWER_OFF);
    /* The double still holds the VM's files now. */
    assert_ok(define("web-01", false, 4, &err));
    look("web-01", &states);
    assert_false(states.list.items[0].seed_attached);
    assert_int_equal(states.list.items[0].cpu, 4);
    lab_vm_states_clear(&states);
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_ok(p.ops->hard_stop(&p, "web-01", &err));
    assert_int_equal(power("web-01"), LAB_POWER_OFF);
}

/* As Windows would have written it, too. */
static void what_vmware_added_survives_the_detach(void **state)
{
    (void)state;
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0 crlf recase", 1);
    assert_ok(define("web-01", true, 2, &err));
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0 crlf", 1);
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_ok(p.ops->hard_stop(&p, "web-01", &err));
    assert_ok(lab_vmware_wait_free(p.impl, vmx, &err));
    LAB_AUTO_VMX struct lab_vmx before, after;
    assert_ok(lab_vmx_load(&before, vmx, &err));
    assert_ok(define("web-01", false, 2, &err));
    assert_ok(lab_vmx_load(&after, vmx, &err));
    assert_int_equal(before.lines.len, after.lines.len);
    size_t changed = 0;
    for (size_t i = 0; i < before.lines.len; i++) {
        const struct lab_vmx_line *a = &before.lines.items[i], *b = &after.lines.items[i];
        assert_string_equal(b->end, "\r\n");
        changed += strcmp(a->text, b->text) != 0;
    }
    assert_int_equal(changed, 1);
    assert_string_equal(lab_vmx_get(&after, "sata0:1.startConnected"), "FALSE");
    assert_non_null(lab_vmx_get(&after, "ethernet0.pciSlotNumber"));
}

static void strangers_are_left_alone(void **state)
{
    (void)state;
    static const char theirs[] = "guestinfo.labctl.lab = \"other\"\nguestinfo.labctl.id = \"x\"\n";
    static const char nobodys[] = "displayName = \"web-01\"\n";
    struct lab_vm_states states = {{0}};
    put("vms/web-01/web-01.vmx", theirs, strlen(theirs));
    assert_refused(define("web-01", true, 1, &err), LAB_CONFLICT, "another labctl lab, 'other'",
                   "deleteVM");
    put("vms/web-01/web-01.vmx", nobodys, strlen(nobodys));
    assert_refused(p.ops->start(&p, "web-01", &err), LAB_CONFLICT, "not made by labctl", NULL);
    assert_refused(p.ops->soft_stop(&p, "web-01", &err), LAB_CONFLICT, "web-01", NULL);
    assert_refused(p.ops->hard_stop(&p, "web-01", &err), LAB_CONFLICT, "web-01", NULL);
    assert_refused(p.ops->destroy(&p, "web-01", &err), LAB_CONFLICT, "web-01", NULL);
    assert_ok(p.ops->query(&p, NULL, 0, &states, &err));
    assert_int_equal(states.list.len, 0);
    assert_ok(p.ops->remove_lab(&p, &err));
    assert_true(lab_file_exists(vmx));
    assert_ok(plat_remove(vmx, &err));
}

/* What is tagged, but somewhere else: a link is not a folder that labctl made. */
static void links_lead_nowhere(void **state)
{
    (void)state;
    LAB_AUTOFREE char *vms = lab_path_join(dir, "vms");
    LAB_AUTOFREE char *link = lab_path_join(dir, "vms/web-01");
    LAB_AUTOFREE char *elsewhere = lab_path_join(dir, "elsewhere");
    LAB_AUTOFREE char *their_vmx = lab_path_join(dir, "elsewhere/web-01.vmx");
    LAB_AUTOFREE char *precious = lab_path_join(dir, "elsewhere/precious");
    static const char tagged[] =
        "guestinfo.labctl.lab = \"airgap\"\nguestinfo.labctl.id = \"" LAB_ID "\"\n";
    struct lab_tagged_list found = {{0}};
    put("elsewhere/precious", "x", 1);
    assert_ok(plat_mkdirs(vms, 0700, &err));
    assert_int_equal(symlink(elsewhere, link), 0);
    assert_refused(define("web-01", true, 1, &err), LAB_CONFLICT, "symbolic link", "vm_dir");
    assert_false(lab_file_exists(their_vmx)); /* not made there either */
    put("elsewhere/web-01.vmx", tagged, strlen(tagged));
    assert_refused(define("web-01", true, 1, &err), LAB_CONFLICT, "symbolic link", NULL);
    assert_refused(p.ops->start(&p, "web-01", &err), LAB_CONFLICT, "symbolic link", NULL);
    assert_refused(p.ops->grow_disk(&p, "web-01", 9 << 20, &err), LAB_CONFLICT, "symbolic link",
                   NULL);
    assert_refused(p.ops->destroy(&p, "web-01", &err), LAB_CONFLICT, "symbolic link", NULL);
    assert_ok(p.ops->find(&p, &found, &err));
    assert_int_equal(found.list.len, 0);
    assert_ok(p.ops->remove_lab(&p, &err));
    assert_true(lab_file_exists(precious));
    assert_ok(plat_remove(link, &err));
    /* the VMX alone */
    assert_ok(plat_mkdirs(link, 0700, &err));
    assert_int_equal(symlink(their_vmx, vmx), 0);
    assert_refused(p.ops->destroy(&p, "web-01", &err), LAB_CONFLICT, "symbolic link", NULL);
    assert_true(lab_file_exists(their_vmx));
    assert_ok(plat_remove(vmx, &err));
}

/* With our VMX in it, all of it would be ours. */
static void a_folder_that_others_fill_is_not_taken(void **state)
{
    (void)state;
    LAB_AUTOFREE char *theirs = lab_path_join(dir, "vms/web-01/Windows 11.vmx");
    LAB_AUTOFREE char *folder = lab_path_join(dir, "vms/web-01");
    put("vms/web-01/Windows 11.vmx", "x", 1);
    assert_refused(define("web-01", true, 1, &err), LAB_CONFLICT, "holds 'Windows 11.vmx'",
                   "move that folder away");
    assert_ok(p.ops->destroy(&p, "web-01", &err));
    assert_true(lab_file_exists(theirs));
    assert_false(lab_file_exists(vmx));
    assert_ok(plat_remove_tree(folder, &err));
    put("vms/web-01/web-01.vmx.part", "x", 1); /* of our own, killed */
    assert_ok(define("web-01", true, 1, &err));
    assert_ok(p.ops->destroy(&p, "web-01", &err));
    put("vms/web-01", "x", 1);
    assert_refused(define("web-01", true, 1, &err), LAB_CONFLICT, "is no folder", NULL);
    assert_ok(plat_remove(folder, &err));
}

/* As long as something is left, it says whose it is. */
static void the_vmx_goes_last(void **state)
{
    (void)state;
    LAB_AUTOFREE char *folder = lab_path_join(dir, "vms/web-01");
    LAB_AUTOFREE char *inner = lab_path_join(dir, "vms/web-01/zz/file");
    assert_ok(define("web-01", true, 1, &err));
    put("vms/web-01/zz/file", "x", 1);
    LAB_AUTOFREE char *freeze = lab_format("chattr +i '%s' 2>/dev/null", inner);
    LAB_AUTOFREE char *thaw = lab_format("chattr -i '%s'", inner);
    if (system(freeze) != 0) /* not every file system, and only root */
        skip();
    struct lab_error why = LAB_ERROR_INIT;
    int rc = p.ops->destroy(&p, "web-01", &why);
    assert_int_equal(system(thaw), 0);
    lab_error_clear(&why);
    assert_int_equal(rc, -1);
    assert_true(lab_file_exists(vmx));
    assert_ok(p.ops->destroy(&p, "web-01", &err));
    assert_false(lab_file_exists(folder));
}

static void what_is_tagged_is_found(void **state)
{
    (void)state;
    static const char other[] = "guestinfo.labctl.lab = \"airgap\"\nguestinfo.labctl.id = "
                                "\"5f0c9c1e-0000-4000-8000-0000000000bb\"\n"
                                "guestinfo.labctl.home = \"host:/home/lee\"\n";
    static const char strange[] = "guestinfo.labctl.lab = \"other\"\nguestinfo.labctl.id = "
                                  "\"5f0c9c1e-0000-4000-8000-0000000000cc\"\n";
    struct lab_tagged_list found = {{0}};
    assert_ok(define("web-01", true, 1, &err));
    put("vms/web-03/web-03.vmx", other, strlen(other));
    put("vms/web-04/web-04.vmx", strange, strlen(strange));
    put("vms/web-05/web-05.vmx", "displayName = \"x\"\n", 18);
    put("vms/web-06/web-06.vmx", "no vmx", 6);
    assert_ok(p.ops->find(&p, &found, &err));
    assert_int_equal(found.list.len, 2);
    assert_string_equal(found.list.items[0].name, "web-01");
    assert_string_equal(found.list.items[0].id, LAB_ID);
    assert_null(found.list.items[0].home);
    assert_has(found.list.items[0].where, vmx);
    assert_string_equal(found.list.items[1].name, "web-03");
    assert_string_equal(found.list.items[1].home, "host:/home/lee");
    lab_tagged_clear(&found);
}

static void all_of_ours_are_found(void **state)
{
    (void)state;
    struct lab_vm_states states = {{0}};
    setenv("VMRUN_DOUBLE_OPTIONS", "foreign crlf settle=0", 1);
    assert_ok(define("web-01", true, 1, &err));
    assert_ok(define("web-02", true, 1, &err));
    assert_ok(p.ops->start(&p, "web-02", &err));
    assert_ok(p.ops->query(&p, NULL, 0, &states, &err));
    assert_int_equal(states.list.len, 2);
    assert_int_equal(lab_vm_states_find(&states, "web-01")->power, LAB_POWER_OFF);
    assert_int_equal(lab_vm_states_find(&states, "web-02")->power, LAB_POWER_ON);
    lab_vm_states_clear(&states);
    assert_ok(p.ops->destroy(&p, "web-01", &err));
    assert_ok(p.ops->destroy(&p, "web-02", &err));
    assert_int_equal(power("web-02"), LAB_POWER_ABSENT);
    LAB_AUTOFREE char *vms = lab_path_join(dir, "vms");
    assert_ok(p.ops->remove_lab(&p, &err));
    assert_false(lab_file_exists(vms));
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    assert_refused(p.ops->start(&p, "web-01", &err), LAB_HYPERVISOR, "there is no", "labctl up");
    assert_ok(define("web-01", true, 1, &err));
    LAB_AUTOFREE char *iso = lab_path_join(dir, "seed.iso");
    LAB_AUTOFREE char *disk = lab_path_join(dir, "vms/web-01/web-01.vmdk");
    assert_ok(plat_remove(iso, &err));
    assert_refused(define("web-01", true, 1, &err), LAB_HYPERVISOR, "is not there", NULL);
    assert_ok(plat_remove(disk, &err));
    assert_refused(define("web-01", false, 1, &err), LAB_HYPERVISOR, "is gone", "--recreate");
    assert_refused(p.ops->start(&p, "web-01", &err), LAB_HYPERVISOR, "A file was not found",
                   "--recreate");
}

static uint64_t size_of(const char *path)
{
    struct lab_disk *d;
    assert_ok(lab_disk_open(&d, path, &err));
    uint64_t size = lab_disk_info(d)->size;
    char bytes[16];
    assert_ok(lab_disk_read(d, 1 << 20, bytes, 16, &err));
    assert_memory_equal(bytes, "a guest's system", 16);
    lab_disk_close(d);
    return size;
}

static void disks_have_the_base_in_them_and_grow(void **state)
{
    (void)state;
    LAB_AUTOFREE char *disk = lab_path_join(dir, "vms/web-01/web-01.vmdk");
    LAB_AUTOFREE char *before = lab_path_join(dir, "vms/web-01/web-01-before.vmdk");
    assert_ok(define("web-01", true, 1, &err));
    assert_int_equal(size_of(disk), 8 << 20);
    assert_ok(p.ops->grow_disk(&p, "web-01", 16 << 20, &err));
    assert_int_equal(size_of(disk), 16 << 20);
    assert_false(lab_file_exists(before));
    /* killed between the two renames */
    assert_ok(plat_rename(disk, before, &err));
    assert_ok(p.ops->grow_disk(&p, "web-01", 16 << 20, &err));
    assert_int_equal(size_of(disk), 16 << 20);
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_refused(p.ops->grow_disk(&p, "web-01", 32 << 20, &err), LAB_HYPERVISOR, "while it is on",
                   NULL);
}

/* --- snapshots -------------------------------------------------------------------------------- */

static char *disk_in_vmx(void)
{
    LAB_AUTO_VMX struct lab_vmx now;
    assert_ok(lab_vmx_load(&now, vmx, &err));
    return lab_strdup(lab_vmx_get(&now, "scsi0:0.fileName"));
}

static void assert_disk(const char *file)
{
    LAB_AUTOFREE char *there = disk_in_vmx();
    struct lab_vm_states states = {{0}};
    assert_string_equal(there, file);
    look("web-01", &states);
    assert_false(states.list.items[0].disk_gone);
    lab_vm_states_clear(&states);
}

static size_t snapshots_of(const char *name)
{
    LAB_AUTO_VM_SNAPSHOTS struct lab_vm_snapshots there = {{0}, false};
    assert_ok(p.ops->snapshots(&p, name, &there, &err));
    return there.names.len;
}

/* The VMX that VMware puts back has the seed of that time; what we define has not, and stays on the
 * disk that VMware chose. */
static void a_vm_goes_back_and_is_defined_as_it_is_now(void **state)
{
    (void)state;
    struct lab_vm_states states = {{0}};
    if (access("/usr/bin/qemu-img", X_OK) != 0)
        skip(); /* makes the double's child disks */
    assert_ok(define("web-01", true, 1, &err));
    assert_int_equal(snapshots_of("web-01"), 0);
    assert_ok(p.ops->snapshot(&p, "web-01", "labctl-a-0", &err));
    assert_ok(p.ops->snapshot(&p, "web-01", "labctl-a-0", &err));
    assert_int_equal(snapshots_of("web-01"), 1);
    assert_disk("web-01-000001.vmdk");
    assert_ok(define("web-01", false, 2, &err));
    assert_disk("web-01-000001.vmdk");
    assert_refused(p.ops->grow_disk(&p, "web-01", 16 << 20, &err), LAB_HYPERVISOR,
                   "cannot grow the disk of VM 'web-01': it has snapshots", "snapshot list");
    assert_ok(p.ops->revert(&p, "web-01", "labctl-a-0", &err));
    look("web-01", &states);
    assert_true(states.list.items[0].seed_attached); /* VMware's doing */
    lab_vm_states_clear(&states);
    assert_ok(define("web-01", false, 2, &err));
    assert_disk("web-01-000002.vmdk");
    look("web-01", &states);
    assert_false(states.list.items[0].seed_attached);
    assert_int_equal(states.list.items[0].cpu, 2);
    lab_vm_states_clear(&states);
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_refused(p.ops->snapshot(&p, "web-01", "b", &err), LAB_HYPERVISOR, "while it is on",
                   "labctl stop");
    assert_refused(p.ops->revert(&p, "web-01", "labctl-a-0", &err), LAB_HYPERVISOR,
                   "while it is on", "labctl stop");
    assert_refused(p.ops->delete_snapshot(&p, "web-01", "labctl-a-0", &err), LAB_HYPERVISOR,
                   "while it is on", "labctl stop");
    assert_ok(p.ops->hard_stop(&p, "web-01", &err));
    assert_ok(p.ops->delete_snapshot(&p, "web-01", "labctl-a-0", &err));
    assert_ok(p.ops->delete_snapshot(&p, "web-01", "labctl-a-0", &err));
    assert_disk("web-01.vmdk");
    assert_ok(p.ops->grow_disk(&p, "web-01", 16 << 20, &err));
}

/* Which name stays is VMware's business. */
static void a_disk_may_keep_the_name_of_a_child(void **state)
{
    (void)state;
    if (access("/usr/bin/qemu-img", X_OK) != 0)
        skip();
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0 keep-child", 1);
    assert_ok(define("web-01", false, 1, &err));
    assert_ok(p.ops->snapshot(&p, "web-01", "a", &err));
    assert_ok(p.ops->delete_snapshot(&p, "web-01", "a", &err));
    assert_int_equal(snapshots_of("web-01"), 0);
    assert_disk("web-01-000001.vmdk");
    assert_ok(define("web-01", false, 2, &err));
    assert_disk("web-01-000001.vmdk");
    assert_ok(p.ops->start(&p, "web-01", &err));
}

static void player_has_no_snapshots(void **state)
{
    (void)state;
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0 no-snapshots", 1);
    assert_ok(define("web-01", true, 1, &err));
    struct lab_vm_snapshots there = {{0}, false};
    assert_refused(p.ops->snapshot(&p, "web-01", "a", &err), LAB_HYPERVISOR, "not supported",
                   "VMware Player has no snapshots");
    assert_refused(p.ops->snapshots(&p, "web-01", &there, &err), LAB_HYPERVISOR, "not supported",
                   "VMware Player has no snapshots");
}

static void disks_of_a_vm_by_their_names(void **state)
{
    (void)state;
    static const char *const ours[] = {"web-01.vmdk", "web-01-000001.vmdk", "web-01-000123.vmdk"};
    static const char *const not_ours[] = {
        "web-01-1.vmdk", "web-01-0000012.vmdk", "web-01-s001.vmdk",   "web-01-before.vmdk",
        "web-011.vmdk",  "../web-01.vmdk",      "web-01-00000a.vmdk", "web-01.vmx"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(ours); i++)
        assert_true(lab_vmware_is_disk("web-01", ours[i]));
    for (size_t i = 0; i < LAB_ARRAY_LEN(not_ours); i++)
        assert_false(lab_vmware_is_disk("web-01", not_ours[i]));
}

static void an_image_is_converted_once(void **state)
{
    (void)state;
    char sha256[LAB_SHA256_HEX];
    char *ref = NULL;
    LAB_AUTOFREE char *base = lab_path_join(dir, "base.raw");
    setenv("LABCTL_HOME", dir, 1);
    assert_ok(lab_sha256_file(base, sha256, NULL, &err));
    assert_refused(p.ops->import_base(&p, base, FAKE_SHA256, LAB_IMAGE_RAW, NULL, &ref, &err),
                   LAB_INTEGRITY, "base.raw", NULL);
    assert_ok(p.ops->import_base(&p, base, sha256, LAB_IMAGE_RAW, NULL, &ref, &err));
    assert_int_equal(size_of(ref), 3 << 20);
    free(lab_steal(&ref));
    assert_ok(plat_remove(base, &err)); /* not needed any more */
    assert_ok(p.ops->import_base(&p, base, sha256, LAB_IMAGE_RAW, NULL, &ref, &err));
    free(ref);
}

/* The start waits for a click that never comes: ended, and nothing of it stays. */
static void a_question_is_a_timeout(void **state)
{
    (void)state;
    struct lab_vmware *vw = p.impl;
    assert_ok(define("web-01", true, 1, &err));
    LAB_AUTO_VMX struct lab_vmx asking;
    assert_ok(lab_vmx_load(&asking, vmx, &err));
    lab_vmx_remove(&asking, "msg.autoAnswer");
    lab_vmx_remove(&asking, "uuid.action");
    assert_ok(lab_vmx_set(&asking, "uuid.location", "56 4d 00", &err));
    assert_ok(lab_vmx_save(&asking, vmx, &err));
    setenv("VMRUN_DOUBLE_OPTIONS", "questions settle=0", 1);
    vw->vmrun.start_ms = 1500;
    assert_refused(p.ops->start(&p, "web-01", &err), LAB_TIMEOUT, "cannot start VM", "vmware.log");
    assert_int_equal(power("web-01"), LAB_POWER_OFF);
}

/* What a killed vmware-vmx leaves: locks whose holder is gone, and no clean shutdown. */
static void a_crash_holds_nothing_up(void **state)
{
    (void)state;
    struct lab_vmware *vw = p.impl;
    vw->settle_ms = 300;
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0", 1);
    assert_ok(define("web-01", true, 1, &err));
    assert_ok(p.ops->start(&p, "web-01", &err));
    LAB_AUTOFREE char *lock = NULL;
    assert_ok(lab_vmx_find_lock(vmx, &lock, &err));
    assert_non_null(lock);
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "sh");
    lab_child_args(&c, "-c",
                   "kill -9 $(sed -n 's/^[^ ]* \\([0-9]*\\)-.*/\\1/p' \"$0\"/M*.lck); sleep 0.5",
                   lock, (char *)NULL);
    assert_ok(lab_child_run(&c, &err));
    assert_int_equal(power("web-01"), LAB_POWER_OFF);
    assert_ok(define("web-01", false, 1, &err));
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_refused(define("web-01", false, 1, &err), LAB_HYPERVISOR, "while it is on", NULL);
    assert_ok(p.ops->hard_stop(&p, "web-01", &err));
    vw->settle_ms = 10 * 1000;
    assert_ok(p.ops->destroy(&p, "web-01", &err));
}

/* As after a look that was too early: a labctl that was killed had left its start under way. */
static void a_vm_that_comes_up_late_is_seen(void **state)
{
    (void)state;
    struct lab_vmware *vw = p.impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen seen;
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0", 1);
    assert_ok(define("web-01", true, 1, &err));
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_ok(lab_vmware_see_ours(vw, "web-01", &seen, &err));
    seen.running = false;
    assert_ok(lab_vmware_wait_unlocked(vw, &seen, false, &err));
    assert_true(seen.running);
    assert_int_equal(power("web-01"), LAB_POWER_ON);
    seen.running = false;
    assert_ok(lab_vmware_wait_unlocked(vw, &seen, true, &err));
    assert_int_equal(power("web-01"), LAB_POWER_OFF);
}

/* What was seen in a folder says nothing of what came there since. */
static void a_vm_that_is_another_ones_by_now_is_left_alone(void **state)
{
    (void)state;
    struct lab_vmware *vw = p.impl;
    LAB_AUTO_VMWARE_SEEN struct lab_vmware_seen seen;
    LAB_AUTO_VMX struct lab_vmx def;
    setenv("VMRUN_DOUBLE_OPTIONS", "tools=0 settle=0", 1);
    assert_ok(define("web-01", true, 1, &err));
    assert_ok(p.ops->start(&p, "web-01", &err));
    assert_ok(lab_vmware_see_ours(vw, "web-01", &seen, &err));
    seen.running = false;
    assert_ok(lab_vmx_load(&def, vmx, &err));
    assert_ok(lab_vmx_set(&def, LAB_VMWARE_TAG_ID, "another", &err));
    assert_ok(lab_vmx_save(&def, vmx, &err));
    assert_refused(lab_vmware_wait_unlocked(vw, &seen, true, &err), LAB_CONFLICT, "web-01", NULL);
    assert_string_equal(seen.name, "web-01");
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "vmrun");
    lab_child_args(&c, "-T", "ws", "list", (char *)NULL);
    assert_ok(lab_child_run(&c, &err));
    assert_has(lab_str_get(&c.out), "web-01.vmx");
    assert_ok(lab_vmx_set(&def, LAB_VMWARE_TAG_ID, LAB_ID, &err));
    assert_ok(lab_vmx_save(&def, vmx, &err));
}

static void a_vm_gets_the_hardware_of_this_workstation(void **state)
{
    (void)state;
    struct lab_vmware *vw = p.impl;
    LAB_AUTO_VMX struct lab_vmx def;
    vw->hardware = 18;
    assert_ok(define("web-01", false, 1, &err));
    assert_ok(lab_vmx_load(&def, vmx, &err));
    assert_string_equal(lab_vmx_get(&def, "virtualHW.version"), "18");
}

static void the_host_is_described(void **state)
{
    (void)state;
    struct lab_host_info info;
    assert_ok(p.ops->probe(&p, &info, &err));
    assert_string_equal(info.hypervisor, "VMware Workstation, vmrun 1.17.0 build-24583834");
    assert_true(info.accelerated);
    free(info.hypervisor);
    assert_null(info.why);
    assert_ptr_equal(lab_provider_by_kind(LAB_PROVIDER_VMWARE), &lab_vmware_ops);
    const struct lab_net net = {.name = "default", .bridge = "br0"};
    struct lab_net_state network;
    assert_refused(p.ops->look_network(&p, &net, &network, &err), LAB_USAGE, "'br0'", "VMnet1");
    assert_refused(p.ops->remove_network(&p, "/dev/vmnet1", &err), LAB_CONFLICT, "kept", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        double_test(defined_started_stopped_detached),
        double_test(what_vmware_added_survives_the_detach),
        double_test(strangers_are_left_alone),
        double_test(links_lead_nowhere),
        double_test(a_folder_that_others_fill_is_not_taken),
        double_test(the_vmx_goes_last),
        double_test(what_is_tagged_is_found),
        double_test(all_of_ours_are_found),
        double_test(what_is_missing_is_said),
        double_test(disks_have_the_base_in_them_and_grow),
        double_test(a_vm_goes_back_and_is_defined_as_it_is_now),
        double_test(a_disk_may_keep_the_name_of_a_child),
        double_test(player_has_no_snapshots),
        double_test(disks_of_a_vm_by_their_names),
        double_test(an_image_is_converted_once),
        double_test(a_question_is_a_timeout),
        double_test(a_crash_holds_nothing_up),
        double_test(a_vm_that_comes_up_late_is_seen),
        double_test(a_vm_that_is_another_ones_by_now_is_left_alone),
        double_test(a_vm_gets_the_hardware_of_this_workstation),
        double_test(the_host_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
