/* VMware's host networks, VMnet0 to VMnet19, as its settings tell of them. */
#ifndef LAB_PROVIDER_VMNET_H
#define LAB_PROVIDER_VMNET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ipv4.h"
#include "provider/provider.h"

struct lab_vmnet {
    bool exists;
    struct lab_cidr subnet; /* prefix 0: a bridge onto a network of the host */
    bool nat;               /* VMware forwards out of it: no closed network */
    bool adapter;           /* the host has an address in it */
};

/* The number of "VMnet1", "vmnet1" or "/dev/vmnet1". False: no such name. */
bool lab_vmnet_number(const char *name, unsigned *number);

/* One network from the text of /etc/vmware/networking, whose lines are `answer VNET_1_NAT no`.
 * LAB_HOST when its numbers cannot be read. */
int lab_vmnet_read(struct lab_vmnet *out, const char *text, unsigned number, struct lab_error *err)
    LAB_MUST_CHECK;

/* Whether a network of lab.yaml can live in it. LAB_HOST, with what to run, when not: nothing is
 * ever changed by us, since the host's other VMs live there too. */
int lab_vmnet_check(const struct lab_vmnet *vmnet,
                    unsigned number,
                    const struct lab_net *net,
                    struct lab_error *err) LAB_MUST_CHECK;

#endif
