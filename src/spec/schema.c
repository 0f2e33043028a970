#include "spec/schema.h"

#include "base/i18n.h"
#include "spec/draft.h"

#define MIB(n)     ((uint64_t)(n) << 20)
#define TIB(n)     ((uint64_t)(n) << 40)
#define SECONDS(n) ((uint64_t)(n)*1000)
#define HOURS(n)   ((uint64_t)(n)*3600 * 1000)

#define CHOICES(list) .choices = (list), .choices_len = LAB_ARRAY_LEN(list)
#define OBJECT(symbol, name_, about_, rows)                                                        \
    const struct lab_object symbol = {name_, about_, rows, LAB_ARRAY_LEN(rows)}

static const struct lab_choice providers[] = {
    {"auto", LAB_PROVIDER_AUTO},
    {"libvirt", LAB_PROVIDER_LIBVIRT},
    {"vmware", LAB_PROVIDER_VMWARE},
    {"kubevirt", LAB_PROVIDER_KUBEVIRT},
};

static const struct lab_choice roles[] = {
    {"master", LAB_ROLE_MASTER},
    {"worker", LAB_ROLE_WORKER},
};

static const struct lab_choice firmwares[] = {
    {"bios", LAB_FIRMWARE_BIOS},
    {"efi", LAB_FIRMWARE_EFI},
};

static const struct lab_choice disk_buses[] = {
    {"pvscsi", LAB_DISK_BUS_PVSCSI},
    {"sata", LAB_DISK_BUS_SATA},
    {"nvme", LAB_DISK_BUS_NVME},
    {"lsilogic", LAB_DISK_BUS_LSILOGIC},
};

static const struct lab_choice cd_buses[] = {
    {"sata", LAB_CD_BUS_SATA},
    {"ide", LAB_CD_BUS_IDE},
};

static const char about_firmware[] = LAB_N("How the VM boots (VMware; libvirt's boot from BIOS).");
static const char about_disk_bus[] = LAB_N("What the disk hangs on (VMware; libvirt has virtio).");
static const char about_cd_bus[] = LAB_N(
    "What the CD drives hang on (VMware; libvirt has virtio-scsi): ide for images whose kernel has no "
    "AHCI, such as Debian's genericcloud.");

const struct lab_choice lab_nic_models[] = {
    {"virtio", 1}, {"vmxnet3", 2}, {"e1000", 3}, {"e1000e", 4}, {"rtl8139", 5},
};
static const size_t nic_models_len = 5;

static const struct lab_field auth_fields[] = {
    {.key = "username",
     .type = LAB_TYPE_USER,
     .offset = offsetof(struct lab_auth, username),
     .fallback = "lab",
     .about = LAB_N("The login that labctl makes on every node, with sudo and the lab's SSH key.")},
    {.key = "password",
     .type = LAB_TYPE_SECRET,
     .offset = LAB_UNSTORED,
     .absent = "no password login",
     .about =
         LAB_N("\"{{ password }}\" to be asked (or LABCTL_PASSWORD), or a crypt hash: $6$, $y$, "
               "$5$, $2b$. Never a password in plain text.")},
    {.key = "password_file",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_auth, password_file),
     .about = LAB_N("File whose first line is the password.")},
    {.key = "password_env",
     .type = LAB_TYPE_VARIABLE,
     .offset = offsetof(struct lab_auth, password_env),
     .about = LAB_N("Environment variable that holds the password.")},
    {.key = "authorized_keys",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .about = LAB_N("More public keys that may log in: whole key lines, or paths of .pub files.")},
};
OBJECT(lab_object_auth, "auth", "Who may log in to the nodes.", auth_fields);

static const struct lab_field ipam_fields[] = {
    {.key = "range",
     .type = LAB_TYPE_CIDR,
     .offset = offsetof(struct lab_network, range),
     .required = true,
     .about = LAB_N("Addresses of the network, such as 192.168.6.0/24.")},
    {.key = "gateway",
     .type = LAB_TYPE_IPV4,
     .offset = offsetof(struct lab_network, gateway),
     .absent = "no default route through this network",
     .about = LAB_N("Router of the network.")},
    {.key = "start",
     .type = LAB_TYPE_IPV4,
     .offset = offsetof(struct lab_network, start),
     .absent = "network + 100 + number of the node within its group",
     .about = LAB_N("Address of the first node; the others follow in file order.")},
    {.key = "nameservers",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_IPV4,
     .offset = LAB_UNSTORED,
     .absent = "none",
     .about =
         LAB_N("DNS servers of the nodes. The lab's own names are in every /etc/hosts anyway.")},
};
OBJECT(lab_object_ipam, "ipam", "Addresses of a network.", ipam_fields);

