/* image import|list|verify|rm|prune: the image cache. */
#include "cli/image.h"

#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/time.h"
#include "platform.h"

/* --- import -------------------------------------------------------------------------------------
 */

static void print_imported(const struct lab_cli *cli, const struct lab_image_imported *imported)
{
    if (cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli,
                      json_pack("{s:o, s:s, s:o, s:b}", "name", lab_json_text(imported->name),
                                "sha256", imported->sha256, "file", lab_json_text(imported->path),
                                "already_there", imported->there),
                      NULL, NULL, 0);
    else if (!cli->quiet)
        printf(imported->there ? lab_tr("image:%s is there already, SHA-256 %s\n")
                               : lab_tr("image:%s imported, SHA-256 %s\n"),
               imported->name, imported->sha256);
}

int lab_image_cmd_import(struct lab_cli *cli, struct lab_error *err)
{
    char expected[LAB_SHA256_HEX];
    const char *sum = lab_cli_value(cli, "sha256");
    struct lab_image_imported imported;
    if (cli->arguments.len != 2) {
        lab_fail(err, LAB_USAGE, "'labctl image import' wants one file or URL");
        return lab_error_hint(err, "labctl image import debian12.qcow2 --name debian12");
    }
    if (sum && lab_image_sum(sum, expected, err))
        return -1;
    struct lab_bar *bar = lab_bar_new(cli, "importing", NULL);
    const struct lab_image_import job = {
        .source = cli->arguments.items[1],
        .name = lab_cli_value(cli, "name"),
        .expected = sum ? expected : NULL,
        .progress = lab_bar_feed,
        .progress_arg = bar,
    };
    int rc = lab_images_import(&job, &imported, err);
    lab_bar_free(bar);
    if (rc == 0)
        print_imported(cli, &imported);
    lab_image_imported_clear(&imported);
    return rc;
}

/* --- list ---------------------------------------------------------------------------------------
 */

static json_t *labs_of(const struct lab_cli *cli, const struct lab_image_row *row)
{
    json_t *labs = json_array();
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (lab, &row->labs) {
        lab_str_addf(&text, "%s%s", text.len ? ", " : "", *lab);
        json_array_append_new(labs, lab_json_text(*lab));
    }
    if (cli->output != LAB_OUTPUT_TABLE)
        return labs;
    json_decref(labs);
    return lab_json_text(lab_str_get(&text));
}

static json_t *made_of(const struct lab_cli *cli, const struct lab_cached *e)
{
    const struct lab_cached_made *const made[] = {&e->vmdk, &e->raw};
    static const char *const formats[] = {"vmdk", "raw"};
    json_t *rows = json_array();
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (size_t i = 0; i < LAB_ARRAY_LEN(made); i++) {
        if (!made[i]->path)
            continue;
        lab_str_addf(&text, "%s%s", text.len ? ", " : "", formats[i]);
        json_array_append_new(rows, json_pack("{s:s, s:o, s:I}", "format", formats[i], "file",
                                              lab_json_text(made[i]->path), "file_size",
                                              (json_int_t)made[i]->bytes));
    }
    if (cli->output != LAB_OUTPUT_TABLE)
        return rows;
    json_decref(rows);
    return lab_json_text(lab_str_get(&text));
}

static json_t *time_of(const struct lab_cli *cli, int64_t ms)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!ms)
        return json_null();
    lab_put_time(&text, ms);
    if (cli->output == LAB_OUTPUT_TABLE)
        lab_str_truncate(&text, strlen("2026-08-14"));
    return lab_json_text(lab_str_get(&text));
}

