/* One call of virsh: its own arguments, its time, and its errors as sentences.
 *
 * virsh's exit status is only 0 or 1 and its success texts change between releases, so callers ask
 * again instead of reading them; stderr is read in the C locale, whatever the user's is. */
#ifndef LAB_PROVIDER_VIRSH_H
#define LAB_PROVIDER_VIRSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/child.h"
#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

/* `virsh -q -c URI`; the caller adds the command and its arguments. */
void lab_virsh_init(struct lab_child *c, const char *uri);

/* Runs. 0: virsh came to its end, with c->status 0 or not. -1: it could not be run, did not end in
 * time, or did not reach libvirt (LAB_HOST, with what to do about it). */
int lab_virsh_run(struct lab_child *c, struct lab_error *err) LAB_MUST_CHECK;

/* True when the call failed and said so in these words. */
bool lab_virsh_says(const struct lab_child *c, const char *words);

/* Appends what virsh complained about, as one line. */
void lab_virsh_reason(const struct lab_child *c, struct lab_str *out);

/* The error "cannot WHAT (URI): what virsh said". Returns -1. */
int lab_virsh_fail(const struct lab_child *c, const char *what, struct lab_error *err);

/* run + fail; a failure in the words `fine` (NULL: none) is success: it was so already. */
int lab_virsh_do(struct lab_child *c, const char *what, const char *fine, struct lab_error *err)
    LAB_MUST_CHECK;

/* Several commands in one process. Each one's stdout comes back as a part of its own; a failed
 * command has an empty part, and the reasons of all are in child.errout, in order. */
struct lab_virsh_batch {
    struct lab_child child;
    char nonce[33]; /* printed between the parts, so that no output can imitate the border */
    struct lab_str script;
    LAB_VEC(char *) parts; /* NUL-terminated, in child.out */
    size_t commands;
};
#define LAB_AUTO_VIRSH_BATCH LAB_CLEANUP(lab_virsh_batch_clear)

/* virsh takes the commands as one argument, and Linux gives one argument 128 KiB. */
#define LAB_VIRSH_BATCH_MAX (100u * 1024)

void lab_virsh_batch_init(struct lab_virsh_batch *b, const char *uri);
/* words: command and its arguments, each quoted. Returns the number of its part. */
size_t lab_virsh_batch_add(struct lab_virsh_batch *b, ...) __attribute__((sentinel));
int lab_virsh_batch_run(struct lab_virsh_batch *b, struct lab_error *err) LAB_MUST_CHECK;
/* Fills parts from child.out. For virsh.c and tests. */
void lab_virsh_batch_split(struct lab_virsh_batch *b);
void lab_virsh_batch_clear(struct lab_virsh_batch *b);

/* A URI without a host, or over the local socket: paths of this machine mean the same there. */
bool lab_virsh_uri_is_local(const char *uri);
bool lab_virsh_uri_is_session(const char *uri);

#endif
