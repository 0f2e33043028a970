#include "run/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/time.h"
#include "platform.h"
#include "run/support_priv.h"

/* --- parts --------------------------------------------------------------------------------------
 */

void lab_support_lack(struct lab_support *s, const char *what, const char *why)
{
    *lab_vec_push(&s->report->lacks) =
        (struct lab_support_lack){lab_strdup(what), lab_strdup(lab_tr(why))};
}

void lab_support_lack_error(struct lab_support *s, const char *what, struct lab_error *err)
{
    lab_support_lack(s, what, err->message ? err->message : "unknown reason");
    lab_error_clear(err);
}

static void add(struct lab_support *s, const char *name, const struct lab_str *text)
{
    if (s->error.code == LAB_OK &&
        lab_support_tar_add(s->tar, name, lab_str_get(text), text->len, &s->error) == 0)
        s->report->files++;
}

void lab_support_put(
    struct lab_support *s, const char *name, const char *about, const char *text, size_t n)
{
    LAB_AUTO_STR struct lab_str masked = LAB_STR_INIT;
    if (!n)
        return;
    if (memchr(text, '\0', n)) {
        lab_support_lack(s, name, "it is no text");
        return;
    }
    size_t places = lab_redact_text(s->redact, &masked, text, n);
    const char *left = lab_redact_left(s->redact, lab_str_get(&masked), masked.len);
    if (left || !lab_str_ok(&masked)) {
        LAB_AUTOFREE char *why =
            left ? lab_format(lab_tr("it has a secret (%s) in a form that cannot be masked"), left)
                 : lab_strdup(lab_tr("it is too large"));
        lab_support_lack(s, name, why);
        return;
    }
    add(s, name, &masked);
    *lab_vec_push(&s->entries) =
        (struct lab_support_entry){lab_strdup(name), about, masked.len, places};
    s->report->masked += places;
}

/* --- README.txt ---------------------------------------------------------------------------------
 */

static void put_list(const struct lab_support *s, struct lab_str *out)
{
    LAB_VEC_FOREACH (e, &s->entries) {
        lab_str_addf(out, "  %-32s %10zu bytes  %s", e->name, e->bytes, e->about);
        if (e->masked)
            lab_str_addf(out, "; masked: %zu", e->masked);
        lab_str_add(out, "\n");
    }
    lab_str_add(out, "\nNot here, or not whole:\n\n");
    LAB_VEC_FOREACH (lack, &s->report->lacks)
        lab_str_addf(out, "  %s: %s\n", lack->what, lack->why);
    lab_str_add(out,
                "  keys/, pki/, media/, state.db, disks, and registry/ but for its log: secrets or "
                "binary files, never copied\n");
}

static void put_readme(struct lab_support *s)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT, masked = LAB_STR_INIT, at = LAB_STR_INIT;
    lab_put_time(&at, plat_wall_ms());
    lab_str_addf(
        &out,
        "What labctl %s knows of the lab '%s', gathered %s.\n\n"
        "What labctl knows to be secret, and what looks like it, was replaced by words such "
        "as\n[redacted: k3s token]. No program knows all secrets. Look through these files "
        "before\nyou send them. Names, addresses and paths were not masked.\n\n",
        LABCTL_VERSION, s->lab ? s->lab : "-", lab_str_get(&at));
    if (s->options->refused)
        lab_str_addf(&out, "There was no lab to open: %s\n\n", s->options->refused);
    put_list(s, &out);
    lab_redact_text(s->redact, &masked, lab_str_get(&out), out.len);
    add(s, "README.txt", &masked);
}

/* --- what it is about ---------------------------------------------------------------------------
 */

char *lab_support_only_lab(void)
{
    struct lab_names labs = {{0}};
    char *only = NULL;
    if (lab_state_labs(&labs, NULL) == 0 && labs.list.len == 1)
        only = lab_strdup(labs.list.items[0]);
    lab_names_clear(&labs);
    return only;
}

