/* Recorded on Workstation 17.6 and from other tools that drive vmrun; the more special text comes
 * first. */
#include "provider/vmrun_words.h"

#include <string.h>

#include "base/i18n.h"

static const struct lab_vmrun_words all[] = {
    {"VIX_SERVICEPROVIDER_VMWARE_WORKSTATION was specified, but not installed", LAB_HOST, false,
     LAB_N("only VMware Player is installed: install VMware Workstation Pro (free since 17.5.2)")},
    {"The specified version was not found", LAB_HOST, false,
     LAB_N("vmrun and VMware Workstation are of different versions: install Workstation Pro anew")},
    {"Unable to connect to host", LAB_HOST, false,
     LAB_N("start VMware's services (Windows: the service VMAuthdService; Linux: sudo "
           "/etc/init.d/vmware start)")},
    {"Cannot connect to the virtual machine", LAB_HOST, false,
     LAB_N("check that this user owns the VM's folder and may write to it")},
    {"Insufficient permissions", LAB_HOST, false,
     LAB_N("check that this user owns the VM's folder and may write to it")},
    {"The virtual machine cannot be found", LAB_HYPERVISOR, false,
     LAB_N("make it again with: labctl up")},
    {"Cannot read the virtual machine configuration file", LAB_HYPERVISOR, false,
     LAB_N("look at the VMX file: VMware refuses a name that comes twice, lines that are neither "
           "name = \"value\" nor a comment, and bytes of another encoding")},
    {LAB_VMRUN_NOT_ON, LAB_HYPERVISOR, false, LAB_N("start it first: labctl start")},
    {LAB_VMRUN_RUNNING, LAB_HYPERVISOR, false, NULL},
    {LAB_VMRUN_PAUSED, LAB_HYPERVISOR, false,
     LAB_N("unpause it in VMware's window, or with: vmrun -T ws unpause VMX")},
    {"The file is already in use", LAB_CONFLICT, true,
     LAB_N("close the VMware window that holds the VM, then try again")},
    {"This VM is in use", LAB_CONFLICT, true,
     LAB_N("close the VMware window that holds the VM, then try again")},
    {"A file was not found", LAB_HYPERVISOR, false,
     LAB_N("a disk of the VM is missing: make the VM again with: labctl up --recreate")},
    {"The operation is not supported", LAB_HYPERVISOR, true, NULL},
    {"The VMware Tools are not running", LAB_HYPERVISOR, false,
     LAB_N("the guest has not started yet, or lacks open-vm-tools")},
    {"The operation was canceled", LAB_HYPERVISOR, false,
     LAB_N(
         "read vmware.log beside the VMX: the reason follows 'Msg_Post: Error'; on Linux often the "
         "modules vmmon and vmnet are missing (sudo vmware-modconfig --console --install-all)")},
    {"\nUsage: vmrun", LAB_INTERNAL, false, NULL},
};

const struct lab_vmrun_words *lab_vmrun_words_find(const char *text)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(all); i++) {
        if (strstr(text, all[i].text))
            return &all[i];
    }
    return NULL;
}