static const struct lab_field network_fields[] = {
    {.key = "bridge",
     .type = LAB_TYPE_BRIDGE,
     .offset = offsetof(struct lab_network, bridge),
     .absent = "labctl makes an isolated network",
     .about = LAB_N("VMware network (VMnet1), libvirt network, or bridge of the host.")},
    {.key = "ipam",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_ipam,
     .offset = LAB_UNSTORED,
     .absent = "DHCP: only on an existing network (bridge), and not as a node's first network",
     .about = LAB_N("Addresses of the network.")},
};
OBJECT(lab_object_network, "network", "A network that nodes are on.", network_fields);

static const struct lab_field nic_fields[] = {
    {.key = "name",
     .type = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .required = true,
     .about = LAB_N("One of the names under 'networks'.")},
    {.key = "ip",
     .type = LAB_TYPE_IPV4,
     .offset = offsetof(struct lab_draft_nic, ip),
     .absent = "by the network's start or the node's number",
     .about = LAB_N("Fixed address; for a single node, not a group of several.")},
    {.key = "mac",
     .type = LAB_TYPE_MAC,
     .offset = offsetof(struct lab_draft_nic, mac),
     .absent = "derived from lab, node and NIC, and stable",
     .about = LAB_N("Fixed MAC address; for a single node, not a group of several.")},
    {.key = "interface",
     .type = LAB_TYPE_CHOICE,
     .choices = lab_nic_models,
     .choices_len = nic_models_len,
     .offset = offsetof(struct lab_draft_nic, model),
     .absent = "virtio on libvirt, vmxnet3 on VMware",
     .about = LAB_N("Model of the network card.")},
    {.key = "default_route",
     .type = LAB_TYPE_BOOL,
     .offset = offsetof(struct lab_draft_nic, default_route),
     .absent = "true for the node's first network with a gateway",
     .about =
         LAB_N("Whether the default route goes through this network; one of a node's at most.")},
};
OBJECT(lab_object_nic,
       LAB_N("network of a node"),
       "A node's network, with what is fixed for this node.",
       nic_fields);

