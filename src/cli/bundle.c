#include "cli/bundle.h"

#include <stdio.h>

#include "base/text.h"
#include "platform.h"
#include "run/beside.h"

/* Bytes a second since the first were seen; 0: not yet known. What was there before counts nothing.
 */
static uint64_t rate_of(struct lab_bundle_bar *bar, uint64_t done)
{
    uint64_t now = plat_now_ms();
    if (!bar->began_ms) {
        bar->began_ms = now;
        bar->from = done;
    }
    uint64_t ms = now - bar->began_ms;
    return ms < 500 || done <= bar->from ? 0 : (done - bar->from) * 1000 / ms;
}

static void put_bar(struct lab_str *out, struct lab_bundle_bar *bar, uint64_t done, uint64_t total)
{
    uint64_t rate = rate_of(bar, done);
    lab_str_addf(out, "%s: %u%% of ", bar->verb, (unsigned)(done * 100 / total));
    lab_put_size(out, total);
    if (!rate || done >= total)
        return;
    lab_str_add(out, ", ");
    lab_put_size(out, rate);
    lab_str_add(out, "/s, ");
    lab_put_duration(out, ((total - done) / rate + 1) * 1000);
    lab_str_add(out, " left");
}

static void draw(void *arg, uint64_t done, uint64_t total)
{
    struct lab_bundle_bar *bar = arg;
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    done = done < total ? done : total;
    if (done < bar->last) {
        bar->began_ms = 0;
        bar->tenth = 0;
    }
    bar->last = done;
    unsigned tenth = (unsigned)(done * 10 / total);
    put_bar(&line, bar, done, total);
    if (bar->on_terminal) {
        fprintf(stderr, "\r%s\033[K", lab_str_get(&line));
        fflush(stderr);
        bar->drawn = true;
    } else if (tenth > bar->tenth) {
        lab_cli_say("%s\n", lab_str_get(&line));
        bar->tenth = tenth;
    }
}

static int work(void *arg, struct lab_error *err)
{
    struct lab_bundle_job *job = arg;
    return job->fn(job, err);
}

int lab_bundle_run(struct lab_cli *cli, struct lab_bundle_job *job, struct lab_error *err)
{
    struct lab_bundle_bar bar = {.verb = job->verb, .on_terminal = plat_is_terminal(2)};
    job->progress = lab_meter_feed;
    job->progress_arg = &job->meter;
    int rc = lab_beside(work, job, &job->meter, cli->quiet ? NULL : draw, &bar, err);
    if (bar.drawn)
        fputs("\r\033[K", stderr);
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
        lab_str_addf(out, "signed by %s", key);
        break;
    case LAB_SIGNATURE_UNCHECKED:
        lab_str_add(out, "signed, but not checked: no key is configured (--key PUB)");
        break;
    case LAB_SIGNATURE_NONE:
        lab_str_add(out, "unsigned, and no key is configured");
        break;
    case LAB_SIGNATURE_BAD:
        lab_str_add(out, "the signature is wrong or missing");
        break;
    }
}
