#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "run/airgap_priv.h"

#define MAX_SAID 4

const char *lab_airgap_result_name(enum lab_airgap_result result)
{
    static const char *const names[] = {"ok", "warning", "not proved", "MISSING", "LEAK"};
    return names[result];
}

char *airgap_next(const char **at, const char *key)
{
    size_t n = strlen(key);
    const char *p = *at;
    while (*p) {
        size_t length = strcspn(p, "\n");
        const char *line = p;
        p += length + (p[length] == '\n');
        *at = p;
        if (length > n && strncmp(line, key, n) == 0 && line[n] == '=') {
            size_t end = length;
            while (end > n + 1 && strchr(" \r", line[end - 1]))
                end--;
            return lab_strndup(line + n + 1, end - n - 1);
        }
    }
    return NULL;
}

char *airgap_first(const char *text, const char *key)
{
    return airgap_next(&text, key);
}

void airgap_say(struct airgap_verdict *v, enum lab_airgap_result result, const char *fmt, ...)
{
    va_list ap;
    if (result < v->result)
        return;
    if (result > v->result) {
        lab_str_truncate(&v->evidence, 0);
        v->said = 0;
    }
    v->result = result;
    if (v->said++ >= MAX_SAID)
        return;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    if (v->evidence.len)
        lab_str_add(&v->evidence, "; ");
    lab_put_printable(&v->evidence, text, strlen(text), 300);
}

void airgap_row(struct lab_airgap *out,
                const char *node,
                const char *check,
                struct airgap_verdict *v,
                const char *fix,
                const char *fine,
                ...)
{
    struct lab_airgap_row *row = lab_vec_push(&out->rows);
    va_list ap;
    if (v->said > MAX_SAID)
        lab_str_addf(&v->evidence, lab_tr("; and %zu more"), v->said - MAX_SAID);
    row->node = lab_strdup(node);
    row->check = check;
    row->result = v->result;
    row->fix = v->result == LAB_AIRGAP_OK ? NULL : lab_tr(fix);
    if (v->said) {
        row->evidence = lab_strdup(lab_str_get(&v->evidence));
    } else {
        va_start(ap, fine);
        row->evidence = lab_vtr(fine, ap);
        va_end(ap);
    }
    lab_str_clear(&v->evidence);
}

enum lab_airgap_result lab_airgap_worst(const struct lab_airgap *airgap)
{
    enum lab_airgap_result worst = LAB_AIRGAP_OK;
    LAB_VEC_FOREACH (row, &airgap->rows)
        worst = row->result > worst ? row->result : worst;
    return worst;
}

void lab_airgap_clear(struct lab_airgap *airgap)
{
    LAB_VEC_FOREACH (row, &airgap->rows) {
        free(row->node);
        free(row->evidence);
    }
    lab_vec_clear(&airgap->rows);
    lab_lint_report_clear(&airgap->lint);
}