static const struct lab_field node_fields[] = {
    {.key = "name",
     .type = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .about =
         LAB_N("Name of the VM and its host name. With replicas, %d is the place of the number: "
               "worker%d gives worker1, worker2.")},
    {.key = "name_prefix",
     .type = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .about = LAB_N("Instead of name: web gives web-01, web-02.")},
    {.key = "role",
     .type = LAB_TYPE_CHOICE,
     CHOICES(roles),
     .offset = offsetof(struct lab_draft_group, role),
     .absent = "a plain VM without k3s",
     .about = LAB_N("Part in the k3s cluster. Masters: one, or an odd number from three.")},
    {.key = "replicas",
     .type = LAB_TYPE_UINT,
     .min = 1,
     .max = LAB_SPEC_MAX_NODES,
     .offset = offsetof(struct lab_draft_group, replicas),
     .fallback = "1",
     .about = LAB_N("How many nodes like this.")},
    {.key = "cpu",
     .type = LAB_TYPE_UINT,
     .min = 1,
     .max = 512,
     .offset = offsetof(struct lab_draft_group, cpu),
     .fallback = "2",
     .about = LAB_N("Virtual CPUs.")},
    {.key = "memory",
     .type = LAB_TYPE_SIZE,
     .min = MIB(128),
     .max = TIB(4),
     .offset = offsetof(struct lab_draft_group, memory),
     .fallback = "2Gi",
     .about = LAB_N("Memory, with unit; rounded down to whole MiB.")},
    {.key = "disk_size",
     .type = LAB_TYPE_SIZE,
     .min = MIB(1),
     .max = TIB(64),
     .offset = offsetof(struct lab_draft_group, disk),
     .absent = "10Gi, or the image's own size when that is larger",
     .about =
         LAB_N("Size of the disk, with unit; rounded up to whole MiB. Not below the image's.")},
    {.key = "image_url",
     .type = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .absent = "the lab's image_url",
     .about = LAB_N("Another image for these nodes.")},
    {.key = "sha256",
     .type = LAB_TYPE_SHA256,
     .offset = LAB_UNSTORED,
     .about = LAB_N("SHA-256 of this image; required for a URL.")},
    {.key = "networks",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_NIC,
     .object = &lab_object_nic,
     .offset = LAB_UNSTORED,
     .absent = "the lab's network, when it has exactly one",
     .about = LAB_N("Networks of the node; labctl logs in over the first one.")},
    {.key = "cloud_init",
     .type = LAB_TYPE_CLOUD_INIT,
     .offset = LAB_UNSTORED,
     .absent = "the lab's cloud_init",
     .about = LAB_N("Cloud-init of these nodes, instead of the lab's.")},
    {.key = "start",
     .type = LAB_TYPE_IPV4,
     .offset = offsetof(struct lab_draft_group, start),
     .about = LAB_N("Address of the first node of this group; the others follow.")},
    {.key = "firmware",
     .type = LAB_TYPE_CHOICE,
     CHOICES(firmwares),
     .offset = offsetof(struct lab_draft_group, hardware.firmware),
     .absent = "the lab's firmware",
     .about = about_firmware},
    {.key = "disk_bus",
     .type = LAB_TYPE_CHOICE,
     CHOICES(disk_buses),
     .offset = offsetof(struct lab_draft_group, hardware.disk_bus),
     .absent = "the lab's disk_bus",
     .about = about_disk_bus},
    {.key = "cd_bus",
     .type = LAB_TYPE_CHOICE,
     CHOICES(cd_buses),
     .offset = offsetof(struct lab_draft_group, hardware.cd_bus),
     .absent = "the lab's cd_bus",
     .about = about_cd_bus},
    {.key = "node_selector",
     .type = LAB_TYPE_ANY,
     .offset = LAB_UNSTORED,
     .about =
         LAB_N("For kubevirt: labels of the hosts that may run these nodes. Ignored elsewhere.")},
    {.key = "affinity",
     .type = LAB_TYPE_ANY,
     .offset = LAB_UNSTORED,
     .about = LAB_N("For kubevirt: a Kubernetes affinity. Ignored elsewhere.")},
};
OBJECT(lab_object_node, "node", "A node, or a group of like nodes.", node_fields);

static const struct lab_field payload_fields[] = {
    {.key = "dir",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_payload, dir),
     .about = LAB_N("Folder that is put on one ISO for all nodes: k3s, images, packages.")},
    {.key = "bundle",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_payload, bundle),
     .about = LAB_N("Instead of dir: a bundle of 'labctl bundle create', verified before use.")},
    {.key = "key",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_payload, key),
     .absent = "LABCTL_HOME/bundle.pub where that is; else a signature is not asked for",
     .about = LAB_N("Public key that the bundle must be signed with.")},
    {.key = "per_node",
     .type = LAB_TYPE_BOOL,
     .offset = offsetof(struct lab_payload, per_node),
     .fallback = "false",
     .about =
         LAB_N("Put all of it on each node's seed ISO, for hypervisors that cannot share one.")},
};
OBJECT(lab_object_payload,
       "payload",
       "What the nodes are given without a network.",
       payload_fields);

