/* libvirtd that goes away under a call: restarted, upgraded, crashed.
 *
 * The words are those of virsh 9.0, measured with a libvirtd that was ended in the middle of each
 * command that labctl uses (tests/unit/test_provider_reallost.c). They stand beside others that
 * would mislead: "failed to get domain 'x'" of a lost connection is no word about 'x'. */
#ifndef LAB_PROVIDER_VIRSH_LOST_H
#define LAB_PROVIDER_VIRSH_LOST_H

#include <stdbool.h>
#include <stdint.h>

enum { LAB_VIRSH_PATIENCE_MS = 20 * 1000 };

/* Whether virsh's stderr tells of a connection that could not be made, or broke. */
bool lab_virsh_lost(const char *errout);

/* One for this process, which has one libvirt: somebody who never answered is not waited for. */
void lab_virsh_forget(void);
void lab_virsh_answered(void);
bool lab_virsh_known(void);

/* A call that lost its connection waits a moment and is to be made again: true; false when it is no
 * use. *since: when this call was lost first; 0 to begin with. */
bool lab_virsh_wait(uint64_t *since);

#endif
