/* Which registry the registry command speaks to, and as whom. */
#ifndef LAB_RUN_REGISTRY_TARGET_H
#define LAB_RUN_REGISTRY_TARGET_H

#include "run/run.h"

struct lab_registry_target {
    char *address;  /* HOST:PORT */
    char *prefix;   /* before every repository, or NULL */
    char *ca_file;  /* PEM; NULL: */
    char *ca_pem;   /* the same as text; NULL too: what the system trusts */
    char *username; /* NULL: nobody */
    char *password; /* wiped by _clear */
    bool insecure;  /* plain HTTP */
};
#define LAB_AUTO_REGISTRY_TARGET LAB_CLEANUP(lab_registry_target_clear)

/* The lab's own registry, for a run whose ledger is open. LAB_USAGE: the lab has none. */
int lab_registry_target(struct lab_run *run,
                        struct lab_registry_target *out,
                        struct lab_error *err) LAB_MUST_CHECK;
/* "HOST:PORT[/PREFIX]", as --to has it. */
int lab_registry_target_parse(struct lab_registry_target *out,
                              const char *text,
                              struct lab_error *err) LAB_MUST_CHECK;
/* The first line of a file (base/secret.h). */
int lab_registry_target_password(struct lab_registry_target *out,
                                 const char *path,
                                 struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_target_clear(struct lab_registry_target *target);

#endif
