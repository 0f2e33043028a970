/* image convert|info: what qemu-img is used for, without it. */
#include "cli/image.h"
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/image.h"

/* --- convert
 * -------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *suffix;
    enum lab_disk_target format;
} targets[] = {
    {"raw", ".raw", LAB_DISK_TO_RAW},
    {"raw", ".img", LAB_DISK_TO_RAW},
    {"vmdk", ".vmdk", LAB_DISK_TO_VMDK},
    {"vmdk-stream", NULL, LAB_DISK_TO_STREAM},
};

static int choose_format(const char *name,
                         const char *target,
                         const char **chosen,
                         enum lab_disk_target *out,
                         struct lab_error *err)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(targets); i++)
        if (name ? strcmp(name, targets[i].name) == 0
                 : targets[i].suffix && lab_ends_with(target, targets[i].suffix)) {
            *chosen = targets[i].name;
            *out = targets[i].format;
            return 0;
        }
    if (name)
        lab_fail(err, LAB_USAGE, "'--format %s' is none of raw, vmdk, vmdk-stream", name);
    else
        lab_fail(err, LAB_USAGE, "the name '%s' does not tell which format is wanted", target);
    return lab_error_hint(err, "labctl image convert --format vmdk image.qcow2 disk.vmdk");
}

static void print_converted(struct lab_cli *cli,
                            const struct lab_disk_job *job,
                            const char *format,
                            const struct lab_disk_result *result)
{
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT, written = LAB_STR_INIT;
    lab_put_size(&size, result->size);
    lab_put_size(&written, result->written);
    const char *sum = result->sha256[0] ? result->sha256 : NULL;
    if (cli->output == LAB_OUTPUT_TABLE && !cli->quiet)
        printf(lab_tr("%s: %s, a disk of %s, %s written\n"), job->target, format,
               lab_str_get(&size), lab_str_get(&written));
    else if (cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli,
                      json_pack("{s:o, s:o, s:s, s:I, s:I, s:o}", "source",
                                lab_json_text(job->source), "image", lab_json_text(job->target),
                                "format", format, "virtual_size", (json_int_t)result->size,
                                "written", (json_int_t)result->written, "source_sha256",
                                lab_json_text(sum)),
                      NULL, NULL, 0);
}

static int convert(struct lab_cli *cli, struct lab_error *err)
{
    const char *size = lab_cli_value(cli, "size"), *sum = lab_cli_value(cli, "sha256");
    const char *format = NULL;
    char expected[LAB_SHA256_HEX];
    struct lab_disk_result result = {0};
    if (cli->arguments.len != 3) {
        lab_fail(err, LAB_USAGE,
                 "'labctl image convert' wants an image and the name of the new one");
        return lab_error_hint(err, "labctl image convert image.qcow2 disk.vmdk");
    }
    struct lab_disk_job job = {
        .source = cli->arguments.items[1],
        .target = cli->arguments.items[2],
        .expected = sum ? expected : NULL,
        .progress = lab_bar_feed,
    };
    if (choose_format(lab_cli_value(cli, "format"), job.target, &format, &job.format, err) < 0 ||
        (sum && lab_image_sum(sum, expected, err) < 0))
        return -1;
    if (size && (lab_parse_size(size, &job.size) < 0 || job.size == 0))
        return lab_fail(err, LAB_USAGE, "'--size %s' is not a size, such as 40Gi", size);
    struct lab_bar *bar = lab_bar_new(cli, "converting", lab_tr("waiting for the disk"));
    job.progress_arg = bar;
    int rc = lab_image_convert(&job, &result, err);
    lab_bar_free(bar);
    if (rc == 0)
        print_converted(cli, &job, format, &result);
    return rc;
}

/* --- info
 * ----------------------------------------------------------------------------------------- */

static json_t *row(const struct lab_cli *cli, const struct lab_image_look *look)
{
    const struct lab_disk_info *info = &look->info;
    json_t *files = json_array();
    LAB_VEC_FOREACH (file, &look->files)
        json_array_append_new(files, lab_json_text(*file));
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "image",
        lab_json_text(look->files.items[0]), "format", lab_disk_format_name(info->format),
        "variant", lab_json_text(info->variant[0] ? info->variant : NULL), "virtual_size",
        lab_image_size(cli, info->size), "file_size", lab_image_size(cli, look->file_bytes),
        "cluster_size", lab_image_size(cli, info->cluster), "compression_type",
        lab_json_text(info->compression), "snapshots", (json_int_t)info->snapshots, "backing_files",
        (json_int_t)info->backing, "files", files);
}

