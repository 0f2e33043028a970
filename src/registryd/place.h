/* A registry as somebody who comes to it sees it: where it is, whom to trust, who to be. */
#ifndef LAB_REGISTRYD_PLACE_H
#define LAB_REGISTRYD_PLACE_H

#include "registryd/files.h"

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

/* For labctl's own at place->address: CA and, with auth, login, from its files. */
int lab_registry_place_own(struct lab_registry_place *place,
                           const struct lab_registryd_files *files,
                           bool auth,
                           struct lab_error *err) LAB_MUST_CHECK;

#endif