static const struct lab_field registry_fields[] = {
    {.key = "address",
     .type = LAB_TYPE_ENDPOINT,
     .offset = offsetof(struct lab_registry_spec, address),
     .absent = "serve takes the gateway of the first network that has one, node the node's first "
               "address; port 5000, and with serve the next one that is free",
     .about =
         LAB_N("host:port of the registry that the nodes pull from. Alone: one that is there.")},
    {.key = "serve",
     .type = LAB_TYPE_BOOL,
     .offset = offsetof(struct lab_registry_spec, serve),
     .fallback = "false",
     .about = LAB_N("labctl runs Debian's docker-registry on this host (Linux).")},
    {.key = "node",
     .type = LAB_TYPE_TEXT,
     .offset = offsetof(struct lab_registry_spec, node),
     .about = LAB_N(
         "labctl runs docker-registry from the payload on this node; for hosts that cannot.")},
    {.key = "auth",
     .type = LAB_TYPE_BOOL,
     .offset = offsetof(struct lab_registry_spec, auth),
     .fallback = "false",
     .about =
         LAB_N("labctl's own asks for a password: user labctl, whose password labctl makes and "
               "gives to the nodes.")},
    {.key = "ca",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_registry_spec, ca),
     .absent = "labctl's own CA for its own registry, else what each system trusts",
     .about = LAB_N("PEM file of the CA that signed the certificate of one that is there.")},
    {.key = "insecure",
     .type = LAB_TYPE_BOOL,
     .offset = offsetof(struct lab_registry_spec, insecure),
     .fallback = "false",
     .about = LAB_N(
         "One that is there has plain HTTP, or a certificate that nobody can check. Anyone on "
         "the way may then change images and read the password.")},
    {.key = "username",
     .type = LAB_TYPE_TEXT,
     .offset = offsetof(struct lab_registry_spec, username),
     .absent = "no login",
     .about = LAB_N("Login at one that is there.")},
    {.key = "password",
     .type = LAB_TYPE_SECRET,
     .offset = LAB_UNSTORED,
     .about =
         LAB_N("\"{{ password }}\" to be asked (or LABCTL_REGISTRY_PASSWORD). Never a password in "
               "plain text.")},
    {.key = "password_file",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_registry_spec, password_file),
     .about = LAB_N("File whose first line is the password.")},
    {.key = "password_env",
     .type = LAB_TYPE_VARIABLE,
     .offset = offsetof(struct lab_registry_spec, password_env),
     .about = LAB_N("Environment variable that holds the password.")},
    {.key = "mirrors",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .absent = "all",
     .about = LAB_N("Registries whose images the nodes pull from this one, such as docker.io and "
                    "ghcr.io; \"*\" is all.")},
};
OBJECT(lab_object_registry, "registry", "Container registry of the lab.", registry_fields);

static const struct lab_field airgap_fields[] = {
    {.key = "probe",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_IPV4,
     .offset = LAB_UNSTORED,
     .absent = "well-known resolvers: 1.1.1.1, 8.8.8.8, 9.9.9.9",
     .about = LAB_N(
         "Addresses outside the lab that guests try to reach: add a host of your own network.")},
};
OBJECT(lab_object_airgap, "airgap", "What `labctl verify airgap` tries.", airgap_fields);

static const struct lab_field wait_fields[] = {
    {.key = "timeout",
     .type = LAB_TYPE_DURATION,
     .min = SECONDS(10),
     .max = HOURS(24),
     .offset = offsetof(struct lab_wait, timeout_ms),
     .fallback = "30m",
     .about = LAB_N("Per node, from power-on to the last gate.")},
    {.key = "stall",
     .type = LAB_TYPE_DURATION,
     .min = SECONDS(1),
     .max = HOURS(24),
     .offset = offsetof(struct lab_wait, stall_ms),
     .absent = "5m, and 10m under emulation",
     .about = LAB_N("Per gate, without any progress.")},
    {.key = "clock_skew",
     .type = LAB_TYPE_DURATION,
     .min = 100,
     .max = HOURS(1),
     .offset = offsetof(struct lab_wait, clock_skew_ms),
     .fallback = "5s",
     .about = LAB_N("How far a node's clock may be from the host's.")},
    {.key = "strict",
     .type = LAB_TYPE_BOOL,
     .offset = offsetof(struct lab_wait, strict),
     .fallback = "false",
     .about = LAB_N("Whether cloud-init's \"degraded\" fails the node.")},
};
OBJECT(lab_object_wait, "wait", "How long to wait for nodes.", wait_fields);

static const struct lab_field libvirt_fields[] = {
    {.key = "uri",
     .type = LAB_TYPE_URI,
     .offset = offsetof(struct lab_spec, libvirt_uri),
     .absent = "qemu:///system",
     .about = LAB_N("Which libvirt to connect to.")},
};
OBJECT(lab_object_libvirt, "libvirt", "Only for provider libvirt.", libvirt_fields);

