/* A text, and the findings in it as lines "LINE:COLUMN LETTER TEXT" (E error, W warning, - waived).
 */
#ifndef TEST_LINT_CASE_H
#define TEST_LINT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/str.h"
#include "lint/lint.h"

static const struct lab_cidr case_networks[] = {{0xc0a80600, 24}};
static const char *const case_hosts[] = {"m1", "w1"};
static const struct lab_lint_lab case_lab = {
    .networks = case_networks,
    .networks_len = 1,
    .hosts = case_hosts,
    .hosts_len = 2,
};

static inline void expect_in(const struct lab_lint_lab *lab,
                             enum lab_lint_kind kind,
                             const char *text,
                             const char *expected)
{
    struct lab_lint_report report = {{0}, 0, 0, 0};
    struct lab_str lines = LAB_STR_INIT;
    lab_lint(&report, lab, kind, "file", text);
    LAB_VEC_FOREACH (f, &report.list) {
        char letter = f->waived ? '-' : f->severity == LAB_LINT_ERROR ? 'E' : 'W';
        assert_string_equal(f->file, "file");
        assert_true(*f->why && *f->fix);
        lab_str_addf(&lines, "%d:%d %c %s\n", f->line, f->column, letter, f->text);
    }
    assert_string_equal(lab_str_get(&lines), expected);
    lab_str_clear(&lines);
    lab_lint_report_clear(&report);
}

static inline void expect(enum lab_lint_kind kind, const char *text, const char *expected)
{
    expect_in(&case_lab, kind, text, expected);
}

#endif
