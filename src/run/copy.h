/* cp: files between this host and a guest, over the node's pinned session.
 *
 * A copy grows as NAME.labctl.part beside its target. One that was broken off is gone on with by
 * the next: both ends hash what is there, and only a prefix of the source is kept. The whole is
 * compared by SHA-256, gets the source's mode and time, is synced, and renamed over the target:
 * under the final name there is never half a file. Neither end holds more of a file in memory than
 * a window of a few hundred KiB.
 *
 * Everything in the guest is done by its shell and coreutils (exec channels): SFTP would need a
 * server that can be run through sudo, and shares libssh2's (1.10) one state for packets with all
 * other channels. A guest is not believed: names that would lead out of the target are refused,
 * links are neither copied nor written through. */
#ifndef LAB_RUN_COPY_H
#define LAB_RUN_COPY_H

#include "base/crypto.h"
#include "guest/guest.h"
#include "run/run.h"

struct lab_copied {
    const char *from, *to; /* paths, without the node */
    uint64_t bytes, resumed_at;
    char sha256[LAB_SHA256_HEX];
    bool was_there; /* the same bytes: nothing was sent */
};

/* One guest, and who is told. Exposed for tests, which have guests without a lab. */
struct lab_copier {
    uv_loop_t *loop;
    struct lab_guest *guest;
    bool sudo;      /* as root, by "sudo -n" */
    bool recursive; /* folders, too */
    /* In every turn of the loop; true ends the copy with what it put into err. */
    bool (*stop)(void *arg, struct lab_error *err);
    void (*progress)(void *arg, const char *name, uint64_t done, uint64_t total);
    void (*copied)(void *arg, const struct lab_copied *file);
    void (*skipped)(void *arg, const char *path, const char *why);
    void *arg;
};

/* from: on one side, to: on the other. Several sources, or a `to` that ends with '/', want a folder
 * that is there. LAB_USAGE: no such source, or a folder without recursive; LAB_HOST, LAB_GUEST: an
 * end failed, what was copied of the file stays as .part; LAB_INTEGRITY: the bytes differ, nothing
 * stays, or a guest's name is hostile; LAB_CONFLICT: another copy writes the same target. */
int lab_copy_up(const struct lab_copier *c,
                const char *const *from,
                size_t n,
                const char *to,
                struct lab_error *err) LAB_MUST_CHECK;
int lab_copy_down(const struct lab_copier *c,
                  const char *const *from,
                  size_t n,
                  const char *to,
                  struct lab_error *err) LAB_MUST_CHECK;

struct lab_copy_options {
    const char *const *from; /* PATH or NODE:PATH */
    size_t from_len;
    const char *to;
    bool recursive, sudo;
    void (*copied)(void *arg, const struct lab_copied *file); /* may be NULL */
    void *arg;
};
/* Which side is a node's: one node, on one side only (LAB_USAGE). */
int lab_copy(struct lab_run *run,
             const struct lab_copy_options *options,
             struct lab_error *err) LAB_MUST_CHECK;

#endif
