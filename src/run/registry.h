/* The registry that the lab's nodes pull from: which one it is, and labctl's own on this host.
 *
 * labctl's own is Debian's docker-registry (distribution 2.8) with a configuration of labctl's, in
 * LABCTL_HOME/labs/NAME/registry. A supervisor, which is labctl itself (`labctl registry serve`),
 * outlives the command that started it: it restarts the server when that ends, writes its log, and
 * holds registry/lock, whose text names it, as long as it lives. The server never outlives the
 * supervisor (plat_become), so ending the supervisor ends all, however it is ended.
 *
 * What is on disk is the whole truth: `up` writes what is missing, starts what does not run, and
 * starts anew what runs with other files. */
#ifndef LAB_RUN_REGISTRY_H
#define LAB_RUN_REGISTRY_H

#include "run/registry_files.h"
#include "run/run.h"

#define LAB_REGISTRY_PORT 5000

/* Where it is and how one comes in. */
struct lab_registry_place {
    char *address; /* host:port */
    bool ours;     /* labctl runs it: on this host, or in the guest `node` */
    char *node;
    char *ca_pem; /* NULL: what the system trusts */
    bool insecure;
    char *username, *password; /* NULL: no login */
};
#define LAB_AUTO_REGISTRY_PLACE LAB_CLEANUP(lab_registry_place_clear)
void lab_registry_place_clear(struct lab_registry_place *place);

/* By lab.yaml, the record and the files in the lab's folder. labctl's own has neither address nor
 * password before it was up: LAB_USAGE saying so; the same without a registry in lab.yaml. A
 * password that is to be asked is asked once (keys/registry-password, 0600). */
int lab_registry_place(struct lab_run *run,
                       struct lab_registry_place *out,
                       struct lab_error *err) LAB_MUST_CHECK;

/* Its address alone; NULL: none, or labctl's own was never up. Borrowed. */
const char *lab_registry_address(const struct lab_run *run);
/* For labctl's own at place->address: CA and, with auth, login, from its files. */
int lab_registry_place_own(struct lab_registry_place *place,
                           const struct lab_registry_files *files,
                           bool auth,
                           struct lab_error *err) LAB_MUST_CHECK;

/* --- labctl's own ----------------------------------------------------------------------------- */

/* Makes sure that it runs and answers; for one that is there already, warns when it does not
 * answer. Needs the ledger open for writing. LAB_HOST: docker-registry, its address or the whole
 * ability is missing here; LAB_CONFLICT: somebody else answers at its address. */
int lab_registry_up(struct lab_run *run, struct lab_error *err) LAB_MUST_CHECK;
/* Ends it if it runs; the data stay. */
int lab_registry_down(struct lab_run *run, bool *was_up, struct lab_error *err) LAB_MUST_CHECK;
/* For teardown: ends it and removes its folder; a supervisor that is just starting finds the lock
 * taken or the folder gone. By the lab's name, with or without a ledger. */
int lab_registry_remove(const char *lab, struct lab_error *err) LAB_MUST_CHECK;

struct lab_registry_status {
    struct lab_registry_place place; /* without password; address NULL: it was never up */
    const char *kind;                /* "on this host", "in guest", "external"; static */
    uint64_t pid, server_pid;        /* 0: does not run */
    int64_t since_ms;                /* the server's start; 0 */
    unsigned restarts;
    char *last_end;         /* how the server ended last, or NULL */
    uint64_t storage_bytes; /* what it keeps; ours only */
    LAB_VEC(char *) names;  /* of its certificate; ours only */
    int64_t tls_ends_ms;    /* 0: not known */
    bool answers;
    char *answer; /* in words */
};
/* Looks only. */
int lab_registry_status(struct lab_run *run,
                        struct lab_registry_status *out,
                        struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_status_clear(struct lab_registry_status *status);

/* Prints the log's end by `put`, then, with follow, what is added until cancelled() says so. */
int lab_registry_logs(const char *lab,
                      bool follow,
                      void (*put)(const char *bytes, size_t n),
                      bool (*cancelled)(void),
                      struct lab_error *err) LAB_MUST_CHECK;

/* The supervisor itself: returns when it was asked to end (SIGTERM), or its folder is gone. */
int lab_registry_serve(const char *lab, struct lab_error *err) LAB_MUST_CHECK;
/* Its child: becomes docker-registry; returns only to say why not. */
int lab_registry_become(const char *lab, uint64_t supervisor, struct lab_error *err);

#endif
