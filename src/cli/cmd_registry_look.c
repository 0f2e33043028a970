/* registry ls, verify */
#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/image.h"
#include "cli/registry_client.h"
#include "cli/view.h"
#include "run/registry_guests.h"

/* --- ls -----------------------------------------------------------------------------------------
 */

static void print_rows(const struct lab_cli *cli, const struct lab_registry_rows *rows)
{
    static const struct lab_column columns[] = {
        {LAB_N("REPOSITORY"), "repository"}, {LAB_N("TAG"), "tag"}, {LAB_N("DIGEST"), "digest"}};
    json_t *list = json_array();
    LAB_VEC_FOREACH (row, &rows->list)
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "repository", row->repository,
                                              "tag", row->tag, "digest",
                                              lab_json_text(*row->digest ? row->digest : NULL)));
    lab_cli_print(cli, json_pack("{s:o}", "images", list), "images", columns,
                  LAB_ARRAY_LEN(columns));
}

int lab_registry_cmd_ls(struct lab_cli *cli, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_TARGET struct lab_registry_target target = {0};
    struct lab_registry_rows rows;
    if (cli->arguments.len != 1)
        return lab_fail(err, LAB_USAGE, "'labctl registry ls' takes no arguments");
    if (lab_registry_cmd_target(cli, &target, err))
        return -1;
    int rc = lab_registry_list(&target, &rows, err);
    if (rc == 0)
        print_rows(cli, &rows);
    lab_registry_rows_clear(&rows);
    return rc;
}

/* --- verify -------------------------------------------------------------------------------------
 */

static json_t *row_of(const struct lab_cli *cli, const struct lab_verified *v)
{
    bool sound = v->error.code == LAB_OK;
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:i, s:o, s:o}", "from", "this host", "image",
                     lab_json_text(v->image), "repository", v->repository, "digest", v->digest,
                     "state", sound ? "fine" : "failed", "blobs", (int)v->blobs, "bytes",
                     lab_image_size(cli, v->bytes), "error", lab_json_text(v->error.message));
}

static json_t *guest_row(const struct lab_guest_pull *pull)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "from", pull->node, "image", pull->image, "state",
                     pull->error ? "failed" : "fine", "error", lab_json_text(pull->error));
}

static void print_verified(const struct lab_cli *cli,
                           const struct lab_verify_result *result,
                           const struct lab_guest_pulls *pulls)
{
    static const struct lab_column columns[] = {{LAB_N("FROM"), "from"},
                                                {LAB_N("IMAGE"), "image"},
                                                {LAB_N("STATE"), "state"},
                                                {LAB_N("SIZE"), "bytes"},
                                                {LAB_N("DIGEST"), "digest"}};
    json_t *rows = json_array();
    LAB_VEC_FOREACH (v, &result->images)
        json_array_append_new(rows, row_of(cli, v));
    LAB_VEC_FOREACH (pull, &pulls->list)
        json_array_append_new(rows, guest_row(pull));
    if (cli->quiet && cli->output == LAB_OUTPUT_TABLE)
        json_decref(rows);
    else
        lab_cli_print(cli, json_pack("{s:o}", "images", rows), "images", columns,
                      LAB_ARRAY_LEN(columns));
}

static int fail(const struct lab_verify_result *result, struct lab_error *err)
{
    enum lab_code worst = LAB_OK;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (v, &result->images) {
        if (v->error.code == LAB_OK)
            continue;
        /* An image that is not there is no mistake of the command line. */
        enum lab_code code = v->error.code == LAB_USAGE ? LAB_INTEGRITY : v->error.code;
        worst = lab_code_worse(worst, code);
        lab_str_addf(&text, "\n  %s: %s", v->image ? v->image : v->repository, v->error.message);
    }
    lab_fail(err, worst, "%zu of %zu images cannot be pulled:%s", result->failed,
             result->images.len, lab_str_get(&text));
    return lab_error_hint(err, "'labctl registry push' sends what is missing");
}

static int fail_guests(const struct lab_guest_pulls *pulls, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (pull, &pulls->list)
        if (pull->error)
            lab_str_addf(&text, "\n  %s: %s: %s", pull->node, pull->image, pull->error);
    lab_fail(err, LAB_GUEST, "%zu of %zu pulls inside the nodes failed:%s", pulls->failed,
             pulls->list.len, lab_str_get(&text));
    return lab_error_hint(err, "on the node, /var/lib/rancher/k3s/agent/containerd/containerd.log "
                               "has the whole story");
}

/* The lab's own registry is there for its nodes: they are asked, too. */
static int ask_guests(struct lab_cli *cli,
                      const struct lab_verify_result *result,
                      struct lab_guest_pulls *pulls,
                      struct lab_error *err)
{
    struct lab_run *run;
    if (lab_cli_value(cli, "to") || lab_cli_flag(cli, "host-only"))
        return 0;
    if (lab_cli_attach(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    int rc = lab_registry_ask_guests(run, result, pulls, err);
    lab_view_end(cli);
    lab_run_close(run);
    return rc;
}

static int
verify(struct lab_cli *cli, const struct lab_registry_words *words, struct lab_error *err)
{
    struct lab_verify_result result;
    struct lab_guest_pulls pulls = {{0}, 0};
    int rc = lab_registry_check(&words->job, &result, err);
    if (rc == 0)
        rc = ask_guests(cli, &result, &pulls, err);
    if (rc == 0)
        print_verified(cli, &result, &pulls);
    if (rc == 0 && result.failed)
        rc = fail(&result, err);
    if (rc == 0 && pulls.failed)
        rc = fail_guests(&pulls, err);
    lab_guest_pulls_clear(&pulls);
    lab_verify_result_clear(&result);
    return rc;
}

int lab_registry_cmd_verify(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_registry_words words;
    int rc = lab_registry_cmd_words(cli, &words, err) || verify(cli, &words, err) ? -1 : 0;
    lab_registry_words_clear(&words);
    return rc;
}
