/* What the files of `support` share. */
#ifndef LAB_RUN_SUPPORT_PRIV_H
#define LAB_RUN_SUPPORT_PRIV_H

#include "base/redact.h"
#include "run/commands.h"
#include "run/support.h"

struct lab_support_entry {
    char *name;
    const char *about;
    size_t bytes, masked;
};

struct lab_support {
    struct lab_run *run; /* NULL: there is none */
    const struct lab_support_options *options;
    struct lab_support_report *report;
    char *lab, *home; /* LABCTL_HOME/labs/NAME; NULL: the lab is not known */
    char *yaml;       /* path of lab.yaml; NULL: not known */
    struct lab_redact *redact;
    struct lab_support_tar *tar;
    LAB_VEC(struct lab_support_entry) entries;
    struct lab_status status; /* of lab_support_status() */
    struct lab_error error;   /* the archive cannot be written: nothing more is tried */
};

/* support.c. Masks a text and puts it into the archive. about: a line for README.txt; static. A
 * text that is not one, or that cannot be masked, becomes a lack; an empty one is left out in
 * silence. */
void lab_support_put(
    struct lab_support *s, const char *name, const char *about, const char *text, size_t n);
/* why: English; translated here. */
void lab_support_lack(struct lab_support *s, const char *what, const char *why);
/* The error becomes the reason, and is cleared. */
void lab_support_lack_error(struct lab_support *s, const char *what, struct lab_error *err);

/* support_tar.c: a tar of one folder, packed by gzip, in PATH.part until it is whole. */
struct lab_support_tar;
int lab_support_tar_open(struct lab_support_tar **out,
                         const char *path,
                         const char *folder,
                         struct lab_error *err) LAB_MUST_CHECK;
int lab_support_tar_add(struct lab_support_tar *tar,
                        const char *name,
                        const char *bytes,
                        size_t n,
                        struct lab_error *err) LAB_MUST_CHECK;
/* good: it gets its name, after it has reached the disk; else it is deleted. Frees tar. */
int lab_support_tar_close(struct lab_support_tar *tar,
                          bool good,
                          uint64_t *bytes,
                          struct lab_error *err) LAB_MUST_CHECK;

/* support_secrets.c: all that labctl knows: of every lab of this LABCTL_HOME, of lab.yaml's files
 * and variables. this_lab and spec may be NULL. */
void lab_support_learn(struct lab_redact *r, const char *this_lab, const struct lab_spec *spec);

/* Each puts what it can have. */
void lab_support_versions(struct lab_support *s); /* support_versions.c */
void lab_support_doctor(struct lab_support *s);   /* support_lab.c */
void lab_support_plan(struct lab_support *s);
void lab_support_status(struct lab_support *s);
void lab_support_record(struct lab_support *s);   /* the ledger: state, runs, events */
void lab_support_yaml(struct lab_support *s);     /* support_files.c */
void lab_support_files(struct lab_support *s);    /* logs, consoles, and the names of the rest */
void lab_support_machines(struct lab_support *s); /* support_guests.c: definitions and VMs' logs */
void lab_support_guests(struct lab_support *s);   /* the logs inside those that answer */

#endif
