/* What is made of a lab.yaml that was accepted: the seed's texts are YAML, the VMX is one that
 * VMware reads, and libvirt's XML says what was asked for. */
#include "fuzz.h"
#include "media/seed.h"
#include "provider/libvirt_read.h"
#include "provider/libvirt_xml.h"
#include "provider/vmware_vmx.h"
#include "provider/vmx.h"
#include "spec/yaml.h"

#define UUID "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

enum { NODES = 3, NICS = 10 };

static const struct lab_owner owner = {.lab = "lab", .lab_id = UUID, .home = "/home/lab"};

static void expect_yaml(const struct lab_str *text)
{
    struct lab_problems problems = {.errors = 0};
    struct lab_yaml_doc doc = {.root = NULL};
    const struct lab_yaml_source source = {
        .text = lab_str_get(text), .len = text->len, .about = "", .guest = true};
    int rc = lab_yaml_read(&doc, &source, &problems);
    LAB_VEC_FOREACH (p, &problems.list)
        fprintf(stderr, "%d:%d: %s\n", p->pos.line, p->pos.column, p->message);
    fuzz_check(rc == 0 && problems.errors == 0 && doc.root && doc.root->kind == LAB_YAML_MAP);
    lab_yaml_doc_clear(&doc);
    lab_problems_clear(&problems);
}

static void seed(const struct lab_spec *spec, const struct lab_node *node)
{
    static const struct lab_asset scripts[] = {{"seeds/guest/first-boot", "#!/bin/sh\n", 10}};
    const struct lab_seed s = {.spec = spec,
                               .node = node,
                               .generation = "g1",
                               .login_public = "ssh-ed25519 AAAAZml4dHVyZTogbG9naW4= labctl",
                               .host_private = "-----BEGIN OPENSSH PRIVATE KEY-----\n",
                               .host_public = "ssh-ed25519 AAAAZml4dHVyZTogaG9zdA== host",
                               .password_hash = spec->auth.password_hash,
                               .scripts = scripts,
                               .scripts_len = LAB_ARRAY_LEN(scripts)};
    LAB_AUTO_STR struct lab_str meta = LAB_STR_INIT, user = LAB_STR_INIT, network = LAB_STR_INIT;
    lab_seed_meta_data(&meta, &s);
    lab_seed_user_data(&user, &s);
    lab_seed_network_config(&network, &s);
    expect_yaml(&meta);
    expect_yaml(&network);
    if (strncmp(lab_str_get(&user), "#cloud-config", 13) == 0)
        expect_yaml(&user);
    else
        fuzz_check(node->cloud_init &&
                   strncmp(lab_str_get(&user), "Content-Type: multipart/", 24) == 0);
}

static void libvirt(const struct lab_vm *vm)
{
    const struct lab_libvirt_domain_spec d = {
        .owner = &owner, .vm = vm, .uuid = UUID, .disk = "/d"};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    struct lab_libvirt_domain back = {.name = NULL};
    lab_libvirt_put_domain(&xml, &d);
    fuzz_check(lab_libvirt_read_domain(&back, lab_str_get(&xml), &err) == 0);
    fuzz_check(strcmp(back.uuid, UUID) == 0 && strcmp(back.tag.id, UUID) == 0);
    fuzz_check(back.cpu == vm->cpu && back.memory_mib == vm->memory_mib);
    fuzz_check(back.networks.len + back.bridges.len == vm->nics_len);
    fuzz_check(strcmp(back.seed, vm->seed) == 0);
    lab_libvirt_domain_clear(&back);
}

static void vmware(struct lab_vm *vm)
{
    const struct lab_vmware_vmx_spec s = {
        .owner = &owner, .vm = vm, .uuid = UUID, .disk = "d.vmdk"};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTO_VMX struct lab_vmx vmx = {.changed = false};
    fuzz_check(lab_vmware_put_vmx(&text, &s, &err) == 0);
    fuzz_check(lab_vmx_parse(&vmx, "vmx", lab_str_get(&text), text.len, &err) == 0);
    fuzz_check(strcmp(lab_vmx_get(&vmx, LAB_VMWARE_TAG_NODE), vm->name) == 0);
    fuzz_check(strcmp(lab_vmx_get(&vmx, LAB_VMWARE_TAG_ID), UUID) == 0);
    fuzz_check(lab_vmx_get(&vmx, "displayName") != NULL);
}

static void
machine(const struct lab_spec *spec, const struct lab_node *node, enum lab_provider_kind kind)
{
    struct lab_vm_nic nics[NICS];
    char macs[NICS][LAB_MAC_TEXT];
    struct lab_vm vm = {.name = node->name,
                        .uuid = UUID,
                        .generation = "g1",
                        .cpu = node->cpu,
                        .memory_mib = node->memory_mib,
                        .disk_bytes = node->disk_bytes,
                        .nics = nics,
                        .seed = "/seed <&\"'>.iso",
                        .hardware = node->hardware};
    for (size_t i = 0; i < node->nics.len && i < NICS; i++, vm.nics_len++) {
        const struct lab_nic *nic = &node->nics.items[i];
        const char *name = spec->networks.items[nic->network].name;
        nics[i] = (struct lab_vm_nic){.network = kind == LAB_PROVIDER_VMWARE ? "VMnet1" : name,
                                      .mac = lab_mac_format(nic->mac, macs[i]),
                                      .model = nic->model};
    }
    if (kind == LAB_PROVIDER_VMWARE)
        vmware(&vm);
    else
        libvirt(&vm);
}

static void render(const char *text, size_t size, enum lab_provider_kind kind)
{
    static const struct lab_spec_options options = {.skip_files = true};
    struct lab_problems problems = {.errors = 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = NULL;
    if (lab_spec_parse(&spec, "/lab/lab.yaml", text, size, &options, &problems, &err) == 0 &&
        lab_spec_fit(spec, kind, &err) == 0) {
        for (size_t i = 0; i < spec->nodes.len && i < NODES; i++) {
            seed(spec, &spec->nodes.items[i]);
            machine(spec, &spec->nodes.items[i], kind);
        }
        LAB_AUTO_STR struct lab_str hosts = LAB_STR_INIT;
        lab_seed_hosts(&hosts, spec);
    }
    lab_spec_free(spec);
    lab_problems_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    render(text, size, LAB_PROVIDER_LIBVIRT);
    render(text, size, LAB_PROVIDER_VMWARE);
    return 0;
}
