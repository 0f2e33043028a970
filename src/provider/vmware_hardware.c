#include <stdio.h>

#include "provider/vmware_vmx.h"

/* Broadcom's table of virtual hardware versions. A Workstation refuses a newer one than its own and
 * takes every older one, so that nothing here needs to be up to date. */
static const struct {
    unsigned major, minor, hardware;
} products[] = {
    {17, 0, 20}, {16, 2, 19}, {16, 0, 18}, {15, 0, 16}, {14, 0, 14}, {12, 0, 12},
};

unsigned lab_vmware_hardware(const char *version)
{
    unsigned major = 0, minor = 0;
    if (!version || sscanf(version, "%u.%u", &major, &minor) < 1)
        return LAB_VMWARE_HARDWARE;
    for (size_t i = 0; i < LAB_ARRAY_LEN(products); i++)
        if (major > products[i].major || (major == products[i].major && minor >= products[i].minor))
            return products[i].hardware;
    return LAB_VMWARE_HARDWARE;
}
