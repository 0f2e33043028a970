/* The table of symptoms against what programs said: tests/golden/symptoms/ID.txt, whose first line
 * names who said it. none-*.txt: nothing is wrong there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "run/symptoms.h"

static const unsigned everywhere = LAB_SAID_BY_CONSOLE | LAB_SAID_BY_GUEST | LAB_SAID_BY_HYPERVISOR;

/* Without its first line. */
static char *recorded(const char *name)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_format(LABCTL_TEST_DIR "/golden/symptoms/%s.txt", name);
    if (lab_file_read(path, 1 << 20, &text, &err))
        fail_msg("%s", err.message);
    const char *rest = strchr(lab_str_get(&text), '\n');
    assert_non_null(rest);
    return lab_strdup(rest + 1);
}

static void every_symptom_is_known_by_its_recorded_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < lab_symptoms_len; i++) {
        const struct lab_symptom *s = &lab_symptoms[i];
        const char *line;
        size_t len;
        LAB_AUTOFREE char *text = recorded(s->id);
        LAB_AUTOFREE char *amid = lab_format("nothing\r\n%s\r\nnothing", text);
        const struct lab_symptom *found = lab_symptom_find(s->said_by, amid, &line, &len);
        if (found != s)
            fail_msg("%s was taken for %s", s->id, found ? found->id : "nothing");
        assert_true(line >= amid && line + len <= amid + strlen(amid));
        assert_null(memchr(line, '\n', len));
        /* what the hypervisor says is no guest's, and so on */
        assert_null(lab_symptom_find(everywhere & ~s->said_by, amid, &line, &len));
    }
}

static void a_guest_that_is_well_has_none(void **state)
{
    (void)state;
    const char *line;
    size_t len;
    LAB_AUTOFREE char *text = recorded("none-debian12");
    const struct lab_symptom *found = lab_symptom_find(everywhere, text, &line, &len);
    if (found)
        fail_msg("%s in: %.*s", found->id, (int)len, line);
}

static void marks_stand_in_one_line_and_in_order(void **state)
{
    (void)state;
    const char *line;
    size_t len;
    assert_null(lab_symptom_find(everywhere, "ALERT! x\ny does not exist.  Dropping to a shell!",
                                 &line, &len));
    assert_null(
        lab_symptom_find(everywhere, "does not exist.  Dropping to a shell! ALERT!", &line, &len));
    assert_null(lab_symptom_find(everywhere, "", &line, &len));
    assert_non_null(lab_symptom_find(everywhere, "PXE-E", &line, &len));
    assert_int_equal(len, 5);
}

static void advice_names_the_lab_and_the_node(void **state)
{
    (void)state;
    for (size_t i = 0; i < lab_symptoms_len; i++) {
        LAB_AUTO_STR struct lab_str next = LAB_STR_INIT;
        lab_symptom_next(&lab_symptoms[i], "labctl -f a.yaml", "web-01", &next);
        if (strpbrk(lab_str_get(&next), "{}"))
            fail_msg("%s: %s", lab_symptoms[i].id, lab_str_get(&next));
        assert_true(next.len > 10);
    }
    LAB_AUTO_STR struct lab_str next = LAB_STR_INIT;
    const struct lab_symptom one = {"x", 1, {"x"}, "x", "{labctl} up --recreate {node}"};
    lab_symptom_next(&one, "labctl", "n1", &next);
    assert_string_equal(lab_str_get(&next), "labctl up --recreate n1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_symptom_is_known_by_its_recorded_words),
        cmocka_unit_test(a_guest_that_is_well_has_none),
        cmocka_unit_test(marks_stand_in_one_line_and_in_order),
        cmocka_unit_test(advice_names_the_lab_and_the_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
