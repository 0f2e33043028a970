/* bundle inspect|diff. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "bundle/diff.h"
#include "bundle/manifest.h"
#include "bundle/sums.h"
#include "bundle/verify.h"
#include "cli/bundle.h"

/* --- inspect ------------------------------------------------------------------------------------
 */

static json_t *files_of(const struct lab_cli *cli, const struct lab_manifest *m)
{
    json_t *rows = json_array();
    LAB_VEC_FOREACH (f, &m->files) {
        char mode[8];
        snprintf(mode, sizeof(mode), "%04o", f->mode);
        json_array_append_new(rows, json_pack("{s:s, s:o, s:s, s:s, s:s}", "path", f->path, "size",
                                              lab_bundle_size(cli, f->size), "sha256", f->sha256,
                                              "mode", mode, "role", f->role));
    }
    return rows;
}

static json_t *images_of(const struct lab_manifest *m)
{
    json_t *rows = json_array();
    LAB_VEC_FOREACH (i, &m->images)
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:s, s:s}", "ref", i->ref, "file", i->file,
                                        "digest", i->digest, "platform", i->platform));
    return rows;
}

static json_t *packages_of(const struct lab_manifest *m)
{
    json_t *rows = json_array();
    LAB_VEC_FOREACH (p, &m->packages)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", p->name,
                                              "version", p->version, "arch", p->arch, "file",
                                              p->file, "wanted", p->wanted));
    return rows;
}

static void print_tables(const struct lab_cli *cli, const char *dir, const struct lab_manifest *m)
{
    static const struct lab_column files[] = {{LAB_N("SIZE"), "size"},
                                              {LAB_N("MODE"), "mode"},
                                              {LAB_N("ROLE"), "role"},
                                              {LAB_N("FILE"), "path"}};
    static const struct lab_column images[] = {{LAB_N("IMAGE"), "ref"},
                                               {LAB_N("PLATFORM"), "platform"},
                                               {LAB_N("DIGEST"), "digest"},
                                               {LAB_N("IN"), "file"}};
    static const struct lab_column packages[] = {{LAB_N("PACKAGE"), "name"},
                                                 {LAB_N("VERSION"), "version"},
                                                 {LAB_N("ARCH"), "arch"},
                                                 {LAB_N("WANTED"), "wanted"}};
    LAB_AUTO_STR struct lab_str size = LAB_STR_INIT, need = LAB_STR_INIT, when = LAB_STR_INIT;
    lab_put_size(&size, lab_manifest_bytes(m));
    lab_put_size(&need, m->min_free_bytes);
    lab_put_time(&when, m->created * 1000);
    if (m->k3s_version)
        printf(lab_tr("%s: k3s %s, %s, made %s, %zu files, %s; a node wants %s free\n\n"), dir,
               m->k3s_version, m->arch, lab_str_get(&when), m->files.len, lab_str_get(&size),
               lab_str_get(&need));
    else
        printf(lab_tr("%s: no k3s, %s, made %s, %zu files, %s; a node wants %s free\n\n"), dir,
               m->arch, lab_str_get(&when), m->files.len, lab_str_get(&size), lab_str_get(&need));
    lab_cli_print(cli, files_of(cli, m), NULL, files, LAB_ARRAY_LEN(files));
    if (m->images.len) {
        puts("");
        lab_cli_print(cli, images_of(m), NULL, images, LAB_ARRAY_LEN(images));
    }
    if (m->release) {
        printf(lab_tr("\npackages for %s, set %.12s:\n"), m->release, m->packages_sha256);
        lab_cli_print(cli, packages_of(m), NULL, packages, LAB_ARRAY_LEN(packages));
    }
}

int lab_bundle_cmd_inspect(struct lab_cli *cli, struct lab_error *err)
{
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    if (lab_bundle_wants(cli, 1, 1, "labctl bundle inspect bundle", err) < 0)
        return -1;
    const char *dir = cli->arguments.items[1];
    if (lab_bundle_trust(dir, err) < 0 || lab_manifest_load(&m, dir, err) < 0)
        return -1;
    if (cli->output == LAB_OUTPUT_TABLE) {
        print_tables(cli, dir, &m);
        return 0;
    }
    LAB_AUTOFREE char *sig = lab_path_join(dir, LAB_SUMS_SIGNATURE);
    json_t *packages = m.release ? json_pack("{s:s, s:s, s:o}", "release", m.release, "sha256",
                                             m.packages_sha256, "list", packages_of(&m))
                                 : json_null();
    lab_cli_print(cli,
                  json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:b, s:o, s:o, s:o}", "bundle",
                            lab_json_text(dir), "k3s_version", lab_json_text(m.k3s_version), "arch",
                            m.arch, "created", (json_int_t)m.created, "bytes",
                            (json_int_t)lab_manifest_bytes(&m), "min_free_bytes",
                            (json_int_t)m.min_free_bytes, "signed", lab_file_exists(sig), "files",
                            files_of(cli, &m), "images", images_of(&m), "packages", packages),
                  "files", NULL, 0);
    return 0;
}

/* --- diff ---------------------------------------------------------------------------------------
 */

static json_t *row_of(const struct lab_difference *d)
{
    const char *change = !d->before ? "added" : !d->after ? "removed" : "changed";
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "change", change, "kind",
                     lab_diff_kind_name(d->kind), "name", lab_json_text(d->name), "before",
                     lab_json_text(d->before), "after", lab_json_text(d->after));
}

int lab_bundle_cmd_diff(struct lab_cli *cli, struct lab_error *err)
{
    static const struct lab_column columns[] = {{LAB_N("CHANGE"), "change"},
                                                {LAB_N("WHAT"), "kind"},
                                                {LAB_N("NAME"), "name"},
                                                {LAB_N("BEFORE"), "before"},
                                                {LAB_N("AFTER"), "after"}};
    LAB_AUTO_MANIFEST struct lab_manifest before = {0}, after = {0};
    struct lab_diff diff = {{0}};
    if (lab_bundle_wants(cli, 2, 2, "labctl bundle diff bundle-july bundle-august", err) < 0 ||
        lab_bundle_trust(cli->arguments.items[1], err) < 0 ||
        lab_bundle_trust(cli->arguments.items[2], err) < 0 ||
        lab_manifest_load(&before, cli->arguments.items[1], err) < 0 ||
        lab_manifest_load(&after, cli->arguments.items[2], err) < 0)
        return -1;
    lab_bundle_diff(&diff, &before, &after);
    json_t *rows = json_array();
    LAB_VEC_FOREACH (d, &diff.list)
        json_array_append_new(rows, row_of(d));
    if (diff.list.len || cli->output != LAB_OUTPUT_TABLE) {
        lab_cli_print(cli, json_pack("{s:o}", "differences", rows), "differences", columns,
                      LAB_ARRAY_LEN(columns));
    } else {
        json_decref(rows);
        puts(lab_tr("the same k3s, files, images and packages"));
    }
    lab_diff_clear(&diff);
    return 0;
}
