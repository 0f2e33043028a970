/* A certificate authority of the lab's own and the server certificates that it signs (OpenSSL's
 * libcrypto; no child processes). ECDSA on P-256, which every TLS client of the last ten years
 * takes. X.509 as in RFC 5280; names are subjectAltName only, because Go clients (containerd)
 * refuse a certificate that names its server in the common name alone (RFC 6125 6.4.4).
 *
 * Everything begins a day before it is made: guests come up with clocks that are behind.
 * now_ms is the wall clock (plat_wall_ms). All block. */
#ifndef LAB_PKI_CA_H
#define LAB_PKI_CA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

struct lab_ca;
#define LAB_AUTO_CA LAB_CLEANUP(lab_ca_free)

/* Opens DIR/ca.key (0600) and DIR/ca.crt, and makes them the first time; valid ten years. The name
 * is for people. LAB_HOST: the key is gone, or the certificate is not valid now; LAB_INTEGRITY: the
 * two do not belong together, or one is damaged. */
int lab_ca_open(struct lab_ca **out,
                const char *dir,
                const char *name,
                int64_t now_ms,
                struct lab_error *err) LAB_MUST_CHECK;
const char *lab_ca_pem(const struct lab_ca *ca); /* the certificate; borrowed */
void lab_ca_free(struct lab_ca **ca);

/* Makes sure that the two files (key: 0600) hold a certificate of this CA for exactly these IPv4
 * addresses and host names, with its key, for two years. One that fits and does not end within 60
 * days is left as it is: *made is false. */
int lab_ca_server(const struct lab_ca *ca,
                  const char *crt,
                  const char *key,
                  const char *const *names,
                  size_t names_len,
                  int64_t now_ms,
                  bool *made,
                  struct lab_error *err) LAB_MUST_CHECK;

/* What a certificate says, for messages. */
struct lab_cert_look {
    LAB_VEC(char *) names; /* addresses and host names, in its order */
    char *issuer;          /* "labctl airgap 3f2a…", or "" */
    int64_t begins_ms, ends_ms;
};
#define LAB_AUTO_CERT_LOOK LAB_CLEANUP(lab_cert_look_clear)

/* The first certificate of a PEM file. LAB_HOST: unreadable; LAB_INTEGRITY: there is none. */
int lab_cert_look(struct lab_cert_look *out,
                  const char *path,
                  struct lab_error *err) LAB_MUST_CHECK;
/* NULL when the text begins with a PEM certificate, else why not; static. */
const char *lab_cert_why_not(const char *pem);
void lab_cert_look_clear(struct lab_cert_look *look);

#endif
