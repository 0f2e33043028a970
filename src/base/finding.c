#include "base/finding.h"

#include <stdlib.h>

#include "base/i18n.h"
#include "base/str.h"

const char *lab_result_name(enum lab_result result)
{
    static const char *const names[] = {
        [LAB_RESULT_OK] = "ok",         [LAB_RESULT_WARNING] = "warning",
        [LAB_RESULT_FAIL] = "fail",     [LAB_RESULT_UNKNOWN] = "unknown",
        [LAB_RESULT_UNUSED] = "unused",
    };
    return names[result];
}

static struct lab_finding *
add(struct lab_findings *out, const char *check, enum lab_result result, char *found /* taken */)
{
    struct lab_finding *f = lab_vec_push(&out->list);
    f->check = check;
    f->result = result;
    f->found = found;
    return f;
}

struct lab_finding *
lab_found(struct lab_findings *out, const char *check, enum lab_result result, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *found = lab_vtr(fmt, ap);
    va_end(ap);
    return add(out, check, result, found);
}

struct lab_finding *lab_found_error(struct lab_findings *out,
                                    const char *check,
                                    enum lab_result result,
                                    const struct lab_error *err)
{
    struct lab_finding *f =
        add(out, check, result, lab_strdup(err->message ? err->message : lab_tr("unknown reason")));
    f->fix = lab_strdup(err->hint);
    return f;
}

struct lab_finding *lab_found_fact(struct lab_findings *out,
                                   const char *check,
                                   enum lab_result no,
                                   struct lab_host_fact *fact)
{
    static const enum lab_result results[] = {
        [LAB_FACT_YES] = LAB_RESULT_OK,
        [LAB_FACT_UNKNOWN] = LAB_RESULT_UNKNOWN,
    };
    struct lab_finding *f = NULL;
    if (fact->answer != LAB_FACT_NONE) {
        enum lab_result result = fact->answer == LAB_FACT_NO ? no : results[fact->answer];
        f = add(out, check, result, lab_steal(&fact->text));
        f->looked = lab_steal(&fact->looked);
        f->fix = lab_steal(&fact->fix);
    }
    lab_host_fact_clear(fact);
    return f;
}

void lab_finding_looked(struct lab_finding *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    free(f->looked);
    f->looked = lab_vtr(fmt, ap);
    va_end(ap);
}

void lab_finding_fix(struct lab_finding *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    free(f->fix);
    f->fix = lab_vtr(fmt, ap);
    va_end(ap);
}

const struct lab_finding *lab_findings_fault(const struct lab_findings *findings)
{
    LAB_VEC_FOREACH (f, &findings->list)
        if (f->result == LAB_RESULT_FAIL)
            return f;
    return NULL;
}

void lab_findings_clear(struct lab_findings *findings)
{
    LAB_VEC_FOREACH (f, &findings->list) {
        free(f->found);
        free(f->looked);
        free(f->fix);
    }
    lab_vec_clear(&findings->list);
}
