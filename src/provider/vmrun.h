/* One call of vmrun, VMware Workstation's command: its own arguments, its time, its errors as
 * sentences.
 *
 * vmrun wants its flags before the verb. It prints its errors on stdout, as "Error: ...", with exit
 * status 255 (4294967295 on Windows), 254, or even 0; what it prints on stderr are warnings of its
 * libraries. It hangs when VMware waits for somebody who clicks. And it returns nothing of what a
 * program in a guest prints: guests are asked over SSH. */
#ifndef LAB_PROVIDER_VMRUN_H
#define LAB_PROVIDER_VMRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/child.h"
#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

/* Immutable after lab_vmrun_open(); any thread may use it. */
struct lab_vmrun {
    char *program;
    /* How long each kind of call may take, and the pause before a refusal that passes is tried
     * again. */
    uint64_t ask_ms, start_ms, soft_ms, hard_ms, retry_ms;
};

/* Finds vmrun and sets the usual times. LAB_HOST when it is not there. */
int lab_vmrun_open(struct lab_vmrun *out, struct lab_error *err) LAB_MUST_CHECK;
void lab_vmrun_clear(struct lab_vmrun *v);

/* `vmrun -T ws`; the caller adds the verb and its arguments. */
void lab_vmrun_init(struct lab_child *c, const struct lab_vmrun *v);

/* Runs. 0: vmrun came to its end, well or not (lab_vmrun_failed). -1: it could not be run, or did
 * not end in time (LAB_TIMEOUT). */
int lab_vmrun_run(struct lab_child *c, struct lab_error *err) LAB_MUST_CHECK;

/* True when the call failed: by its status, or by its words. */
bool lab_vmrun_failed(const struct lab_child *c);
/* True when it failed and said so in these words. */
bool lab_vmrun_says(const struct lab_child *c, const char *words);
/* True when it failed with a refusal that is often gone a little later. */
bool lab_vmrun_may_pass(const struct lab_child *c);

/* Appends what vmrun complained about, as one line. */
void lab_vmrun_reason(const struct lab_child *c, struct lab_str *out);
/* The error "cannot WHAT: what vmrun said", with the way out where it is known. Returns -1. */
int lab_vmrun_fail(const struct lab_child *c, const char *what, struct lab_error *err);
/* run + fail; a failure in the words `fine` (NULL: none) is success: it was so already. */
int lab_vmrun_do(struct lab_child *c, const char *what, const char *fine, struct lab_error *err)
    LAB_MUST_CHECK;

/* "1.17.0 build-24583834"; only the build number moves. Caller frees. */
int lab_vmrun_version(const struct lab_vmrun *v, char **out, struct lab_error *err) LAB_MUST_CHECK;

/* --- vmrun_list.c ----------------------------------------------------------------------------- */

/* The VMX files of the VMs that run, as this user sees them. A VM leaves the list before VMware has
 * written its VMX for the last time. */
struct lab_vmrun_list {
    LAB_VEC(char *) paths;
};
#define LAB_AUTO_VMRUN_LIST LAB_CLEANUP(lab_vmrun_list_clear)

/* LAB_HYPERVISOR when the text is no such list, or does not have as many paths as it says. */
int lab_vmrun_list_read(struct lab_vmrun_list *out,
                        const char *text,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_vmrun_list(const struct lab_vmrun *v,
                   struct lab_vmrun_list *out,
                   struct lab_error *err) LAB_MUST_CHECK;
/* Whole paths, as plat_same_path() compares them. */
bool lab_vmrun_list_has(const struct lab_vmrun_list *list, const char *vmx);
void lab_vmrun_list_clear(struct lab_vmrun_list *list);

/* One verb on one VM, a few times while it is refused for reasons that pass; a failure in the words
 * `fine` (NULL: none) is success. */
int lab_vmrun_act(const struct lab_vmrun *v,
                  struct lab_child *c,
                  const char *what,
                  const char *fine,
                  struct lab_error *err) LAB_MUST_CHECK;

/* --- vmrun_power.c ---------------------------------------------------------------------------- */

/* All three: what is already so is success, and a vmrun that hangs is ended and the list asked what
 * became of the VM. Nobody else may act on this VM meanwhile, and starts come one after another.
 *
 * start: LAB_TIMEOUT after a hang, the VM then being off.
 * soft stop: success means that the guest was asked, also when it has not answered in v->soft_ms.
 * hard stop: success means that the VM is off the list. */
int lab_vmrun_start(const struct lab_vmrun *v,
                    const char *vmx,
                    struct lab_error *err) LAB_MUST_CHECK;
int lab_vmrun_soft_stop(const struct lab_vmrun *v,
                        const char *vmx,
                        struct lab_error *err) LAB_MUST_CHECK;
int lab_vmrun_hard_stop(const struct lab_vmrun *v,
                        const char *vmx,
                        struct lab_error *err) LAB_MUST_CHECK;

#endif
