/* A VM as the VMX that VMware Workstation reads: templates/vm*.vmx, every value escaped. Pure.
 *
 *   cpu, memory      numvcpus in one socket, memsize (a multiple of 4 MiB: rounded up)
 *   disk             scsi0:0 (pvscsi, lsilogic), sata0:0 or nvme0:0
 *   seed, payload    sata0:1 and sata0:2, or ide1:0 and ide1:1
 *   nics             ethernet0.., custom with a VMnet and a static address
 *   console          serial0 into a file
 *   uuid             uuid.bios, which uuid.action keeps
 *   owner            guestinfo.labctl.lab, .id, .home, .node, .generation
 *
 * Why each key is there: pvscsi, vmxnet3, e1000e and nvme need the PCIe root ports (pciBridge4-7);
 * without virtualDev the NIC depends on guestOS; the answers keep a start without a window from
 * waiting for somebody who clicks; floppy0 is there unless it is denied. */
#ifndef LAB_PROVIDER_VMWARE_VMX_H
#define LAB_PROVIDER_VMWARE_VMX_H

#include "base/str.h"
#include "provider/provider.h"

/* Of Workstation 17.0; older ones refuse a newer number, newer ones take it. */
#define LAB_VMWARE_HARDWARE 20u

#define LAB_VMWARE_TAG_LAB        "guestinfo.labctl.lab"
#define LAB_VMWARE_TAG_ID         "guestinfo.labctl.id"
#define LAB_VMWARE_TAG_HOME       "guestinfo.labctl.home"
#define LAB_VMWARE_TAG_NODE       "guestinfo.labctl.node"
#define LAB_VMWARE_TAG_GENERATION "guestinfo.labctl.generation"

struct lab_vmware_vmx_spec {
    const struct lab_owner *owner;
    const struct lab_vm *vm; /* its nics' networks are vnets: "VMnet1", "/dev/vmnet1" */
    const char *uuid;        /* of the VM that is there already, else vm->uuid */
    const char *disk;        /* a VMDK; relative to the VMX's folder */
    unsigned hardware;       /* virtualHW.version; 0: LAB_VMWARE_HARDWARE */
};

/* LAB_USAGE for a NIC that VMware does not have, LAB_INTERNAL for a uuid that is none. */
int lab_vmware_put_vmx(struct lab_str *out,
                       const struct lab_vmware_vmx_spec *spec,
                       struct lab_error *err) LAB_MUST_CHECK;

/* The newest virtual hardware that both labctl and this Workstation ("16.2.5 build-19") know; NULL:
 * its version is not known. */
unsigned lab_vmware_hardware(const char *version);
/* Where the seed (0) and the payload (1) are: "sata0:1". Static. */
const char *lab_vmware_cd_slot(enum lab_cd_bus bus, size_t index);
/* "scsi0:0", "sata0:0", "nvme0:0". Static. */
const char *lab_vmware_disk_slot(enum lab_disk_bus bus);

#endif
