/* What push, ls and verify of the registry command share: which registry, which images. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "cli/registry_client.h"
#include "cli/view.h"

/* --- which registry -----------------------------------------------------------------------------
 */

static int
target_of_lab(struct lab_cli *cli, struct lab_registry_target *out, struct lab_error *err)
{
    struct lab_run *run;
    if (lab_cli_open(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_run_attach_ledger(run, err) || lab_registry_target(run, out, err) ? -1 : 0;
    lab_view_end(cli); /* `verify` opens the lab once more, to ask its nodes */
    lab_run_close(run);
    cli->run = NULL;
    return rc;
}

int lab_registry_cmd_target(struct lab_cli *cli,
                            struct lab_registry_target *out,
                            struct lab_error *err)
{
    const char *to = lab_cli_value(cli, "to"), *ca = lab_cli_value(cli, "ca");
    const char *username = lab_cli_value(cli, "username");
    const char *password = lab_cli_value(cli, "password-file");
    *out = (struct lab_registry_target){0};
    if (!username != !password)
        return lab_fail(err, LAB_USAGE, "give --username and --password-file together");
    if (to ? lab_registry_target_parse(out, to, err) : target_of_lab(cli, out, err))
        return -1;
    if (ca)
        lab_assign(&out->ca_file, ca);
    if (username)
        lab_assign(&out->username, username);
    if (password && lab_registry_target_password(out, password, err))
        return -1;
    LAB_AUTOFREE char *exposed = password ? lab_secret_exposed(password) : NULL;
    if (exposed)
        lab_cli_say("labctl: %s\n", exposed);
    out->insecure = out->insecure || lab_cli_flag(cli, "insecure");
    if (out->insecure && ca)
        return lab_fail(err, LAB_USAGE, "--insecure means no TLS, so --ca has no use");
    return 0;
}

/* --- SOURCE -------------------------------------------------------------------------------------
 */

int lab_registry_cmd_words(struct lab_cli *cli,
                           struct lab_registry_words *out,
                           struct lab_error *err)
{
    const char *platform = lab_cli_value(cli, "platform");
    *out = (struct lab_registry_words){0};
    if (cli->arguments.len != 2) {
        lab_fail(err, LAB_USAGE, "'labctl registry %s' wants one layout, archive or bundle",
                 cli->arguments.items[0]);
        return lab_error_hint(err,
                              "labctl registry %s images.tar --to 192.168.6.1:5000 --ca ca.crt",
                              cli->arguments.items[0]);
    }
    for (size_t i = 0; i < cli->given_len; i++)
        if (strcmp(cli->given[i].option->name, "image") == 0)
            *lab_vec_push(&out->images) = cli->given[i].value;
    out->job = (struct lab_registry_job){.target = &out->target,
                                         .source = cli->arguments.items[1],
                                         .images = out->images.items,
                                         .images_len = out->images.len};
    return lab_platform_parse(&out->job.platform, platform ? platform : "linux/amd64", err) ||
                   lab_registry_cmd_target(cli, &out->target, err)
               ? -1
               : 0;
}

void lab_registry_words_clear(struct lab_registry_words *words)
{
    lab_registry_target_clear(&words->target);
    lab_platform_clear(&words->job.platform);
    lab_vec_clear(&words->images);
}
