/* The files of labctl's own registry, and what is in them. */
#ifndef LAB_REGISTRYD_FILES_H
#define LAB_REGISTRYD_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/str.h"

struct lab_registryd_files {
    char *dir;  /* LABCTL_HOME/labs/NAME/registry, 0700 */
    char *pki;  /* …/labs/NAME/pki: ca.crt, ca.key */
    char *ca;   /* pki/ca.crt */
    char *data; /* the blobs */
    char *config, *certificate, *key;
    char *htpasswd, *password; /* with `auth` */
    char *secret;              /* http.secret: kept, so that uploads survive a restart */
    char *log, *lock, *running;
};
#define LAB_AUTO_REGISTRYD_FILES LAB_CLEANUP(lab_registryd_files_clear)

void lab_registryd_files(struct lab_registryd_files *out, const char *lab);
void lab_registryd_files_clear(struct lab_registryd_files *files);

/* config.yml of docker-registry; realm NULL: nobody logs in. */
void lab_registryd_config(struct lab_str *out,
                          const struct lab_registryd_files *files,
                          const char *address,
                          const char *secret,
                          const char *realm);

/* Makes or keeps all that the server needs at this address. in_guest: the configuration is for the
 * places that the files have in a guest (media/seed.h). */
int lab_registryd_write(const struct lab_registryd_files *files,
                        const char *lab,
                        const char *address,
                        bool auth,
                        bool in_guest,
                        struct lab_error *err) LAB_MUST_CHECK;
/* Of what the server reads when it starts: a server with another digest has to be started anew. */
int lab_registryd_digest(const struct lab_registryd_files *files,
                         char hex[LAB_SHA256_HEX],
                         struct lab_error *err) LAB_MUST_CHECK;

/* The user that labctl makes when `auth` is set. */
#define LAB_REGISTRYD_USER "labctl"
/* "labctl:$2b$…\n" for htpasswd: bcrypt, the only method that docker-registry takes. Caller frees;
 * NULL when libxcrypt refuses. */
char *lab_registryd_htpasswd(const char *password);

/* registry/lock's text: "labctl registry serve (pid 123, started 456)". */
char *lab_registryd_holder(void);
/* The supervisor that the file names when it lives, else 0. */
uint64_t lab_registryd_supervisor(const struct lab_registryd_files *files);

/* running.json: what the supervisor tells about the server. */
struct lab_registryd_running {
    uint64_t server_pid; /* 0: between two starts */
    int64_t since_ms;
    unsigned restarts;
    char digest[LAB_SHA256_HEX];
    char *last_end; /* "exit status 1", "signal 9", or NULL */
};
int lab_registryd_running_write(const struct lab_registryd_files *files,
                                const struct lab_registryd_running *running,
                                struct lab_error *err) LAB_MUST_CHECK;
/* All zero when there is none, or it makes no sense. */
void lab_registryd_running_read(const struct lab_registryd_files *files,
                                struct lab_registryd_running *out);
void lab_registryd_running_clear(struct lab_registryd_running *running);

#endif
