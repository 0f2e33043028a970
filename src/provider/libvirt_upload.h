/* Watching an upload from beside it: virsh tells nothing until it has ended. */
#ifndef LAB_PROVIDER_LIBVIRT_UPLOAD_H
#define LAB_PROVIDER_LIBVIRT_UPLOAD_H

#include "provider/libvirt_impl.h"

struct lab_libvirt_watch;

/* Reports the volume's growth to u->progress once a second, from a thread of its own. NULL when
 * nobody wants to know, or the file is too small to wait for. */
struct lab_libvirt_watch *lab_libvirt_watch_begin(struct lab_libvirt *lv,
                                                  const struct lab_libvirt_upload *u,
                                                  const char *volume,
                                                  uint64_t total);
void lab_libvirt_watch_end(struct lab_libvirt_watch *w); /* NULL is fine */

void lab_libvirt_report(const struct lab_libvirt_upload *u, uint64_t done, uint64_t total);

#endif
