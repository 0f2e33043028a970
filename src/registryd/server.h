/* labctl's own registry on this host.
 *
 * It is Debian's docker-registry (distribution 2.8) with a configuration of labctl's, in
 * LABCTL_HOME/labs/NAME/registry. A supervisor, which is labctl itself (`labctl registry serve`),
 * outlives the command that started it: it restarts the server when that ends, writes its log, and
 * holds registry/lock, whose text names it, as long as it lives. The server never outlives the
 * supervisor (plat_become), so ending the supervisor ends all, however it is ended.
 *
 * What is on disk is the whole truth: a start writes what is missing, starts what does not run, and
 * starts anew what runs with other files. All of these block, on a thread that may. */
#ifndef LAB_REGISTRYD_SERVER_H
#define LAB_REGISTRYD_SERVER_H

#include "base/vec.h"
#include "registryd/files.h"

#define LAB_REGISTRYD_PROGRAM "docker-registry"
#define LAB_REGISTRYD_PORT    5000

/* Where docker-registry is, caller frees. LAB_HOST: it is not installed, or labctl cannot run it on
 * this system. */
int lab_registryd_program(char **path, struct lab_error *err) LAB_MUST_CHECK;

/* Makes sure that it runs at address ("IPv4:port") and answers; *started is false when it did so
 * already. Only where lab_registryd_program() succeeds. LAB_CONFLICT: somebody else answers there;
 * LAB_HOST: it does not come up, with the end of its log; LAB_CANCELLED: see lab_work_cancelled().
 */
int lab_registryd_start(const char *lab,
                        const char *address,
                        bool auth,
                        bool *started,
                        struct lab_error *err) LAB_MUST_CHECK;
/* Ends it if it runs, which *was_up says (may be NULL); the data stay. */
int lab_registryd_end(const struct lab_registryd_files *files,
                      bool *was_up,
                      struct lab_error *err) LAB_MUST_CHECK;
/* Ends it and removes its folder; a supervisor that is just starting finds the lock taken or the
 * folder gone. */
int lab_registryd_remove(const char *lab, struct lab_error *err) LAB_MUST_CHECK;

struct lab_registryd_look {
    uint64_t pid, server_pid; /* 0: does not run */
    int64_t since_ms;         /* the server's start; 0 */
    unsigned restarts;
    char *last_end; /* how the server ended last, or NULL */
    uint64_t storage_bytes;
    LAB_VEC(char *) names; /* of its certificate */
    int64_t tls_ends_ms;   /* 0: not known */
};
/* By its files; what is not there stays zero. */
void lab_registryd_look(const struct lab_registryd_files *files, struct lab_registryd_look *out);
void lab_registryd_look_clear(struct lab_registryd_look *look);

/* Prints the log's end by `put`, then, with follow, what is added until cancelled() says so. */
int lab_registryd_logs(const char *lab,
                       bool follow,
                       void (*put)(const char *bytes, size_t n),
                       bool (*cancelled)(void),
                       struct lab_error *err) LAB_MUST_CHECK;

#endif