static const struct lab_field root_fields[] = {
    {.key = "name",
     .type = LAB_TYPE_LABEL,
     .max = 32,
     .offset = offsetof(struct lab_spec, name),
     .required = true,
     .about = LAB_N("Name of the lab: a-z, 0-9 and '-', at most 32 characters.")},
    {.key = "provider",
     .type = LAB_TYPE_CHOICE,
     CHOICES(providers),
     .offset = offsetof(struct lab_spec, provider),
     .fallback = "auto",
     .about = LAB_N(
         "Hypervisor. auto: the one recorded for the lab, else vmware on Windows, else libvirt "
         "if it connects, else vmware.")},
    {.key = "timezone",
     .type = LAB_TYPE_TIMEZONE,
     .offset = offsetof(struct lab_spec, timezone),
     .absent = "as the image has it",
     .about = LAB_N(
         "Time zone of the guests, such as Asia/Seoul. A change is told to guests that exist.")},
    {.key = "auth",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_auth,
     .offset = LAB_UNSTORED,
     .about = LAB_N("Who may log in to the nodes.")},
    {.key = "image_url",
     .type = LAB_TYPE_TEXT,
     .offset = LAB_UNSTORED,
     .about = LAB_N(
         "Disk image that the nodes start from: a path, an http(s) URL, or image:NAME for one "
         "that `labctl image import` took; qcow2, raw, vmdk or ova. Required unless every node "
         "has its own.")},
    {.key = "sha256",
     .type = LAB_TYPE_SHA256,
     .offset = LAB_UNSTORED,
     .about = LAB_N("SHA-256 of the image; required for a URL.")},
    {.key = "networks",
     .type = LAB_TYPE_MAP,
     .object = &lab_object_network,
     .offset = LAB_UNSTORED,
     .required = true,
     .about = LAB_N("Networks by name.")},
    {.key = "nodes",
     .type = LAB_TYPE_LIST,
     .item = LAB_TYPE_OBJECT,
     .object = &lab_object_node,
     .offset = LAB_UNSTORED,
     .required = true,
     .about = LAB_N("The virtual machines.")},
    {.key = "cloud_init",
     .type = LAB_TYPE_CLOUD_INIT,
     .offset = LAB_UNSTORED,
     .about = LAB_N(
         "Your own cloud-init for all nodes, beside what labctl needs: a mapping, or text that "
         "begins with #cloud-config, #! or #cloud-boothook.")},
    {.key = "payload",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_payload,
     .offset = LAB_UNSTORED,
     .absent = "no payload ISO",
     .about = LAB_N("What the nodes are given without a network.")},
    {.key = "registry",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_registry,
     .offset = LAB_UNSTORED,
     .about = LAB_N("Container registry of the lab.")},
    {.key = "airgap",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_airgap,
     .offset = LAB_UNSTORED,
     .about = LAB_N("What `labctl verify airgap` tries.")},
    {.key = "wait",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_wait,
     .offset = LAB_UNSTORED,
     .about = LAB_N("How long to wait for nodes.")},
    {.key = "firmware",
     .type = LAB_TYPE_CHOICE,
     CHOICES(firmwares),
     .offset = offsetof(struct lab_spec, hardware.firmware),
     .absent = "bios",
     .about = about_firmware},
    {.key = "disk_bus",
     .type = LAB_TYPE_CHOICE,
     CHOICES(disk_buses),
     .offset = offsetof(struct lab_spec, hardware.disk_bus),
     .absent = "pvscsi",
     .about = about_disk_bus},
    {.key = "cd_bus",
     .type = LAB_TYPE_CHOICE,
     CHOICES(cd_buses),
     .offset = offsetof(struct lab_spec, hardware.cd_bus),
     .absent = "sata",
     .about = about_cd_bus},
    {.key = "libvirt",
     .type = LAB_TYPE_OBJECT,
     .object = &lab_object_libvirt,
     .offset = LAB_UNSTORED,
     .about = LAB_N("Only for provider libvirt.")},
    {.key = "vm_dir",
     .type = LAB_TYPE_PATH,
     .offset = offsetof(struct lab_spec, vm_dir),
     .absent = "below LABCTL_HOME",
     .about = LAB_N("Folder for the folders of the VMs (VMware).")},
};
OBJECT(lab_object_root,
       "lab.yaml",
       "One lab. Paths are relative to this file; sizes and durations carry a unit.",
       root_fields);

const struct lab_object *const lab_objects[] = {
    &lab_object_root, &lab_object_auth,    &lab_object_network, &lab_object_ipam,
    &lab_object_node, &lab_object_nic,     &lab_object_payload, &lab_object_registry,
    &lab_object_wait, &lab_object_libvirt, &lab_object_airgap,
};
const size_t lab_objects_len = LAB_ARRAY_LEN(lab_objects);