static json_t *row_of(const struct lab_cli *cli, const struct lab_image_row *row)
{
    const struct lab_cached *e = row->cached;
    LAB_AUTOFREE char *digest =
        lab_strndup(e->sha256, cli->output == LAB_OUTPUT_TABLE ? LAB_CACHE_DIGITS : 64);
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                     lab_json_text(e->name), "sha256", digest, "format",
                     lab_json_text(row->info.size ? lab_disk_format_name(row->info.format) : NULL),
                     "virtual_size", lab_image_size(cli, row->info.size), "file_size",
                     lab_image_size(cli, e->bytes), "labs", labs_of(cli, row), "last_used",
                     time_of(cli, e->used_ms), "made", made_of(cli, e), "file",
                     lab_json_text(e->path), "note", lab_json_text(row->note));
}

static void
print_rows(const struct lab_cli *cli, const struct lab_image_rows *images, const char *verb)
{
    static const struct lab_column columns[] = {
        {LAB_N("NAME"), "name"},           {LAB_N("SHA256"), "sha256"},
        {LAB_N("FORMAT"), "format"},       {LAB_N("DISK"), "virtual_size"},
        {LAB_N("FILE"), "file_size"},      {LAB_N("LABS"), "labs"},
        {LAB_N("LAST USED"), "last_used"}, {LAB_N("MADE OF IT"), "made"},
        {LAB_N("NOTE"), "note"},
    };
    json_t *rows = json_array();
    LAB_VEC_FOREACH (row, &images->rows)
        json_array_append_new(rows, row_of(cli, row));
    if (images->unread)
        fprintf(stderr, lab_tr("warning: what this lab uses is not known: %s\n"), images->unread);
    lab_cli_print(cli, json_pack("{s:o}", verb, rows), verb, columns, LAB_ARRAY_LEN(columns));
}

int lab_image_cmd_list(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_image_rows images;
    int rc = lab_images_list(cli->arguments.items + 1, cli->arguments.len - 1, &images, err);
    if (rc == 0 && !images.rows.len && cli->output == LAB_OUTPUT_TABLE) {
        LAB_AUTOFREE char *dir = lab_cache_dir();
        printf(lab_tr("no images in %s\n"), dir);
    } else if (rc == 0) {
        print_rows(cli, &images, "images");
    }
    lab_image_rows_clear(&images);
    return rc;
}

/* --- verify -------------------------------------------------------------------------------------
 */

static void print_verdicts(const struct lab_cli *cli, const struct lab_image_verdicts *verdicts)
{
    static const struct lab_column columns[] = {{LAB_N("STATE"), "state"}, {LAB_N("FILE"), "file"}};
    json_t *rows = json_array();
    LAB_VEC_FOREACH (v, &verdicts->list) {
        const char *state = v->sound ? "fine" : v->removed ? "damaged, removed" : "damaged";
        if (!v->sound || !cli->quiet || cli->output != LAB_OUTPUT_TABLE)
            json_array_append_new(
                rows, json_pack("{s:o, s:s}", "file", lab_json_text(v->file), "state", state));
    }
    if (json_array_size(rows) || cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli, json_pack("{s:o}", "files", rows), "files", columns,
                      LAB_ARRAY_LEN(columns));
    else
        json_decref(rows);
}

/* No damaged file is ever used, so that is all there is to do. */
static int damaged(const struct lab_image_verdicts *verdicts, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str files = LAB_STR_INIT;
    bool kept = false;
    LAB_VEC_FOREACH (v, &verdicts->list) {
        if (!v->sound)
            lab_str_addf(&files, "%s'%s'", files.len ? ", " : "", v->file);
        kept = kept || (!v->sound && !v->removed);
    }
    bool one = verdicts->damaged == 1;
    if (one)
        lab_fail(err, LAB_INTEGRITY, "a file is damaged: %s", lab_str_get(&files));
    else
        lab_fail(err, LAB_INTEGRITY, "files are damaged: %s", lab_str_get(&files));
    if (kept)
        return lab_error_hint(
            err,
            one ? "import the image again from where it came (labctl image import), which "
                  "replaces it; VMs made from it may be damaged too: labctl up --recreate NODE"
                : lab_tr(
                      "import the image again from where it came (labctl image import), which "
                      "replaces it; VMs made from them may be damaged too: labctl up --recreate NODE"));
    return lab_error_hint(
        err,
        one ? "what was removed is made again when it is needed; VMs made from it may be "
              "damaged too: labctl up --recreate NODE"
            : lab_tr("what was removed is made again when it is needed; VMs made from them may be "
                     "damaged too: labctl up --recreate NODE"));
}

