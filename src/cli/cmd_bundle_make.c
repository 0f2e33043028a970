/* bundle create|split|join. */
#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "bundle/create.h"
#include "bundle/parts.h"
#include "cli/bundle.h"

static int create(struct lab_bundle_job *job, struct lab_error *err)
{
    struct lab_bundle_create *c = job->arg;
    c->progress = job->progress;
    c->arg = job->progress_arg;
    return lab_bundle_create(c, err);
}

static void print_created(const struct lab_cli *cli, const struct lab_bundle_create *c)
{
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT;
    lab_put_size(&size, c->bytes);
    if (!cli->quiet)
        printf(c->key ? lab_tr("%s: %llu files, %s, verified and signed\n")
                      : lab_tr("%s: %llu files, %s, verified, unsigned\n"),
               c->out, (unsigned long long)c->files, lab_str_get(&size));
}

static void say_what_was_found(const struct lab_bundle_create *c)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_problems_print(&text, &c->problems, c->recipe);
    if (text.len)
        lab_cli_say("%s", lab_str_get(&text));
    LAB_VEC_FOREACH (note, &c->notes)
        lab_cli_say("note: %s\n", *note);
}

int lab_bundle_cmd_create(struct lab_cli *cli, struct lab_error *err)
{
    const char *file = lab_cli_value(cli, "file"), *out = lab_cli_value(cli, "output");
    const char *tries = lab_cli_value(cli, "retries");
    uint64_t n = 0;
    if (lab_bundle_wants(cli, 0, 0, "labctl bundle create -f bundle.yaml -o bundle", err) < 0)
        return -1;
    if (tries && (lab_parse_uint(tries, 1000, &n) < 0 || n == 0))
        return lab_fail(err, LAB_USAGE, "'--retries %s' is no number from 1 to 1000", tries);
    struct lab_bundle_create c = {.recipe = file ? file : "bundle.yaml",
                                  .out = out ? out : "bundle",
                                  .key = lab_cli_value(cli, "sign"),
                                  .update = lab_cli_flag(cli, "update"),
                                  .tries = (unsigned)n};
    struct lab_bundle_job job = {.fn = create, .verb = LAB_N("downloading"), .arg = &c};
    int rc = lab_bundle_run(cli, &job, err);
    say_what_was_found(&c);
    if (rc == 0)
        print_created(cli, &c);
    lab_bundle_create_clear(&c);
    return rc;
}

/* --- split, join --------------------------------------------------------------------------------
 */

static int split(struct lab_bundle_job *job, struct lab_error *err)
{
    struct lab_bundle_split *s = job->arg;
    s->progress = job->progress;
    s->arg = job->progress_arg;
    return lab_bundle_split(s, err);
}

int lab_bundle_cmd_split(struct lab_cli *cli, struct lab_error *err)
{
    const char *out = lab_cli_value(cli, "output"), *size = lab_cli_value(cli, "size");
    if (lab_bundle_wants(cli, 1, 1, "labctl bundle split bundle --size 2G -o parts", err) < 0)
        return -1;
    struct lab_bundle_split s = {.dir = cli->arguments.items[1], .out = out ? out : "parts"};
    size = size ? size : "2G";
    if (lab_parse_size(size, &s.part_bytes) < 0)
        return lab_fail(err, LAB_USAGE, "'--size %s' is not a size, such as 2G or 700M", size);
    struct lab_bundle_job job = {.fn = split, .verb = LAB_N("splitting"), .arg = &s};
    if (lab_bundle_run(cli, &job, err) < 0)
        return -1;
    if (!cli->quiet)
        printf(s.parts == 1 ? lab_tr("%s: %zu part and their index %s\n")
                            : lab_tr("%s: %zu parts and their index %s\n"),
               s.out, s.parts, LAB_PARTS_INDEX);
    return 0;
}

static int join(struct lab_bundle_job *job, struct lab_error *err)
{
    struct lab_bundle_join *j = job->arg;
    j->progress = job->progress;
    j->arg = job->progress_arg;
    return lab_bundle_join(j, err);
}

int lab_bundle_cmd_join(struct lab_cli *cli, struct lab_error *err)
{
    const char *out = lab_cli_value(cli, "output");
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT, text = LAB_STR_INIT;
    if (lab_bundle_wants(cli, 1, SIZE_MAX - 1, "labctl bundle join parts -o bundle", err) < 0)
        return -1;
    LAB_AUTOFREE char *key = lab_bundle_trusted_key(lab_cli_value(cli, "key"));
    struct lab_bundle_join j = {.dirs = cli->arguments.items + 1,
                                .dirs_len = cli->arguments.len - 1,
                                .out = out ? out : "bundle",
                                .key = key};
    struct lab_bundle_job job = {.fn = join, .verb = LAB_N("joining"), .arg = &j};
    if (lab_bundle_run(cli, &job, err) < 0)
        return -1;
    lab_put_size(&size, j.bytes);
    lab_bundle_put_signature(&text, j.signature, key);
    if (!cli->quiet)
        printf(lab_tr("%s: %llu files, %s, verified; %s\n"), j.out, (unsigned long long)j.files,
               lab_str_get(&size), lab_str_get(&text));
    return 0;
}
