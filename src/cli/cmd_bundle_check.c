/* bundle verify|sign|keygen. */
#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "pki/sign.h"

/* --- verify -------------------------------------------------------------------------------------
 */

static int verify(struct lab_bundle_job *job, struct lab_error *err)
{
    struct lab_bundle_check *check = job->arg;
    check->progress = job->progress;
    check->arg = job->progress_arg;
    return lab_bundle_verify(check, err);
}

static void print_check(const struct lab_cli *cli, const struct lab_bundle_check *check)
{
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT, text = LAB_STR_INIT;
    if (cli->output == LAB_OUTPUT_TABLE) {
        lab_put_size(&size, check->bytes);
        lab_bundle_put_signature(&text, check->signature, check->key);
        if (!cli->quiet && !check->problems.len)
            printf(lab_tr("%s: %llu files, %s, every byte is right; %s\n"), check->dir,
                   (unsigned long long)check->files, lab_str_get(&size), lab_str_get(&text));
        return;
    }
    json_t *problems = json_array();
    LAB_VEC_FOREACH (p, &check->problems)
        json_array_append_new(problems, json_pack("{s:o, s:o}", "file", lab_json_text(p->path),
                                                  "problem", lab_json_text(p->what)));
    lab_cli_print(cli,
                  json_pack("{s:o, s:b, s:s, s:I, s:I, s:o}", "bundle", lab_json_text(check->dir),
                            "sound", check->problems.len == 0, "signature",
                            lab_signature_name(check->signature), "files", (json_int_t)check->files,
                            "bytes", (json_int_t)check->bytes, "problems", problems),
                  "problems", NULL, 0);
}

int lab_bundle_cmd_verify(struct lab_cli *cli, struct lab_error *err)
{
    if (lab_bundle_wants(cli, 1, 1, "labctl bundle verify bundle --key team.pub", err) < 0)
        return -1;
    LAB_AUTOFREE char *key = lab_bundle_trusted_key(lab_cli_value(cli, "key"));
    LAB_AUTO_CHECK struct lab_bundle_check check = {.dir = cli->arguments.items[1], .key = key};
    struct lab_bundle_job job = {.fn = verify, .verb = LAB_N("verifying"), .arg = &check};
    if (lab_bundle_run(cli, &job, err) < 0)
        return -1;
    print_check(cli, &check);
    return lab_bundle_judge(&check, err);
}

/* --- sign, keygen -------------------------------------------------------------------------------
 */

struct sign {
    const char *dir, *key;
};

static int sign(struct lab_bundle_job *job, struct lab_error *err)
{
    const struct sign *s = job->arg;
    return lab_bundle_sign(s->dir, s->key, job->progress, job->progress_arg, err);
}

int lab_bundle_cmd_sign(struct lab_cli *cli, struct lab_error *err)
{
    static const char example[] = "labctl bundle sign bundle --key team";
    struct sign s = {.key = lab_cli_value(cli, "key")};
    if (lab_bundle_wants(cli, 1, 1, example, err) < 0)
        return -1;
    s.dir = cli->arguments.items[1];
    if (!s.key) {
        lab_fail(err, LAB_USAGE, "'labctl bundle sign' wants the private key: --key FILE");
        return lab_error_hint(err, "'labctl bundle keygen FILE' makes one");
    }
    struct lab_bundle_job job = {.fn = sign, .verb = LAB_N("verifying"), .arg = &s};
    if (lab_bundle_run(cli, &job, err) < 0)
        return -1;
    if (!cli->quiet && cli->output == LAB_OUTPUT_TABLE)
        printf(lab_tr("%s: verified and signed\n"), s.dir);
    return 0;
}

int lab_bundle_cmd_keygen(struct lab_cli *cli, struct lab_error *err)
{
    char id[LAB_KEY_ID_TEXT];
    if (lab_bundle_wants(cli, 1, 1, "labctl bundle keygen team", err) < 0)
        return -1;
    const char *path = cli->arguments.items[1];
    LAB_AUTOFREE char *pub = lab_format("%s.pub", path);
    if (lab_sign_keygen(path, err) < 0 || lab_sign_key_id(pub, id, err) < 0)
        return -1;
    if (cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli,
                      json_pack("{s:o, s:o, s:s}", "private", lab_json_text(path), "public",
                                lab_json_text(pub), "id", id),
                      NULL, NULL, 0);
    else if (!cli->quiet)
        printf(
            lab_tr(
                "%s signs: keep it to yourself\n%s verifies, key id %s: hand it out, or put it to "
                "LABCTL_HOME/bundle.pub, where it is found by itself\n"),
            path, pub, id);
    return 0;
}