int lab_image_cmd_verify(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_image_rows images;
    struct lab_image_verdicts verdicts = {{0}, 0};
    struct lab_bar *bar = lab_bar_new(cli, "verifying", NULL);
    int rc = lab_images_list(cli->arguments.items + 1, cli->arguments.len - 1, &images, err);
    if (rc == 0)
        rc = lab_images_verify(&images, lab_bar_feed, bar, &verdicts, err);
    lab_bar_free(bar);
    if (rc == 0)
        print_verdicts(cli, &verdicts);
    if (rc == 0 && verdicts.damaged)
        rc = damaged(&verdicts, err);
    lab_image_verdicts_clear(&verdicts);
    lab_image_rows_clear(&images);
    return rc;
}

/* --- rm, prune ----------------------------------------------------------------------------------
 */

static void print_removed(const struct lab_cli *cli, const struct lab_image_rows *images)
{
    if (cli->output != LAB_OUTPUT_TABLE) {
        print_rows(cli, images, "removed");
        return;
    }
    LAB_VEC_FOREACH (row, &images->rows)
        if (!cli->quiet)
            printf(lab_tr("removed %s (%.*s)\n"),
                   row->cached->name ? row->cached->name : lab_tr("what was made"),
                   LAB_CACHE_DIGITS, row->cached->sha256);
}

int lab_image_cmd_rm(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_image_rows images;
    if (cli->arguments.len < 2) {
        lab_fail(err, LAB_USAGE, "'labctl image rm' wants an image's name");
        return lab_error_hint(err, "'labctl image prune' removes those that no lab uses");
    }
    int rc = lab_images_list(cli->arguments.items + 1, cli->arguments.len - 1, &images, err);
    if (rc == 0)
        rc = lab_images_remove(&images, lab_cli_flag(cli, "force"), err);
    if (rc == 0)
        print_removed(cli, &images);
    lab_image_rows_clear(&images);
    return rc;
}

/* There is no run that Ctrl-C would have to end in order: it ends the process. */
static int
ask(const struct lab_cli *cli, const struct lab_image_rows *images, struct lab_error *err)
{
    char answer[16] = "";
    if (cli->yes)
        return 0;
    fputs(lab_tr("No lab uses:\n"), stderr);
    LAB_VEC_FOREACH (row, &images->rows)
        fprintf(stderr, "  %s (%.*s)\n",
                row->cached->name ? row->cached->name : lab_tr("what was made of"),
                LAB_CACHE_DIGITS, row->cached->sha256);
    if (plat_is_terminal(0)) {
        fputs(lab_tr("Remove them? [y/N] "), stderr);
        if (fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y'))
            return 0;
    }
    lab_fail(err, LAB_USAGE, "nothing was removed: prune wants a yes");
    return lab_error_hint(err, "answer y, or give -y");
}

int lab_image_cmd_prune(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_image_rows images;
    bool dry = lab_cli_flag(cli, "dry-run");
    if (cli->arguments.len > 1)
        return lab_fail(err, LAB_USAGE,
                        "'labctl image prune' takes no names; 'labctl image rm' does");
    int rc = lab_images_list(NULL, 0, &images, err);
    if (rc == 0)
        rc = lab_images_keep_unused(&images, err);
    if (rc == 0 && images.rows.len && !dry)
        rc = ask(cli, &images, err);
    if (rc == 0 && !dry)
        rc = lab_images_remove(&images, false, err);
    if (rc == 0 && dry)
        print_rows(cli, &images, "unused");
    else if (rc == 0)
        print_removed(cli, &images);
    lab_image_rows_clear(&images);
    return rc;
}
