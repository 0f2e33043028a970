#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "lint/text.h"

static const char waiver[] = "# labctl: airgap-ok";

struct lint_text lint_inner(
    const struct lint_text *outer, const char *text, enum lint_place place, int line, int column)
{
    struct lint_text inner = *outer;
    inner.text = text;
    inner.outer = outer;
    inner.place = place;
    inner.line = line;
    inner.column = column;
    inner.depth = outer->depth + 1;
    return inner;
}

static int characters(const char *text, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; count++) {
        uint32_t c;
        size_t step = lab_utf8_next(text + i, n - i, &c);
        i += step ? step : 1;
    }
    return count;
}

/* From 0, in the text itself. */
static void place_in(const char *text, size_t offset, int *line, int *column)
{
    const char *start = text;
    *line = 0;
    for (const char *p = text; p < text + offset && *p; p++)
        if (*p == '\n') {
            (*line)++;
            start = p + 1;
        }
    *column = characters(start, (size_t)(text + offset - start));
}

/* To the file's, level by level. */
static void lift(const struct lint_text *t, int *line, int *column)
{
    for (; t->outer; t = t->outer) {
        if (t->place == LINT_BLOCK) {
            *column += t->column;
            *line += t->line + 1;
        } else {
            *column = *line ? t->column : *column + t->column;
            *line = t->line; /* a folded text's further lines are not told apart */
        }
    }
}

static char *line_of(const char *text, int line)
{
    while (line-- && *text) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return lab_strndup(text, strcspn(text, "\n"));
}

static char *waived_by(const struct lint_text *t, int line)
{
    while (t->outer)
        t = t->outer;
    LAB_AUTOFREE char *raw = line_of(t->text, line);
    const char *mark = strstr(raw, waiver);
    const char *reason = mark ? mark + strlen(waiver) : NULL;
    if (!reason || (*reason != ' ' && *reason != '\t'))
        return NULL;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_put_printable(&out, reason, strlen(reason), 200);
    return out.len ? lab_str_detach(&out) : NULL; /* a waiver without a reason is none */
}

static bool is_known(const struct lab_lint_report *report, const struct lab_lint_finding *f)
{
    LAB_VEC_FOREACH (have, &report->list)
        if (have->line == f->line && have->column == f->column && strcmp(have->why, f->why) == 0 &&
            strcmp(have->file, f->file) == 0)
            return true;
    return false;
}

static void clear(struct lab_lint_finding *f)
{
    free(f->file);
    free(f->text);
    free(f->why);
    free(f->fix);
    free(f->waived);
}

void lint_add(const struct lint_text *t,
              size_t offset,
              enum lab_lint_severity severity,
              const char *shown,
              const char *fix,
              const char *why,
              ...)
{
    struct lab_lint_finding f = {.severity = severity, .file = lab_strdup(t->file)};
    struct lab_lint_report *report = t->report;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    int line, column;
    va_list ap;
    va_start(ap, why);
    f.why = lab_vformat(why, ap);
    va_end(ap);
    place_in(t->text, offset, &line, &column);
    lift(t, &line, &column);
    f.line = line + 1;
    f.column = column + 1;
    if (is_known(report, &f)) {
        clear(&f);
        return;
    }
    lab_put_printable(&text, shown, strlen(shown), 100);
    f.text = lab_str_detach(&text);
    f.fix = lab_strdup(fix);
    f.waived = waived_by(t, line);
    if (f.waived)
        report->waived++;
    else if (severity == LAB_LINT_ERROR)
        report->errors++;
    else
        report->warnings++;
    *lab_vec_push(&report->list) = f;
}

void lab_lint_report_clear(struct lab_lint_report *report)
{
    LAB_VEC_FOREACH (f, &report->list)
        clear(f);
    lab_vec_clear(&report->list);
    report->errors = report->warnings = report->waived = 0;
}
