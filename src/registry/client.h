/* One registry, by OCI distribution-spec 1.1 (the "v2 API" of Docker), as far as distribution 2.8
 * has it.
 *
 * A lab_registry is shared by threads; each thread calls through a connection of its own. All calls
 * block and end soon after lab_work_cancel_all() with LAB_CANCELLED. TLS is always verified, and
 * the server's name must be among its certificate's subject alternative names, since containerd
 * wants that and libcurl alone does not. Credentials go to this registry and to the token service
 * that it names; to no other host, wherever it redirects. They are never logged.
 *
 * Codes: LAB_INTEGRITY (certificates, digests), LAB_USAGE (who one is, and what is not there),
 * LAB_HOST (everything between us and a working registry), LAB_CANCELLED. */
#ifndef LAB_REGISTRY_CLIENT_H
#define LAB_REGISTRY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"
#include "oci/ref.h"

struct lab_registry_options {
    const char *address;  /* HOST[:PORT]; https://… and http://… (which is insecure) too */
    const char *ca_file;  /* PEM; NULL: */
    const char *ca_pem;   /* the same as text; NULL too: the authorities that the system trusts */
    const char *username; /* NULL: nobody */
    const char *password;
    bool insecure; /* plain HTTP, no TLS */
};

struct lab_registry;
struct lab_registry_conn;

/* No traffic. LAB_USAGE: the address. */
int lab_registry_open(struct lab_registry **out,
                      const struct lab_registry_options *options,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_close(struct lab_registry *registry);             /* NULL is fine */
const char *lab_registry_name(const struct lab_registry *registry); /* "192.168.6.1:5000" */

struct lab_registry_conn *lab_registry_connect(struct lab_registry *registry);
void lab_registry_disconnect(struct lab_registry_conn *conn); /* NULL is fine */
/* Whether the last failure may be gone the next time. */
bool lab_registry_may_retry(const struct lab_registry_conn *conn);
/* After failure number `tried` (from 1): true after a pause, with the error cleared, when it is
 * worth another try; else the error stays. */
bool lab_registry_again(const struct lab_registry_conn *conn,
                        unsigned tried,
                        struct lab_error *err);

/* Is it there, is it a registry, is its certificate one that containerd takes, and are the
 * credentials right? To be called once, before anything else. */
int lab_registry_enter(struct lab_registry_conn *conn, struct lab_error *err) LAB_MUST_CHECK;

/* --- blobs ---------------------------------------------------------------------------------------
 */

int lab_registry_has_blob(struct lab_registry_conn *conn,
                          const char *repository,
                          const char *digest,
                          bool *there,
                          uint64_t *size,
                          struct lab_error *err) LAB_MUST_CHECK;

/* Starts an upload: *location, for lab_registry_send(). With digest and from (a repository of this
 * registry) the blob is taken from there when that can be: *location stays NULL. */
int lab_registry_start(struct lab_registry_conn *conn,
                       const char *repository,
                       const char *digest,
                       const char *from,
                       char **location,
                       struct lab_error *err) LAB_MUST_CHECK;

/* What is sent. digest "": not known before the end, when sum() tells. */
struct lab_body {
    int (*read)(void *arg, void *bytes, size_t n, size_t *got, struct lab_error *err);
    void (*sum)(void *arg, char digest[LAB_DIGEST_TEXT], uint64_t *size);
    void *arg;
    const char *digest;
    uint64_t size;
};
int lab_registry_send(struct lab_registry_conn *conn,
                      const char *repository,
                      const char *location,
                      const struct lab_body *body,
                      struct lab_error *err) LAB_MUST_CHECK;

/* The bytes from `from` on, to sink; whoever gets them checks the digest. *from becomes 0 before
 * the first byte when the registry starts over. */
typedef int lab_registry_sink(void *arg, const void *bytes, size_t n, struct lab_error *err);
int lab_registry_get_blob(struct lab_registry_conn *conn,
                          const char *repository,
                          const char *digest,
                          uint64_t *from,
                          lab_registry_sink *sink,
                          void *arg,
                          struct lab_error *err) LAB_MUST_CHECK;

/* --- manifests; reference is a tag or a digest
 * ----------------------------------------------------
 */

int lab_registry_has_manifest(struct lab_registry_conn *conn,
                              const char *repository,
                              const char *reference,
                              bool *there,
                              char digest[LAB_DIGEST_TEXT], /* "" when not told */
                              struct lab_error *err) LAB_MUST_CHECK;
/* The digest is computed, and is the one asked for where that was one. LAB_USAGE: not there. */
int lab_registry_get_manifest(struct lab_registry_conn *conn,
                              const char *repository,
                              const char *reference,
                              struct lab_str *bytes,
                              char **type /* caller frees; may be NULL */,
                              char digest[LAB_DIGEST_TEXT],
                              struct lab_error *err) LAB_MUST_CHECK;
int lab_registry_put_manifest(struct lab_registry_conn *conn,
                              const char *repository,
                              const char *reference,
                              const char *type,
                              const char *bytes,
                              size_t n,
                              struct lab_error *err) LAB_MUST_CHECK;

/* --- lists, sorted
 * --------------------------------------------------------------------------------
 */

struct lab_registry_names {
    LAB_VEC(char *) list;
};
int lab_registry_catalog(struct lab_registry_conn *conn,
                         struct lab_registry_names *out,
                         struct lab_error *err) LAB_MUST_CHECK;
/* None for a repository that is not there. */
int lab_registry_tags(struct lab_registry_conn *conn,
                      const char *repository,
                      struct lab_registry_names *out,
                      struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_names_clear(struct lab_registry_names *names);

#endif
