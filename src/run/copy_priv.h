/* Inside of cp: what both directions share. */
#ifndef LAB_RUN_COPY_PRIV_H
#define LAB_RUN_COPY_PRIV_H

#include "run/copy.h"

#define LAB_COPY_PART ".labctl.part"

/* How a script on the guest says what its status alone cannot. */
enum { LAB_COPY_DIFFERS = 10, LAB_COPY_LOCKED = 11, LAB_COPY_USAGE = 12 };

/* One script on the guest, to its end. */
struct lab_copy_call {
    const struct lab_copier *copier;
    const char *script;      /* for sh; its arguments are $1, $2, … */
    const char *const *args; /* NULL at the end */
    /* Its stdout; NULL: collected in out. -1: the call ends with err. */
    int (*data)(struct lab_copy_call *call, const char *bytes, size_t n, struct lab_error *err);
    /* More for its stdin: up to n bytes into bytes. 0: that was all; -1: the call ends with err.
     * NULL: it gets none. */
    int64_t (*feed)(struct lab_copy_call *call, void *bytes, size_t n, struct lab_error *err);
    void *arg;
    struct lab_str out, complaint; /* bounded by the caller, and by 4 KiB */
    /* inside */
    struct lab_stream *stream;
    bool ended;
    int status;
    struct lab_error error;
};
/* 0: it ended with status 0. */
int lab_copy_call(struct lab_copy_call *call, struct lab_error *err) LAB_MUST_CHECK;
void lab_copy_call_clear(struct lab_copy_call *call);

/* SHA-256 of the first n bytes of a file of this host, on a worker. LAB_HOST: it is shorter. */
int lab_copy_hash(const struct lab_copier *c,
                  const char *path,
                  uint64_t n,
                  char hex[LAB_SHA256_HEX],
                  struct lab_error *err) LAB_MUST_CHECK;

/* A path as a guest's programs may get it: "~/x" is "x", "" is ".", "-x" is "./-x". Caller frees.
 */
char *lab_copy_guest_path(const char *path);
/* The last part of a path without the separators at its end; "." and ".." have none: NULL. Caller
 * frees. */
char *lab_copy_base(const char *path);
/* Whether a name from a guest stays below its folder: no empty part, no "..", nothing that the
 * terminal or another system takes for something else. */
bool lab_copy_name_is_safe(const char *path);

#endif
