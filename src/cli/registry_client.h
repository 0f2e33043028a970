/* What push, ls and verify of the registry command share. */
#ifndef LAB_CLI_REGISTRY_CLIENT_H
#define LAB_CLI_REGISTRY_CLIENT_H

#include "cli/registry.h"
#include "run/registry_client.h"

/* By --to, else the lab's; the other options go on top of it. */
int lab_registry_cmd_target(struct lab_cli *cli,
                            struct lab_registry_target *out,
                            struct lab_error *err) LAB_MUST_CHECK;

/* What push and verify take: SOURCE, --image, --platform. */
struct lab_registry_words {
    struct lab_registry_target target;
    struct lab_registry_job job;
    LAB_VEC(const char *) images;
};
int lab_registry_cmd_words(struct lab_cli *cli,
                           struct lab_registry_words *out,
                           struct lab_error *err) LAB_MUST_CHECK;
void lab_registry_words_clear(struct lab_registry_words *words);

#endif
