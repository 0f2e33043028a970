/* golden/spec/refused.txt: what is refused, with the exact words and positions. A case is
 *
 *     ===== title
 *     lab.yaml
 *     -----
 *     messages
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "spec/spec.h"

#define CASES LABCTL_TEST_DIR "/golden/spec/refused.txt"
#define TITLE "===== "
#define BREAK "\n-----\n"

/* The messages for one lab.yaml; a title that ends in "(warning)" must load. */
static void run(struct lab_str *out, const char *title, const char *yaml, size_t len)
{
    const struct lab_spec_options options = {.skip_files = true};
    struct lab_problems problems = {.errors = 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = NULL;
    int rc = lab_spec_parse(&spec, "lab.yaml", yaml, len, &options, &problems, &err);
    bool warning = lab_ends_with(title, "(warning)");
    if (warning != (rc == 0))
        fail_msg("'%s' was %s", title, rc == 0 ? "accepted" : "refused");
    assert_int_equal(err.code, warning ? LAB_OK : LAB_USAGE);
    assert_true((spec != NULL) == warning);
    assert_true((problems.errors == 0) == warning);
    assert_int_equal(problems.errors + problems.warnings, problems.list.len);
    assert_true(problems.list.len > 0);
    lab_problems_print(out, &problems, "lab.yaml");
    lab_problems_clear(&problems);
    lab_spec_free(spec);
}

static size_t run_all(struct lab_str *out, const char *text)
{
    size_t cases = 0;
    for (const char *at = strstr(text, TITLE); at; cases++) {
        const char *yaml = strchr(at, '\n') + 1;
        const char *end = strstr(at, BREAK), *next = strstr(yaml, "\n" TITLE);
        LAB_AUTOFREE char *title =
            lab_strndup(at + strlen(TITLE), (size_t)(yaml - 1 - at) - strlen(TITLE));
        if (!end || (next && end > next))
            fail_msg("'%s' has no ----- line", title);
        lab_str_addn(out, at, (size_t)(end - at) + strlen(BREAK));
        run(out, title, yaml, (size_t)(end - yaml) + 1);
        at = next ? next + 1 : NULL;
        if (at)
            lab_str_addc(out, '\n');
    }
    return cases;
}

static void test_refused(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT, out = LAB_STR_INIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const char *mode = getenv("LABCTL_GOLDEN");
    assert_int_equal(lab_file_read(CASES, 1 << 20, &text, &err), 0);
    assert_true(run_all(&out, lab_str_get(&text)) > 90);
    if (mode && strcmp(mode, "update") == 0)
        assert_int_equal(lab_file_replace(CASES, lab_str_get(&out), out.len, 0644, &err), 0);
    else
        assert_string_equal(lab_str_get(&text), lab_str_get(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
