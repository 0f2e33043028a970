/* Who answers at a registry's address, and whether it is free for ours. */
#ifndef LAB_REGISTRYD_PROBE_H
#define LAB_REGISTRYD_PROBE_H

#include "registryd/place.h"

enum lab_registry_answer {
    LAB_REGISTRY_ANSWERS,   /* a registry, that lets us in, with a certificate that we trust */
    LAB_REGISTRY_NO_LOGIN,  /* it wants another login */
    LAB_REGISTRY_UNTRUSTED, /* its certificate is not from our CA, or not for this address */
    LAB_REGISTRY_OTHER,     /* something that is no such registry: no TLS, or another server */
    LAB_REGISTRY_NOBODY,    /* nothing listens */
    LAB_REGISTRY_SILENT     /* no answer in time */
};

/* GET /v2/ (OCI distribution-spec, "end-1"). Blocks for a few seconds at most. *words: what was
 * seen, caller frees. */
enum lab_registry_answer lab_registry_probe(const struct lab_registry_place *place, char **words);

/* LAB_CONFLICT or LAB_HOST when nothing can be bound to "IPv4:port" here; *taken tells the two
 * apart. err NULL: only asks. */
int lab_registry_can_bind(const char *address, bool *taken, struct lab_error *err);
/* "host:port" with the first free port from LAB_REGISTRYD_PORT. LAB_CONFLICT: there is none. */
int lab_registry_free_port(const char *host, char **address, struct lab_error *err) LAB_MUST_CHECK;

#endif
