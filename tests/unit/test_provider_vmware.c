/* What labctl gives to VMware Workstation, byte for byte (tests/golden/vmware), and that each of it
 * is a VMX to our own strict reader: no name twice, no other text. */
#include "provider_golden.h"

#include "provider/vmware_vmx.h"
#include "provider/vmx.h"

static const struct lab_owner owner = {"airgap", "5f0c9c1e-0000-4000-8000-0000000000aa",
                                       "host:/home/kim/.local/share/labctl"};

static const struct lab_vm_nic nics[] = {
    {"VMnet1", false, "00:50:56:00:06:0a", NULL},
    {"/dev/vmnet2", false, "52:54:00:12:34:57", "e1000e"},
};

static const struct lab_vm web = {
    .name = "web-01",
    .uuid = "5F0C9C1E-1111-4000-8000-000000000001",
    .generation = "3f9a1c",
    .cpu = 2,
    .memory_mib = 4096,
    .disk_bytes = 40ull << 30,
    .nics = nics,
    .nics_len = 1,
    .seed = "seed.iso",
    .payload = "/home/lab/.local/share/labctl/labs/airgap/payload.iso",
    .console = "/home/lab/.local/share/labctl/labs/airgap/console/web-01.log",
};

static struct lab_vmware_vmx_spec spec_of(const struct lab_vm *vm)
{
    return (struct lab_vmware_vmx_spec){
        .owner = &owner, .vm = vm, .uuid = vm->uuid, .disk = "web-01.vmdk"};
}

static void spec_is(const char *golden, const struct lab_vmware_vmx_spec *spec, struct lab_vmx *vmx)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_format("vmware/%s", golden);
    assert_ok(lab_vmware_put_vmx(&text, spec, &err));
    golden_is(path, &text);
    assert_ok(lab_vmx_parse(vmx, golden, lab_str_get(&text), text.len, &err));
    assert_int_equal(vmx->encoding, LAB_VMX_UTF8);
}

static void vm_is(const char *golden, const struct lab_vm *vm)
{
    struct lab_vmware_vmx_spec spec = spec_of(vm);
    LAB_AUTO_VMX struct lab_vmx vmx;
    spec_is(golden, &spec, &vmx);
}

static void a_vm_with_its_media(void **state)
{
    (void)state;
    vm_is("bios-pvscsi.vmx", &web);
}

static void a_vm_without_media_under_efi(void **state)
{
    (void)state;
    struct lab_vm vm = web;
    vm.seed = vm.payload = vm.console = NULL;
    vm.hardware.firmware = LAB_FIRMWARE_EFI;
    vm.hardware.disk_bus = LAB_DISK_BUS_NVME;
    vm.cpu = 3;
    vm.memory_mib = 2049;
    vm_is("efi-nvme-detached.vmx", &vm);
}

/* Disk and CDs on one controller; a NIC with an address that VMware would not choose. */
static void a_vm_on_sata_with_two_nics(void **state)
{
    (void)state;
    struct lab_vm vm = web;
    vm.hardware.disk_bus = LAB_DISK_BUS_SATA;
    vm.hardware.cd_bus = LAB_CD_BUS_SATA;
    vm.nics_len = 2;
    vm_is("sata-two-nics.vmx", &vm);
}

static void a_vm_with_ide_drives(void **state)
{
    (void)state;
    struct lab_vm vm = web;
    vm.hardware.firmware = LAB_FIRMWARE_BIOS;
    vm.hardware.disk_bus = LAB_DISK_BUS_LSILOGIC;
    vm.hardware.cd_bus = LAB_CD_BUS_IDE;
    struct lab_vmware_vmx_spec spec = spec_of(&vm);
    spec.hardware = 16;
    LAB_AUTO_VMX struct lab_vmx vmx;
    spec_is("ide-lsilogic.vmx", &spec, &vmx);
    assert_null(lab_vmx_get(&vmx, "sata0.present"));
}

static void korean_folders(void **state)
{
    (void)state;
    struct lab_vm vm = web;
    vm.seed = "F:\\가상 머신\\폐쇄망 랩\\seed.iso";
    vm.payload = NULL;
    vm.console = "F:\\가상 머신\\폐쇄망 랩\\web-01.log";
    struct lab_vmware_vmx_spec spec = spec_of(&vm);
    LAB_AUTO_VMX struct lab_vmx vmx;
    spec_is("korean.vmx", &spec, &vmx);
    assert_string_equal(lab_vmx_get(&vmx, "sata0:1.fileName"), vm.seed);
    assert_string_equal(lab_vmx_get(&vmx, "serial0.fileName"), vm.console);
}

static void hostile_values_stay_values(void **state)
{
    (void)state;
    static const char evil[] = "a\"\r\nfloppy0.present = \"TRUE\" # |22 \\";
    struct lab_vm vm = web;
    struct lab_vm_nic nic = {evil, false, evil, NULL};
    struct lab_owner who = {evil, evil, evil};
    vm.name = vm.generation = vm.seed = vm.payload = vm.console = evil;
    vm.nics = &nic;
    struct lab_vmware_vmx_spec spec = {&who, &vm, web.uuid, evil, 0};
    LAB_AUTO_VMX struct lab_vmx vmx;
    spec_is("hostile.vmx", &spec, &vmx);
    assert_string_equal(lab_vmx_get(&vmx, "displayName"), evil);
    assert_string_equal(lab_vmx_get(&vmx, LAB_VMWARE_TAG_LAB), evil);
    assert_string_equal(lab_vmx_get(&vmx, "scsi0:0.fileName"), evil);
    assert_false(lab_vmx_get_bool(&vmx, "floppy0.present", true));
}

static void what_vmware_has_not_is_refused(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    struct lab_vm vm = web;
    struct lab_vm_nic many[11];
    for (size_t i = 0; i < LAB_ARRAY_LEN(many); i++)
        many[i] = nics[0];
    many[1].model = "virtio";
    vm.nics = many;
    vm.nics_len = 2;
    struct lab_vmware_vmx_spec spec = spec_of(&vm);
    assert_refused(lab_vmware_put_vmx(&text, &spec, &err), LAB_USAGE, "'virtio'", "vmxnet3");
    vm.nics_len = 11;
    assert_refused(lab_vmware_put_vmx(&text, &spec, &err), LAB_USAGE, "at most 10", NULL);
    vm.nics_len = 1;
    spec.uuid = "5f0c9c1e";
    assert_refused(lab_vmware_put_vmx(&text, &spec, &err), LAB_INTERNAL, "no UUID", NULL);
    assert_int_equal(text.len, 0);
}

static void an_older_workstation_gets_older_hardware(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        unsigned hardware;
    } cases[] = {
        {"17.6.3 build-24583834", 20},
        {"17.0.0", 20},
        {"25.0.1", 20},
        {"16.2.5", 19},
        {"16.1.2", 18},
        {"15.5.7", 16},
        {"14.1.8", 14},
        {"", 20},
        {NULL, 20},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++)
        assert_int_equal(lab_vmware_hardware(cases[i].version), cases[i].hardware);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_workstation_gets_older_hardware),
        cmocka_unit_test(a_vm_with_its_media),
        cmocka_unit_test(a_vm_without_media_under_efi),
        cmocka_unit_test(a_vm_on_sata_with_two_nics),
        cmocka_unit_test(a_vm_with_ide_drives),
        cmocka_unit_test(korean_folders),
        cmocka_unit_test(hostile_values_stay_values),
        cmocka_unit_test(what_vmware_has_not_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
