/* What a look at the host found: one line of `labctl doctor`. */
#ifndef LAB_BASE_FINDING_H
#define LAB_BASE_FINDING_H

#include "base/error.h"
#include "base/host_fact.h"
#include "base/vec.h"

enum lab_result {
    LAB_RESULT_OK,
    LAB_RESULT_WARNING, /* works, but worse than it could, or only for now */
    LAB_RESULT_FAIL,    /* labs cannot work */
    LAB_RESULT_UNKNOWN, /* it could not be told */
    LAB_RESULT_UNUSED   /* not there, and nothing here needs it */
};
const char *lab_result_name(enum lab_result result); /* "ok", "warning", "fail", … */

struct lab_finding {
    const char *check; /* what was checked, in a word or two; static */
    enum lab_result result;
    char *found;  /* a phrase */
    char *looked; /* what it was learned from: files, registry keys, commands */
    char *fix;    /* NULL: nothing to do */
};

struct lab_findings {
    LAB_VEC(struct lab_finding) list;
};
#define LAB_AUTO_FINDINGS LAB_CLEANUP(lab_findings_clear)

/* Adds a finding; looked and fix follow. Valid until the next one is added. */
struct lab_finding *
lab_found(struct lab_findings *out, const char *check, enum lab_result result, const char *fmt, ...)
    LAB_PRINTF(4, 5);
/* The same from an error: its message, and its hint as the fix. */
struct lab_finding *lab_found_error(struct lab_findings *out,
                                    const char *check,
                                    enum lab_result result,
                                    const struct lab_error *err);
/* The same from an answer of the system; `no` is what a no means here. Takes the fact; NULL when
 * the question has no meaning on this system. */
struct lab_finding *lab_found_fact(struct lab_findings *out,
                                   const char *check,
                                   enum lab_result no,
                                   struct lab_host_fact *fact);
void lab_finding_looked(struct lab_finding *f, const char *fmt, ...) LAB_PRINTF(2, 3);
void lab_finding_fix(struct lab_finding *f, const char *fmt, ...) LAB_PRINTF(2, 3);

/* The first that says FAIL; NULL: there is none. */
const struct lab_finding *lab_findings_fault(const struct lab_findings *findings);
void lab_findings_clear(struct lab_findings *findings);

#endif
