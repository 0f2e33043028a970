#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/error.h"
#include "base/i18n.h"
#include "base/mem.h"

static const char known[] = "cannot read a password";

static void a_language_is_chosen_by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *language;
        bool known;
    } cases[] = {{"ko", "ko", true},     {"ko_KR.UTF-8", "ko", true}, {"ko-KR", "ko", true},
                 {"en_US", "en", true},  {"C.UTF-8", "en", true},     {"POSIX", "en", true},
                 {"de_DE", "en", false}, {"kok", "en", false},        {"", "en", false}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        assert_int_equal(lab_language_set(cases[i].name), cases[i].known);
        assert_string_equal(lab_language(), cases[i].language);
    }
}

static void messages_are_translated_and_strangers_left(void **state)
{
    (void)state;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_language_set("ko");
    assert_string_not_equal(lab_tr(known), known);
    assert_string_equal(lab_tr("no message of labctl"), "no message of labctl");
    assert_string_equal(lab_tr(""), "");
    lab_fail(&err, LAB_HOST, known);
    assert_string_equal(err.message, lab_tr(known));
    lab_language_set("en");
    assert_string_equal(lab_tr(known), known);
}

/* A catalogue of another size or with other bytes gives a wrong text at worst. */
static void a_damaged_catalogue_is_harmless(void **state)
{
    (void)state;
    const struct lab_asset *whole = lab_asset_get("templates/locale/ko.mo");
    for (size_t n = 0; n < 64 && n < whole->size; n++) {
        LAB_AUTOFREE char *part = lab_alloc(n + 1);
        memcpy(part, whole->text, n);
        assert_null(lab_catalogue_find(part, n, known));
    }
    for (size_t at = 0; at < 64 && at < whole->size; at++) {
        LAB_AUTOFREE char *bad = lab_alloc(whole->size);
        memcpy(bad, whole->text, whole->size);
        bad[at] = (char)~bad[at];
        const char *found = lab_catalogue_find(bad, whole->size, known);
        assert_true(!found || strlen(found) < whole->size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_language_is_chosen_by_its_name),
        cmocka_unit_test(messages_are_translated_and_strangers_left),
        cmocka_unit_test(a_damaged_catalogue_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
