/* What a lab's network is on this host, and what would have to be done: looks only. */
#ifndef LAB_PROVIDER_LIBVIRT_NETLOOK_H
#define LAB_PROVIDER_LIBVIRT_NETLOOK_H

#include "provider/libvirt_impl.h"

struct lab_netlook {
    char *name, *device;
    bool exists;    /* as a libvirt network */
    bool is_bridge; /* else as a bridge of the host */
    bool make;      /* else labctl makes one */
    bool ours, active;
    bool gone; /* its bridge, though libvirt takes it for active; then active is false */
    struct lab_libvirt_network info; /* when exists */
    char *xml;                       /* its definition */
};
#define LAB_AUTO_NETLOOK LAB_CLEANUP(lab_netlook_clear)
void lab_netlook_clear(struct lab_netlook *look);

/* Decides, and refuses what cannot work (LAB_USAGE, LAB_HOST, LAB_CONFLICT). */
int lab_netlook(struct lab_libvirt *lv,
                const struct lab_net *net,
                struct lab_netlook *out,
                struct lab_error *err) LAB_MUST_CHECK;
/* Only the libvirt network of that name. */
int lab_netlook_named(struct lab_libvirt *lv,
                      const char *name,
                      struct lab_netlook *out,
                      struct lab_error *err) LAB_MUST_CHECK;

/* A file about a device of this host: /sys/class/net/DEVICE/WHAT is there. */
bool lab_netlook_host_has(const char *device, const char *what);

/* Whether our own network has other addresses than lab.yaml says now. */
bool lab_netlook_differs(const struct lab_netlook *look, const struct lab_net *net);

/* *user: a VM that attaches to it (running: one that is on), or NULL; prefers another lab's over a
 * stranger's. tag (may be NULL) is that VM's; the caller frees both. */
int lab_netlook_user(struct lab_libvirt *lv,
                     const struct lab_netlook *look,
                     bool running,
                     char **user,
                     struct lab_libvirt_tag *tag,
                     struct lab_error *err) LAB_MUST_CHECK;

/* Plugs the lab's running VMs into it again that lost it: it was away, or its bridge was. fresh: it
 * was started just now, so that nobody is plugged in yet. What fails is told as a notice. */
int lab_libvirt_replug(struct lab_libvirt *lv,
                       const struct lab_netlook *look,
                       bool fresh,
                       struct lab_error *err) LAB_MUST_CHECK;

#endif