static int info(struct lab_cli *cli, struct lab_error *err)
{
    static const struct lab_column columns[] = {
        {LAB_N("IMAGE"), "image"},         {LAB_N("FORMAT"), "format"},
        {LAB_N("VARIANT"), "variant"},     {LAB_N("DISK"), "virtual_size"},
        {LAB_N("FILES"), "file_size"},     {LAB_N("CLUSTER"), "cluster_size"},
        {LAB_N("SNAPSHOTS"), "snapshots"}, {LAB_N("BACKING"), "backing_files"},
    };
    if (cli->arguments.len < 2)
        return lab_fail(err, LAB_USAGE, "'labctl image info' wants an image");
    json_t *rows = json_array();
    int rc = 0;
    for (size_t i = 1; rc == 0 && i < cli->arguments.len; i++) {
        struct lab_image_look look = {0};
        rc = lab_image_look(cli->arguments.items[i], &look, err);
        if (rc == 0)
            json_array_append_new(rows, row(cli, &look));
        lab_image_look_clear(&look);
    }
    if (rc < 0)
        json_decref(rows);
    else
        lab_cli_print(cli, json_pack("{s:o}", "images", rows), "images", columns,
                      LAB_ARRAY_LEN(columns));
    return rc;
}

/* --- the command
 * ----------------------------------------------------------------------------------- */

static const struct lab_verb verbs[] = {
    {"convert", convert, "format size sha256 ", false},
    {"info", info, "", false},
    {"import", lab_image_cmd_import, "name sha256 ", false},
    {"list", lab_image_cmd_list, "", false},
    {"verify", lab_image_cmd_verify, "", false},
    {"rm", lab_image_cmd_rm, "force ", false},
    {"prune", lab_image_cmd_prune, "dry-run ", false},
};

static int run_image(struct lab_cli *cli, struct lab_error *err)
{
    return lab_cli_run_verb(cli, verbs, LAB_ARRAY_LEN(verbs), err);
}

static const struct lab_option options[] = {
    {"format", 0, "FORMAT", LAB_N("raw, vmdk, vmdk-stream (convert; default: by the new name)")},
    {"size", 0, "SIZE", LAB_N("size of the new disk, such as 40Gi (convert; default: as it is)")},
    {"sha256", 0, "SUM", LAB_N("what the source file must have (convert, import)")},
    {"name", 0, "NAME", LAB_N("what to call it (import; default: by the file's name)")},
    {"force", 0, NULL, LAB_N("even what a lab uses (rm)")},
    {"dry-run", 0, NULL, LAB_N("only say what would be removed (prune)")},
    {0},
};

const struct lab_command lab_cmd_image = {
    .name = "image",
    .summary = LAB_N("keep, convert and inspect disk images"),
    .arguments =
        "import FILE|URL | list | verify [NAME…] | rm NAME… | prune | convert SOURCE NEW | "
        "info IMAGE…",
    .text = LAB_N(
        "Cloud images are qcow2, vmdk, ova or raw. 'import' keeps one for all labs, by its content:\n"
        "lab.yaml then says image_url: image:NAME. What URLs name is kept there too. 'list' shows\n"
        "what is kept and which labs use it, 'verify' reads every byte again, 'rm' and 'prune'\n"
        "(what no lab uses) remove, with what was made of it. NAME may be 12 digits of a digest.\n\n"
        "'convert' makes a disk for VMware (vmdk), a raw one, or a packed VMDK for sending\n"
        "(vmdk-stream), larger if wanted. 'info' tells what an image is. No qemu-img is needed.\n\n"
        "  labctl image import debian-12-generic-amd64.qcow2 --name debian12\n"
        "  labctl image convert --size 40Gi debian-12-generic-amd64.qcow2 disk.vmdk\n"
        "  labctl image info disk.vmdk"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .takes = LAB_TAKES_YES,
    .run = run_image,
};
