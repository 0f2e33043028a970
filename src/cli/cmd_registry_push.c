#include <stdio.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/image.h"
#include "cli/registry_client.h"

static const char *state_of(const struct lab_pushed *p)
{
    if (p->error.code != LAB_OK)
        return "failed";
    return p->manifest_sent || p->blobs_sent || p->blobs_mounted ? "pushed" : "there";
}

static json_t *row_of(const struct lab_cli *cli, const struct lab_pushed *p)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:i, s:i, s:i, s:o}", "image",
                     lab_json_text(p->image), "target", lab_json_text(p->target), "digest",
                     lab_json_text(*p->digest ? p->digest : NULL), "state", state_of(p),
                     "bytes_sent", lab_image_size(cli, p->sent), "blobs_sent", (int)p->blobs_sent,
                     "blobs_mounted", (int)p->blobs_mounted, "blobs_there", (int)p->blobs_there,
                     "error", lab_json_text(p->error.message));
}

static void print(struct lab_cli *cli, const struct lab_push_result *result)
{
    static const struct lab_column columns[] = {{LAB_N("IMAGE"), "target"},
                                                {LAB_N("STATE"), "state"},
                                                {LAB_N("SENT"), "bytes_sent"},
                                                {LAB_N("DIGEST"), "digest"}};
    json_t *rows = json_array();
    LAB_VEC_FOREACH (p, &result->images)
        json_array_append_new(rows, row_of(cli, p));
    if (cli->quiet && cli->output == LAB_OUTPUT_TABLE)
        json_decref(rows);
    else
        lab_cli_print(cli, json_pack("{s:o}", "images", rows), "images", columns,
                      LAB_ARRAY_LEN(columns));
}

/* Every image that failed, and the worst code for all. */
static int fail(const struct lab_push_result *result, struct lab_error *err)
{
    enum lab_code worst = LAB_OK;
    const char *hint = NULL;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (p, &result->images) {
        if (p->error.code == LAB_OK)
            continue;
        worst = lab_code_worse(worst, p->error.code);
        hint = hint ? hint : p->error.hint;
        lab_str_addf(&text, "\n  %s: %s", p->image, p->error.message);
    }
    lab_fail(err, worst, "%zu of %zu images were not pushed:%s", result->failed, result->images.len,
             lab_str_get(&text));
    return hint ? lab_error_hint(err, "%s", hint) : -1;
}

static int push(struct lab_cli *cli, struct lab_registry_words *words, struct lab_error *err)
{
    struct lab_bar *bar = lab_bar_new(cli, "pushing", lab_tr("waiting for the registry"));
    struct lab_push_result result;
    words->job.progress = lab_bar_feed;
    words->job.progress_arg = bar;
    int rc = lab_registry_push(&words->job, &result, err);
    lab_bar_free(bar);
    if (rc == 0)
        print(cli, &result);
    if (rc == 0 && result.failed)
        rc = fail(&result, err);
    lab_push_result_clear(&result);
    return rc;
}

int lab_registry_cmd_push(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_registry_words words;
    int rc = lab_registry_cmd_words(cli, &words, err) || push(cli, &words, err) ? -1 : 0;
    lab_registry_words_clear(&words);
    return rc;
}
