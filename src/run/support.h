/* support: one archive for whoever shall look into a fault, with all that labctl knows of a lab and
 * none of its secrets (base/redact.h). It works with whatever is there: what cannot be had is
 * noted. */
#ifndef LAB_RUN_SUPPORT_H
#define LAB_RUN_SUPPORT_H

#include "run/run.h"

struct lab_support_lack {
    char *what; /* its name in the archive: "plan.txt" */
    char *why;
};

struct lab_support_report {
    char *path; /* of the archive; absolute */
    uint64_t bytes;
    size_t files, masked; /* masked: places where something was */
    LAB_VEC(struct lab_support_lack) lacks;
};
void lab_support_report_clear(struct lab_support_report *report);

struct lab_support_options {
    const char *file, *lab; /* -f, --lab; may be NULL */
    const char *out;        /* FILE, or a folder; NULL: a name with lab and time, in this folder */
    const char *refused;    /* why there is no run; NULL: there is one */
};

/* The lab that support is about when neither a lab.yaml is here nor anything named: the only one
 * that there is. Caller frees; NULL: none, or several. */
char *lab_support_only_lab(void);

/* run: opened with LAB_STATE_READ, attached or not; NULL: lab.yaml is missing or refused, and
 * no lab is known by it. Guests that do not answer take a few seconds, all together. The archive
 * has mode 0600 and is there whole or not at all. LAB_CANCELLED after Ctrl-C. */
int lab_support(struct lab_run *run,
                const struct lab_support_options *options,
                struct lab_support_report *report,
                struct lab_error *err) LAB_MUST_CHECK;

#endif
