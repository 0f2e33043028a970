/* iso build|ls|verify: what cloud-localds and isoinfo are used for, without them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "run/iso.h"

static int build(struct lab_cli *cli, struct lab_error *err)
{
    const char *label = lab_cli_value(cli, "label");
    char sha256[LAB_SHA256_HEX];
    size_t files;
    label = label ? label : "cidata";
    if (cli->arguments.len < 3) {
        lab_fail(err, LAB_USAGE,
                 "'labctl iso build' wants an output and at least one file or folder");
        return lab_error_hint(err, "labctl iso build seed.iso user-data meta-data network-config");
    }
    const char *out = cli->arguments.items[1];
    struct lab_bar *bar = lab_bar_new(cli, "writing", NULL);
    int rc = lab_iso_build(out, label, cli->arguments.items + 2, cli->arguments.len - 2,
                           lab_bar_feed, bar, &files, sha256, err);
    lab_bar_free(bar);
    if (rc)
        return -1;
    if (cli->output == LAB_OUTPUT_TABLE)
        printf(lab_tr("%s: label %s, %zu files, sha256 %s\n"), out, label, files, sha256);
    else
        lab_cli_print(cli,
                      json_pack("{s:o, s:s, s:I, s:s}", "image", lab_json_text(out), "label", label,
                                "files", (json_int_t)files, "sha256", sha256),
                      NULL, NULL, 0);
    return 0;
}

static int list(struct lab_cli *cli, bool hash, struct lab_error *err)
{
    static const struct lab_column plain[] = {
        {LAB_N("MODE"), "mode"}, {LAB_N("SIZE"), "size"}, {LAB_N("PATH"), "path"}};
    static const struct lab_column sums[] = {
        {LAB_N("SHA256"), "sha256"}, {LAB_N("SIZE"), "size"}, {LAB_N("PATH"), "path"}};
    struct lab_iso_listing listing = {0};
    const char *path = cli->arguments.items[1];
    if (lab_iso_read(path, hash, &listing, err))
        return -1;
    json_t *rows = json_array();
    LAB_VEC_FOREACH (e, &listing.entries) {
        char mode[16];
        snprintf(mode, sizeof(mode), "%s%04o", e->is_dir ? "d" : "-", e->mode & 07777);
        json_array_append_new(rows,
                              json_pack("{s:o, s:s, s:I, s:I, s:s}", "path", lab_json_text(e->path),
                                        "mode", mode, "size", (json_int_t)e->size, "mtime",
                                        (json_int_t)e->mtime, "sha256", e->sha256));
    }
    if (cli->output == LAB_OUTPUT_TABLE && !cli->quiet)
        printf(hash ? lab_tr("%s: label %s, %zu entries, every file was read to its end\n")
                    : lab_tr("%s: label %s, %zu entries\n"),
               path, listing.label, listing.entries.len);
    lab_cli_print(cli,
                  json_pack("{s:o, s:o, s:o}", "image", lab_json_text(path), "label",
                            lab_json_text(listing.label), "entries", rows),
                  "entries", hash ? sums : plain, 3);
    lab_iso_listing_clear(&listing);
    return 0;
}

static int run_iso(struct lab_cli *cli, struct lab_error *err)
{
    const char *verb = cli->arguments.items[0];
    if (strcmp(verb, "build") == 0)
        return build(cli, err);
    bool ls = strcmp(verb, "ls") == 0;
    if (!ls && strcmp(verb, "verify") != 0)
        return lab_fail(err, LAB_USAGE, "'labctl iso %s': there are build, ls and verify", verb);
    if (cli->arguments.len != 2)
        return lab_fail(err, LAB_USAGE, "'labctl iso %s' wants one image", verb);
    return list(cli, !ls, err);
}

static const struct lab_option options[] = {
    {"label", 'l', "LABEL", LAB_N("volume label (default: cidata)")},
    {0},
};

const struct lab_command lab_cmd_iso = {
    .name = "iso",
    .summary = LAB_N("build, list and verify ISO images"),
    .arguments = "build OUT FILE…|FOLDER | ls IMAGE | verify IMAGE",
    .text = LAB_N(
        "Builds a seed ISO for cloud-init (a replacement for cloud-localds) or any other ISO from\n"
        "files and folders; the same input gives the same bytes. 'ls' lists one, 'verify' reads\n"
        "every byte of it.\n\n"
        "  labctl iso build seed.iso user-data meta-data network-config\n"
        "  labctl iso ls seed.iso"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .run = run_iso,
};
