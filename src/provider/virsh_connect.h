/* Why virsh did not reach libvirt, told as what the user can do about it. */
#ifndef LAB_PROVIDER_VIRSH_CONNECT_H
#define LAB_PROVIDER_VIRSH_CONNECT_H

#include "base/child.h"
#include "base/error.h"
#include "base/i18n.h"

#define LAB_VIRSH_INSTALL_HINT                                                                      \
    LAB_N(                                                                                          \
        "install libvirt: sudo apt install libvirt-clients libvirt-daemon-system qemu-system-x86 ") \
    "qemu-utils"

/* Always LAB_HOST and -1. */
int lab_virsh_connect_explain(const struct lab_child *c, const char *uri, struct lab_error *err);

#endif
