/* What the files of the bundle command share. */
#ifndef LAB_CLI_BUNDLE_H
#define LAB_CLI_BUNDLE_H

#include "bundle/verify.h"
#include "cli/command.h"

/* Runs fn on a worker thread with Ctrl-C heard and a bar (bar.h); fn reports through
 * lab_bundle_job.progress. */
struct lab_bundle_job {
    int (*fn)(struct lab_bundle_job *job, struct lab_error *err);
    const char *verb;
    void *arg;
    lab_bundle_progress *progress; /* this and the rest: set by lab_bundle_run() */
    void *progress_arg;
    struct lab_meter meter;
};
int lab_bundle_run(struct lab_cli *cli,
                   struct lab_bundle_job *job,
                   struct lab_error *err) LAB_MUST_CHECK;

/* A number for programs, "1.5 GiB" for people. */
json_t *lab_bundle_size(const struct lab_cli *cli, uint64_t bytes);

/* "signed by KEY", "unsigned, and no key is configured", … */
void lab_bundle_put_signature(struct lab_str *out, enum lab_signature signature, const char *key);

/* The arguments behind the verb; LAB_USAGE with the example unless there are so many. */
int lab_bundle_wants(const struct lab_cli *cli,
                     size_t least,
                     size_t most,
                     const char *example,
                     struct lab_error *err) LAB_MUST_CHECK;

/* cmd_bundle_check.c, cmd_bundle_show.c, cmd_bundle_make.c */
int lab_bundle_cmd_verify(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_sign(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_keygen(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_inspect(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_diff(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_create(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_split(struct lab_cli *cli, struct lab_error *err);
int lab_bundle_cmd_join(struct lab_cli *cli, struct lab_error *err);

#endif
