#include "run/symptoms.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define CONSOLE    LAB_SAID_BY_CONSOLE
#define GUEST      LAB_SAID_BY_GUEST
#define HYPERVISOR LAB_SAID_BY_HYPERVISOR

/* The order decides: causes stand before what they cause. */
const struct lab_symptom lab_symptoms[] = {
    /* --- the guest does not come up --- */
    {"disk-full",
     CONSOLE | GUEST,
     {"No space left on device"},
     LAB_N("the guest's disk is full"),
     LAB_N(
         "give the node a larger disk_size in lab.yaml, then make it anew: {labctl} up --recreate {node}")},
    {"payload-too-large",
     CONSOLE | GUEST,
     {"not enough free space"},
     LAB_N("the payload does not fit on the guest's disk"),
     LAB_N(
         "give the node a larger disk_size in lab.yaml, then make it anew: {labctl} up --recreate {node}")},
    {"out-of-memory",
     CONSOLE | GUEST,
     {"Out of memory: Killed process"},
     LAB_N("the guest ran out of memory"),
     LAB_N("give the node more memory in lab.yaml, then: {labctl} up")},
    {"disk-errors",
     CONSOLE,
     {"Buffer I/O error on dev"},
     LAB_N("the guest cannot read or write its disk"),
     LAB_N("look whether the host's disk is full or broken (labctl doctor), then "
           "make the node anew: {labctl} up --recreate {node}")},
    {"filesystem-damaged",
     CONSOLE,
     {"EXT4-fs error"},
     LAB_N("the guest's file system is damaged"),
     LAB_N("make the node anew: {labctl} up --recreate {node}")},
    {"filesystem-check",
     CONSOLE,
     {"UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY"},
     LAB_N("the guest's file system is damaged and wants to be mended by hand"),
     LAB_N("make the node anew: {labctl} up --recreate {node}")},
    {"root-not-found",
     CONSOLE,
     {"ALERT!", "does not exist.  Dropping to a shell!"},
     LAB_N("the guest's kernel does not find the disk that it should start from"),
     LAB_N(
         "choose another disk_bus in lab.yaml (sata is known to most kernels), or an image whose initramfs "
         "has the driver; then make it anew: {labctl} up --recreate {node}")},
    {"kernel-no-root",
     CONSOLE,
     {"Kernel panic - not syncing: VFS: Unable to mount root fs"},
     LAB_N("the guest's kernel found no root file system (kernel panic)"),
     LAB_N(
         "the image is damaged or its kernel has no driver for this disk: labctl image verify, another "
         "disk_bus or another image in lab.yaml, then {labctl} up --recreate {node}")},
    {"kernel-panic",
     CONSOLE,
     {"Kernel panic - not syncing"},
     LAB_N("the guest's kernel stopped (kernel panic)"),
     LAB_N(
         "try once more with {labctl} restart --target {node}; with another image, or if the disk is "
         "damaged, "
         "make the node anew: {labctl} up --recreate {node}")},
    {"emergency-mode",
     CONSOLE,
     {"You are in emergency mode"},
     LAB_N(
         "the guest stopped in emergency mode: something that /etc/fstab names could not be mounted"),
     LAB_N("read what failed with {labctl} console {node}; then "
           "make the node anew: {labctl} up --recreate {node}")},
    {"grub-rescue",
     CONSOLE,
     {"grub rescue>"},
     LAB_N(
         "the boot loader does not find its files: the disk is damaged or not the one it was made for"),
     LAB_N("make the node anew: {labctl} up --recreate {node}")},
    {"no-boot-device",
     CONSOLE,
     {"No bootable device"},
     LAB_N("the firmware found nothing to start from on the disk"),
     LAB_N(
         "the image is no bootable disk, or is for another firmware: try firmware: efi (or bios) in "
         "lab.yaml, then {labctl} up --recreate {node}")},
    {"efi-no-boot",
     CONSOLE,
     {"BdsDxe: failed to load Boot", "Not Found"},
     LAB_N("the EFI firmware found nothing to start from on the disk"),
     LAB_N(
         "the image may be for BIOS: firmware: bios in lab.yaml, then {labctl} up --recreate {node}")},
    {"boots-from-network",
     CONSOLE,
     {"PXE-E"},
     LAB_N("the firmware tries to start from the network, so it found nothing on the disk"),
     LAB_N(
         "the image is no bootable disk, or is for another firmware: try firmware: efi (or bios) in "
         "lab.yaml, then {labctl} up --recreate {node}")},
    {"installer-asks",
     CONSOLE,
     {"Continue with autoinstall?"},
     LAB_N(
         "an installer is running and asks: image_url names installation media, not a cloud image"),
     LAB_N(
         "take a cloud image (qcow2, vmdk, ova) for image_url in lab.yaml, then {labctl} up --recreate "
         "{node}")},
    {"installer-menu",
     CONSOLE,
     {"Install Ubuntu Server"},
     LAB_N(
         "the menu of an installer is shown: image_url names installation media, not a cloud image"),
     LAB_N(
         "take a cloud image (qcow2, vmdk, ova) for image_url in lab.yaml, then {labctl} up --recreate "
         "{node}")},
    {"cpu-starved",
     CONSOLE,
     {"watchdog: BUG: soft lockup"},
     LAB_N("the guest's processors stand still for seconds: the host is overloaded"),
     LAB_N(
         "start fewer nodes at once (--target), give them fewer cpu, or let labctl doctor say whether the "
         "host's virtualisation is usable")},
    {"network-waits",
     CONSOLE,
     {"A start job is running for Wait for Network to be Configured"},
     LAB_N("the guest waits for its network: a NIC has no link or no address"),
     LAB_N(
         "compare the node's networks in lab.yaml with the hypervisor's; {labctl} console {node} shows "
         "which NIC it is")},

    /* --- cloud-init --- */
    {"no-datasource",
     CONSOLE | GUEST,
     {"Datasource DataSourceNone"},
     LAB_N("cloud-init found no seed (no CD with the label 'cidata')"),
     LAB_N(
         "the image's kernel may not see the CD: cd_bus: ide (VMware) in lab.yaml, then {labctl} up "
         "--recreate {node}")},
    {"bad-user-data",
     CONSOLE | GUEST,
     {"Failed loading yaml blob"},
     LAB_N("cloud-init cannot read its user-data"),
     LAB_N("mend cloud_init in lab.yaml ({labctl} validate), then {labctl} up --recreate {node}")},
    {"bad-user-data-schema",
     CONSOLE | GUEST,
     {"Invalid cloud-config provided"},
     LAB_N("cloud-init does not accept a part of cloud_init in lab.yaml"),
     LAB_N(
         "ask the guest which part: {labctl} ssh {node} -- sudo cloud-init schema --system; mend lab.yaml, "
         "then {labctl} up --recreate {node}")},
    {"names-not-resolved",
     GUEST,
     {"Temporary failure resolving"},
     LAB_N("something in the guest wants the internet, and there is none"),
     LAB_N(
         "take it out of cloud_init, or bring it along in the payload (labctl bundle); then {labctl} up "
         "--recreate {node}")},
    {"package-missing",
     GUEST,
     {"E: Unable to locate package"},
     LAB_N("a package that cloud_init wants is neither in the image nor in the payload"),
     LAB_N(
         "add it to the bundle's packages (labctl bundle create), then {labctl} up --recreate {node}")},
    {"package-conflict",
     GUEST,
     {"dpkg: error processing package"},
     LAB_N("a package could not be installed"),
     LAB_N(
         "read why with {labctl} logs {node} packages; mend the bundle, then {labctl} up --recreate {node}")},
    {"script-failed",
     CONSOLE | GUEST,
     {"Failed running /var/lib/cloud/instance/scripts/"},
     LAB_N("a script of cloud_init (runcmd) failed"),
     LAB_N(
         "read its words with {labctl} logs {node} cloud-init; mend lab.yaml, then {labctl} up --recreate "
         "{node}")},
    {"module-failed",
     CONSOLE | GUEST,
     {"Running module", ") failed"},
     LAB_N("a part of cloud-init failed"),
     LAB_N(
         "read its words with {labctl} logs {node} cloud-init; mend cloud_init in lab.yaml, then {labctl} "
         "up --recreate {node}")},

    /* --- k3s --- */
    {"no-default-route",
     GUEST,
     {"no default routes found in"},
     LAB_N("k3s wants a default route, and this network has none"),
     LAB_N(
         "give a network of the node a gateway in lab.yaml (an address without a machine behind it will "
         "do), then {labctl} up --recreate {node}")},
    {"other-cluster",
     GUEST,
     {"token CA hash does not match the Cluster CA certificate hash"},
     LAB_N("the node's token is of another cluster"),
     LAB_N("make the node anew: {labctl} up --recreate {node}")},
    {"node-password",
     GUEST,
     {"Node password rejected"},
     LAB_N("the cluster knows another machine by this node's name"),
     "delete the old entry on a master (sudo k3s kubectl delete node {node}), then {labctl} up"},
    {"certificate-time",
     GUEST,
     {"x509: certificate has expired or is not yet valid"},
     LAB_N("a certificate is not valid at the guest's time: its clock or the host's is wrong"),
     LAB_N(
         "set the host's clock right (labctl doctor shows both), then {labctl} up; if k3s first started at "
         "a wrong time, "
         "make the node anew: {labctl} up --recreate {node}")},
    {"certificate-stranger",
     GUEST,
     {"x509: certificate signed by unknown authority"},
     LAB_N("a certificate is of an authority that the guest does not trust"),
     LAB_N("of the registry: give its CA in lab.yaml (registry.ca); of the cluster: "
           "make the node anew: {labctl} up --recreate {node}")},
    {"certificate-name",
     GUEST,
     {"x509: certificate is valid for", "not "},
     LAB_N("a certificate does not name the address that was asked"),
     LAB_N(
         "name the registry in lab.yaml as its certificate does, or make a certificate with that address "
         "in its subjectAltName")},
    {"image-missing",
     GUEST,
     {"failed to pull", "image"},
     LAB_N("an image is in neither the payload nor a registry that the node can reach"),
     LAB_N("add it to the bundle's images or push it ({labctl} registry push), then {labctl} up")},
    {"learner",
     GUEST,
     {"too many learner members in cluster"},
     LAB_N("another master is joining at the same time"),
     LAB_N("wait a minute, then {labctl} up")},
    {"no-cgroup",
     GUEST,
     {"failed to find memory cgroup"},
     LAB_N("the guest's kernel was started without the memory cgroup, which k3s wants"),
     LAB_N("take an image with cgroups (v2) switched on, then {labctl} up --recreate {node}")},
    {"k3s-flag",
     GUEST,
     {"flag provided but not defined"},
     LAB_N("this k3s does not know an option of its configuration"),
     LAB_N(
         "take it out of the configuration, or another version of k3s into the bundle; then {labctl} up "
         "--recreate {node}")},
    {"kubelet-flag",
     GUEST,
     {"failed to parse kubelet flag"},
     LAB_N("this k3s does not know an option that is passed on to its kubelet"),
     LAB_N(
         "take it out of the configuration, or another version of k3s into the bundle; then {labctl} up "
         "--recreate {node}")},
    {"port-taken",
     GUEST,
     {"bind: address already in use"},
     LAB_N("another program in the guest has a port that k3s wants"),
     LAB_N("find it with {labctl} ssh {node} -- sudo ss -ltnp; stop it, then {labctl} up")},

    /* --- the hypervisor --- */
    {"disk-locked",
     HYPERVISOR,
     {"Failed to lock the file"},
     LAB_N("another program has the VM's disk: a VM that still runs, a backup, a virus scanner"),
     LAB_N("close it (VMware's window shows the VM), then {labctl} up")},
    {"disk-in-use",
     HYPERVISOR,
     {"The file is already in use"},
     LAB_N("another program has the VM's files: a VM that still runs, a backup, a virus scanner"),
     LAB_N("close it (VMware's window shows the VM), then {labctl} up")},
    {"disk-write-lock",
     HYPERVISOR,
     {"Failed to get \"write\" lock"},
     LAB_N("another program has the VM's disk open"),
     LAB_N("close it (another VM, qemu-img, a mount), then {labctl} up")},
    {"hyperv-conflict",
     HYPERVISOR,
     {"VMware", "Device/Credential Guard"},
     LAB_N("Hyper-V (Device Guard, Credential Guard) holds the processor's virtualisation"),
     LAB_N("labctl doctor shows what uses it and how to switch it off; then start Windows anew")},
    {"hyperv-not-compatible",
     HYPERVISOR,
     {"Hyper-V are not compatible"},
     LAB_N("Hyper-V holds the processor's virtualisation"),
     LAB_N("labctl doctor shows what uses it and how to switch it off; then start Windows anew")},
    {"no-virtualisation",
     HYPERVISOR,
     {"VT-x is disabled"},
     LAB_N("the processor's virtualisation is switched off or missing"),
     LAB_N("switch on Intel VT-x or AMD-V in the host's firmware (BIOS), then {labctl} up")},
    {"no-vmnet",
     HYPERVISOR,
     {"Could not connect", "to virtual network"},
     LAB_N("the VMnet that lab.yaml names is not there"),
     LAB_N("labctl doctor shows the commands that make it; then {labctl} up")},
    {"host-memory",
     HYPERVISOR,
     {"Not enough physical memory is available"},
     LAB_N("the host has not enough free memory for this VM"),
     LAB_N(
         "close other programs or VMs, or give the nodes less memory in lab.yaml; then {labctl} up")},
    {"host-memory-qemu",
     HYPERVISOR,
     {"cannot set up guest memory", "Cannot allocate memory"},
     LAB_N("the host has not enough free memory for this VM"),
     LAB_N(
         "close other programs or VMs, or give the nodes less memory in lab.yaml; then {labctl} up")},
    {"image-not-readable",
     HYPERVISOR,
     {"Could not open", "Permission denied"},
     LAB_N("QEMU may not read a file of the VM"),
     LAB_N("if it is in your own folders, let libvirt's user read it; then {labctl} up")},
};
const size_t lab_symptoms_len = LAB_ARRAY_LEN(lab_symptoms);

