#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "media/iso.h"
#include "platform.h"
#include "run/doctor.h"
#include "run/fetch.h"
#include "run/password.h"
#include "run/payload_fit.h"
#include "state/state.h"

/* --- lab.yaml --------------------------------------------------------------------------------- */

static const struct lab_problem *first_error(const struct lab_problems *problems)
{
    LAB_VEC_FOREACH (p, &problems->list)
        if (p->severity == LAB_PROBLEM_ERROR)
            return p;
    return NULL;
}

static void complain(const char *file,
                     const struct lab_problems *problems,
                     const struct lab_error *err,
                     struct lab_findings *out)
{
    const struct lab_problem *p = first_error(problems);
    struct lab_finding *f =
        p ? lab_found(out, LAB_N("lab.yaml"), LAB_RESULT_FAIL, "line %d: %s%s", p->pos.line,
                      p->message, problems->errors > 1 ? lab_tr(", and more") : "")
          : lab_found_error(out, LAB_N("lab.yaml"), LAB_RESULT_FAIL, err);
    lab_finding_looked(f, "%s", file);
    lab_finding_fix(f, "labctl validate %s tells every mistake", file);
}

/* Twice: with the files that it names, for their problems, and without, for the model. */
struct lab_spec *lab_doctor_load(const char *file, struct lab_findings *out)
{
    static const struct lab_spec_options whole, alone = {.skip_files = true};
    struct lab_problems problems = {{0}, 0, 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = NULL;
    if (lab_spec_load(&spec, file, &whole, &problems, &err) == 0)
        lab_finding_looked(lab_found(out, LAB_N("lab.yaml"), LAB_RESULT_OK, "lab '%s', %zu nodes",
                                     spec->name, spec->nodes.len),
                           "%s", file);
    else
        complain(file, &problems, &err, out);
    lab_problems_clear(&problems);
    if (!spec && lab_spec_load(&spec, file, &alone, &problems, NULL) != 0)
        spec = NULL;
    lab_problems_clear(&problems);
    if (spec)
        lab_password_hide(spec);
    return spec;
}

/* --- images ----------------------------------------------------------------------------------- */

static bool is_used(const struct lab_spec *spec, size_t image)
{
    LAB_VEC_FOREACH (node, &spec->nodes)
        if (node->image == image)
            return true;
    return false;
}

static void check_url(const struct lab_image *image, struct lab_findings *out)
{
    LAB_AUTOFREE char *copy = lab_fetched_path(image);
    LAB_AUTOFREE char *dir = lab_cache_dir();
    struct lab_finding *f = lab_found(
        out, LAB_N("image"), copy ? LAB_RESULT_OK : LAB_RESULT_WARNING,
        copy ? "%s was downloaded" : lab_tr("%s will be downloaded by up"), image->source);
    lab_finding_looked(f, "%s", copy ? copy : dir);
    if (!copy)
        lab_finding_fix(f, "on a host without a network, give the path of a copy as image_url");
}

static void check_image(const struct lab_image *image, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    enum lab_image_format format;
    char sum[LAB_SHA256_HEX];
    uint64_t size;
    struct lab_finding *f;
    if (!image->path && strstr(image->source, "://")) {
        check_url(image, out);
        return;
    }
    if (!image->path) {
        f = lab_found(out, LAB_N("image"), LAB_RESULT_FAIL, "'%s' was not imported", image->source);
        lab_finding_fix(f, "labctl image import FILE --name NAME; 'labctl image list' shows them");
        return;
    }
    if (!lab_file_exists(image->path)) {
        f = lab_found(out, LAB_N("image"), LAB_RESULT_FAIL, "there is no '%s'", image->path);
        lab_finding_fix(f, "copy the image there, or correct image_url in lab.yaml");
    } else if (lab_image_inspect(image->path, &format, &size, &err) != 0) {
        f = lab_found_error(out, LAB_N("image"), LAB_RESULT_FAIL, &err);
    } else if (image->sha256 && lab_digest_get(image->path, sum) &&
               strcmp(sum, image->sha256) != 0) {
        f = lab_found(out, LAB_N("image"), LAB_RESULT_FAIL,
                      "'%s' has SHA-256 %.12s…, lab.yaml says %.12s…", image->path, sum,
                      image->sha256);
        lab_finding_fix(f, "copy the file again, or correct sha256");
    } else {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        lab_put_size(&text, size);
        f = lab_found(out, LAB_N("image"), LAB_RESULT_OK, "%s, a disk of %s",
                      lab_path_base(image->path), lab_str_get(&text));
    }
    lab_finding_looked(f, "%s", image->path);
}

/* --- payload and seeds ------------------------------------------------------------------------ */

static void check_payload(const char *dir, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_iso iso = {.label = "count"};
    struct lab_finding *f;
    uint64_t bytes = 0;
    if (!dir) {
        f = lab_found(out, LAB_N("payload"), LAB_RESULT_OK, "lab.yaml names none");
        lab_finding_looked(f, "payload.dir");
        return;
    }
    int rc = lab_iso_add_tree(&iso, dir, &err);
    LAB_VEC_FOREACH (file, &iso.files)
        bytes += file->size;
    if (rc != 0) {
        f = lab_found_error(out, LAB_N("payload"), LAB_RESULT_FAIL, &err);
    } else if (!iso.files.len) {
        f = lab_found(out, LAB_N("payload"), LAB_RESULT_WARNING, "the folder is empty");
        lab_finding_fix(f, "put in what the nodes need, or take payload out of lab.yaml");
    } else {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        lab_put_size(&text, bytes);
        f = lab_found(out, LAB_N("payload"), LAB_RESULT_OK,
                      iso.files.len == 1 ? lab_tr("%zu file, %s") : lab_tr("%zu files, %s"),
                      iso.files.len, lab_str_get(&text));
    }
    lab_finding_looked(f, "%s", dir);
    if (rc != 0 && !f->fix)
        lab_finding_fix(f, "make the folder, or correct payload.dir in lab.yaml");
    lab_iso_clear(&iso);
}

/* Found by what the folder has and by disk_size, before a guest finds out. */
static void check_fit(const struct lab_spec *spec, struct lab_findings *out)
{
    struct lab_problems problems = {{0}, 0, 0};
    if (lab_payload_fit(spec, NULL, &problems, NULL) == 0)
        LAB_VEC_FOREACH (p, &problems.list) {
            bool fails = p->severity == LAB_PROBLEM_ERROR;
            struct lab_finding *f =
                lab_found(out, LAB_N("payload"), fails ? LAB_RESULT_FAIL : LAB_RESULT_WARNING,
                          "line %d: %s", p->pos.line, p->message);
            lab_finding_looked(f, "%s", spec->file);
            lab_finding_fix(f, "give the nodes a larger disk_size, or leave out of the payload "
                               "what they do not need");
        }
    lab_problems_clear(&problems);
}

static void check_seeds(const struct lab_spec *spec, const char *home, struct lab_findings *out)
{
    size_t made = 0;
    LAB_VEC_FOREACH (node, &spec->nodes) {
        LAB_AUTOFREE char *path = lab_format("%s/media/%s-seed.iso", home, node->name);
        made += lab_file_exists(path);
    }
    struct lab_finding *f =
        lab_found(out, LAB_N("seeds"), LAB_RESULT_OK, "%zu of %zu are made%s", made,
                  spec->nodes.len, made < spec->nodes.len ? lab_tr("; up makes the rest") : "");
    lab_finding_looked(f, "%s/media", home);
}

void lab_doctor_files(const struct lab_spec *spec, const char *home, struct lab_findings *out)
{
    for (size_t i = 0; i < spec->images.len; i++)
        if (is_used(spec, i))
            check_image(&spec->images.items[i], out);
    check_payload(spec->payload.dir, out);
    check_fit(spec, out);
    check_seeds(spec, home, out);
}
