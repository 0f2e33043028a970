#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

static int compare(struct lab_pos a, struct lab_pos b)
{
    return a.line != b.line ? a.line - b.line : a.column - b.column;
}

/* The same finding twice: an alias leads to one value several times. */
static bool known(const struct lab_problems *p, struct lab_pos pos, const char *message)
{
    for (size_t i = p->list.len; i-- && compare(p->list.items[i].pos, pos) >= 0;)
        if (compare(p->list.items[i].pos, pos) == 0 &&
            strcmp(p->list.items[i].message, message) == 0)
            return true;
    return false;
}

void lab_problems_add(
    struct lab_problems *p, enum lab_severity s, struct lab_pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *message = lab_vtr(fmt, ap);
    va_end(ap);
    if (known(p, pos, message))
        return;
    (void)lab_vec_push(&p->list);
    size_t at = p->list.len - 1;
    while (at && compare(p->list.items[at - 1].pos, pos) > 0)
        at--;
    memmove(&p->list.items[at + 1], &p->list.items[at],
            (p->list.len - 1 - at) * sizeof(p->list.items[0]));
    p->list.items[at] = (struct lab_problem){s, pos, lab_steal(&message)};
    if (s == LAB_PROBLEM_ERROR)
        p->errors++;
    else
        p->warnings++;
}

void lab_problems_print(struct lab_str *out, const struct lab_problems *p, const char *file)
{
    for (size_t i = 0; i < p->list.len; i++) {
        const struct lab_problem *it = &p->list.items[i];
        lab_str_addf(out, "%s:", file);
        if (it->pos.line)
            lab_str_addf(out, "%d:%d:", it->pos.line, it->pos.column);
        lab_str_addf(out, " %s: %s\n",
                     it->severity == LAB_PROBLEM_ERROR ? lab_tr("error") : lab_tr("warning"),
                     it->message);
    }
}

int lab_problems_refuse(const struct lab_problems *p, const char *file, struct lab_error *err)
{
    if (p->errors == 1)
        return lab_fail(err, LAB_USAGE, "'%s' has 1 error", file);
    return p->errors ? lab_fail(err, LAB_USAGE, "'%s' has %zu errors", file, p->errors) : 0;
}

void lab_problems_clear(struct lab_problems *p)
{
    LAB_VEC_FOREACH (it, &p->list)
        free(it->message);
    lab_vec_clear(&p->list);
    p->errors = p->warnings = 0;
}