static const char *find_within(const char *text, size_t n, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; len <= n && i <= n - len; i++)
        if (memcmp(text + i, word, len) == 0)
            return text + i;
    return NULL;
}

static bool is_line(const struct lab_symptom *s, const char *line, size_t n)
{
    const char *at = line;
    for (size_t i = 0; i < LAB_ARRAY_LEN(s->marks) && s->marks[i]; i++) {
        at = find_within(at, n - (size_t)(at - line), s->marks[i]);
        if (!at)
            return false;
        at += strlen(s->marks[i]);
    }
    return true;
}

const struct lab_symptom *
lab_symptom_find(unsigned said_by, const char *text, const char **line, size_t *len)
{
    for (size_t i = 0; i < lab_symptoms_len; i++) {
        const struct lab_symptom *s = &lab_symptoms[i];
        if (!(s->said_by & said_by))
            continue;
        for (const char *at = text; (at = strstr(at, s->marks[0]));) {
            while (at > text && at[-1] != '\n')
                at--;
            *line = at;
            *len = strcspn(at, "\r\n");
            if (is_line(s, at, *len))
                return s;
            at += *len + strspn(at + *len, "\r\n");
        }
    }
    return NULL;
}

void lab_symptom_next(const struct lab_symptom *symptom,
                      const char *labctl,
                      const char *node,
                      struct lab_str *out)
{
    for (const char *s = lab_tr(symptom->next); *s;) {
        bool is_labctl = lab_starts_with(s, "{labctl}"), is_node = lab_starts_with(s, "{node}");
        if (is_labctl || is_node)
            lab_str_add(out, is_labctl ? labctl : node);
        else
            lab_str_addc(out, *s);
        s += is_labctl ? strlen("{labctl}") : is_node ? strlen("{node}") : 1;
    }
}
