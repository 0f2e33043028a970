#include "cli/bundle.h"

#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/bar.h"
#include "run/beside.h"

static int work(void *arg, struct lab_error *err)
{
    struct lab_bundle_job *job = arg;
    return job->fn(job, err);
}

int lab_bundle_run(struct lab_cli *cli, struct lab_bundle_job *job, struct lab_error *err)
{
    struct lab_bar *bar = lab_bar_new(cli, job->verb, NULL);
    job->progress = lab_meter_feed;
    job->progress_arg = &job->meter;
    int rc = lab_beside(work, job, &job->meter, lab_bar_feed, bar, err);
    lab_bar_free(bar);
    return rc;
}

json_t *lab_bundle_size(const struct lab_cli *cli, uint64_t bytes)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (cli->output != LAB_OUTPUT_TABLE)
        return json_integer((json_int_t)bytes);
    lab_put_size(&text, bytes);
    return json_string(lab_str_get(&text));
}

int lab_bundle_wants(const struct lab_cli *cli,
                     size_t least,
                     size_t most,
                     const char *example,
                     struct lab_error *err)
{
    size_t n = cli->arguments.len - 1;
    if (n >= least && n <= most)
        return 0;
    if (n < least)
        lab_fail(err, LAB_USAGE, "'labctl bundle %s' wants more than that",
                 cli->arguments.items[0]);
    else
        lab_fail(err, LAB_USAGE, "'labctl bundle %s' does not know what to do with '%s'",
                 cli->arguments.items[0], cli->arguments.items[most + 1]);
    return lab_error_hint(err, "%s", example);
}

void lab_bundle_put_signature(struct lab_str *out, enum lab_signature signature, const char *key)
{
    switch (signature) {
    case LAB_SIGNATURE_GOOD:
        lab_str_addf(out, lab_tr("signed by %s"), key);
        break;
    case LAB_SIGNATURE_UNCHECKED:
        lab_str_add(out, lab_tr("signed, but not checked: no key is configured (--key PUB)"));
        break;
    case LAB_SIGNATURE_NONE:
        lab_str_add(out, lab_tr("unsigned, and no key is configured"));
        break;
    case LAB_SIGNATURE_BAD:
        lab_str_add(out, lab_tr("the signature is wrong or missing"));
        break;
    }
}
