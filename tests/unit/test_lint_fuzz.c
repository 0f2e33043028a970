/* Texts come from anybody: damaged ones must end, within their bounds, with or without findings. */
#include <stdlib.h>
#include <string.h>

#include "lint_case.h"

#define ROUNDS 4000

static const char *const texts[] = {
    "#cloud-config\nruncmd:\n  - [sh, -c, 'curl http://a.b']\n  - |\n    cat <<E\n    x\n    E\n"
    "write_files:\n - content: |\n     #!/bin/sh\n     apt-get \"$(x `y`)\" ${a:-'}'}\n   path: a.sh\n"
    "ntp: {servers: [a]}\n",
    "kind: x\nspec: {command: [sh, \"-c\", \"x <<E\"], image: a:latest}\n---\n? {a: b}\n: &x c\nd: *x\n"
    "image: {repository: q, tag: ''}\n{{ x }}: y\n",
    "cat <<A <<B; sh -c \"x 'y'\"\nA\n#!/bin/sh\nbash -c 'sh -c \"curl http://q.w\"'\nB\n"
    "apiVersion: 1\nimage: x\n",
};

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A copy of its own size, so that a step beyond its end is seen. */
static char *damage(const char *text, uint32_t *seed)
{
    static const char set[] = "\"'`$(){}<>|&;\n\\ #:-[]*&?!ax/.=E\t\xed\x95";
    LAB_AUTOFREE char *copy = lab_strdup(text);
    size_t len = strlen(text);
    for (uint32_t n = 1 + next(seed) % 6; n--;)
        copy[next(seed) % len] = set[next(seed) % (sizeof(set) - 1)];
    if (next(seed) % 4 == 0)
        copy[next(seed) % len] = '\0';
    return lab_strdup(copy);
}

static void damaged(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct lab_lint_report report = {{0}, 0, 0, 0};
        LAB_AUTOFREE char *text = damage(texts[next(&seed) % LAB_ARRAY_LEN(texts)], &seed);
        lab_lint(&report, &case_lab, (enum lab_lint_kind)(next(&seed) % 4), "file", text);
        LAB_VEC_FOREACH (f, &report.list)
            assert_true(f->line >= 1 && f->column >= 1);
        assert_true(report.list.len == report.errors + report.warnings + report.waived);
        lab_lint_report_clear(&report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