static void attach(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!s->run)
        return;
    if (!s->run->state && !s->run->provider_open && lab_run_attach(s->run, &err))
        lab_support_lack_error(s, s->run->state ? "the hypervisor" : "the ledger", &err);
    s->lab = lab_run_lab_name(s->run);
    if (s->run->spec)
        s->yaml = lab_strdup(s->run->spec->path);
    else if (s->run->state)
        s->yaml = lab_strdup(lab_state_get(s->run->state, "source"));
}

static void find_lab(struct lab_support *s)
{
    const struct lab_support_options *o = s->options;
    attach(s);
    if (!s->yaml && (o->file || (!o->lab && lab_file_exists("lab.yaml"))))
        s->yaml = lab_strdup(o->file ? o->file : "lab.yaml");
    if (!s->lab && o->lab)
        s->lab = lab_strdup(o->lab);
    if (s->lab)
        s->home = lab_home_of(s->lab);
}

/* --- the archive --------------------------------------------------------------------------------
 */

/* "labctl-support-LAB-20260814-090503"; caller frees. */
static char *folder_name(const struct lab_support *s)
{
    struct lab_date d = lab_date(plat_local_ms(plat_wall_ms()));
    return lab_format("labctl-support-%s-%04d%02d%02d-%02d%02d%02d", s->lab ? s->lab : "host",
                      d.year, d.month, d.day, d.hour, d.minute, d.second);
}

static char *out_path(const struct lab_support *s, const char *folder)
{
    const char *out = s->options->out;
    LAB_AUTOFREE char *file = lab_format("%s.tar.gz", folder);
    LAB_AUTOFREE char *absolute = plat_absolute(out ? out : file);
    struct plat_stat st;
    if (out && plat_stat(absolute, &st) == 0 && st.is_dir)
        return lab_path_join(absolute, file);
    return lab_steal(&absolute);
}

static void gather(struct lab_support *s)
{
    /* The quick and certain first. */
    static void (*const parts[])(struct lab_support * s) = {
        lab_support_yaml,   lab_support_record,   lab_support_files,
        lab_support_status, lab_support_machines, lab_support_plan,
        lab_support_guests, lab_support_doctor,   lab_support_versions,
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(parts); i++)
        if (s->error.code == LAB_OK && !(s->run && s->run->interrupted))
            parts[i](s);
    if (s->run && s->run->interrupted)
        lab_fail(&s->error, LAB_CANCELLED, "interrupted");
    put_readme(s);
}

static int write_archive(struct lab_support *s, struct lab_error *err)
{
    LAB_AUTOFREE char *folder = folder_name(s);
    s->report->path = out_path(s, folder);
    if (lab_support_tar_open(&s->tar, s->report->path, folder, err))
        return -1;
    gather(s);
    bool good = s->error.code == LAB_OK;
    int rc = lab_support_tar_close(s->tar, good, &s->report->bytes, err);
    if (!good)
        lab_error_move(err, &s->error);
    return good ? rc : -1;
}

int lab_support(struct lab_run *run,
                const struct lab_support_options *options,
                struct lab_support_report *report,
                struct lab_error *err)
{
    struct lab_support s = {.run = run, .options = options, .report = report};
    *report = (struct lab_support_report){0};
    find_lab(&s);
    s.redact = lab_redact_new();
    lab_support_learn(s.redact, s.lab, run ? run->spec : NULL);
    int rc = write_archive(&s, err);
    lab_redact_free(s.redact);
    LAB_VEC_FOREACH (e, &s.entries)
        free(e->name);
    lab_vec_clear(&s.entries);
    lab_status_clear(&s.status);
    lab_error_clear(&s.error);
    free(s.lab);
    free(s.home);
    free(s.yaml);
    return rc;
}

void lab_support_report_clear(struct lab_support_report *report)
{
    LAB_VEC_FOREACH (lack, &report->lacks) {
        free(lack->what);
        free(lack->why);
    }
    lab_vec_clear(&report->lacks);
    free(report->path);
    *report = (struct lab_support_report){0};
}
