/* libvirt's XML from our structs: templates/libvirt-*.xml, every value escaped. Pure. */
#ifndef LAB_PROVIDER_LIBVIRT_XML_H
#define LAB_PROVIDER_LIBVIRT_XML_H

#include <stdbool.h>

#include "base/str.h"
#include "provider/provider.h"

struct lab_libvirt_domain_spec {
    const struct lab_owner *owner;
    const struct lab_vm *vm;
    const char *uuid; /* of the domain that is there already, else vm->uuid */
    const char *disk; /* path of the overlay */
    bool kvm;         /* else emulation */
    bool console_log; /* false: the hypervisor cannot write the caller's file */
};
void lab_libvirt_put_domain(struct lab_str *out, const struct lab_libvirt_domain_spec *d);
void lab_libvirt_put_nic(struct lab_str *out, const struct lab_vm_nic *nic);

struct lab_libvirt_network_spec {
    const struct lab_owner *owner;
    const struct lab_net *net;
    const char *name, *uuid, *device;
};
void lab_libvirt_put_network(struct lab_str *out, const struct lab_libvirt_network_spec *n);

void lab_libvirt_put_pool(struct lab_str *out,
                          const char *name,
                          const char *uuid,
                          const char *path);

#endif
