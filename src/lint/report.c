#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/utf8.h"
#include "lint/text.h"

/* Of one file. Whoever has more does not read them, and each is looked for from the file's
 * beginning. */
#define FINDINGS_MAX 300

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
    if (inner.depth < LINT_CURSORS)
        inner.cursors[inner.depth] = (struct lint_cursor){0, 0, 0};
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

size_t lint_line_start(const struct lint_text *t, size_t offset, int *line)
{
    struct lint_cursor own = {0, 0, 0};
    struct lint_cursor *c = t->depth < LINT_CURSORS ? &t->cursors[t->depth] : &own;
    while (c->at > offset)
        c->line -= t->text[--c->at] == '\n';
    if (c->start > c->at)
        for (c->start = c->at; c->start > 0 && t->text[c->start - 1] != '\n';)
            c->start--;
    for (; c->at < offset && t->text[c->at]; c->at++)
        if (t->text[c->at] == '\n') {
            c->line++;
            c->start = c->at + 1;
        }
    *line = c->line;
    return c->start;
}

/* From 0, in the text itself. */
static void place_in(const struct lint_text *t, size_t offset, int *line, int *column)
{
    size_t start = lint_line_start(t, offset, line);
    *column = characters(t->text + start, offset - start);
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

/* How many there are of this file, which are the last ones. */
static size_t count_of(const struct lab_lint_report *report, const char *file)
{
    size_t n = 0;
    while (n < report->list.len &&
           strcmp(report->list.items[report->list.len - 1 - n].file, file) == 0)
        n++;
    return n;
}

static bool is_known(const struct lab_lint_report *report, const struct lab_lint_finding *f)
{
    for (size_t n = count_of(report, f->file), i = report->list.len - n; n > 0; n--, i++) {
        const struct lab_lint_finding *have = &report->list.items[i];
        if (have->line == f->line && have->column == f->column && strcmp(have->why, f->why) == 0)
            return true;
    }
    return false;
}

/* True when the file has had its share. What is not shown may be an error, so this is one. */
static bool is_enough(const struct lint_text *t)
{
    struct lab_lint_report *report = t->report;
    size_t n = count_of(report, t->file);
    if (n == FINDINGS_MAX) {
        struct lab_lint_finding *f = lab_vec_push(&report->list);
        *f = (struct lab_lint_finding){.severity = LAB_LINT_ERROR, .line = 1, .column = 1};
        f->file = lab_strdup(t->file);
        f->text = lab_strdup(lab_tr("the rest of the file"));
        f->why = lab_format(lab_tr("there are more than %d findings in it, and no more are shown"),
                            FINDINGS_MAX);
        f->fix = lab_strdup(lab_tr("mend those, then look again"));
        report->errors++;
    }
    return n >= FINDINGS_MAX;
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
    if (is_enough(t)) {
        clear(&f);
        return;
    }
    va_start(ap, why);
    f.why = lab_vtr(why, ap);
    va_end(ap);
    place_in(t, offset, &line, &column);
    lift(t, &line, &column);
    f.line = line + 1;
    f.column = column + 1;
    if (is_known(report, &f)) {
        clear(&f);
        return;
    }
    lab_put_printable(&text, shown, strlen(shown), 100);
    f.text = lab_str_detach(&text);
    f.fix = lab_strdup(lab_tr(fix));
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
