/* Whose tag it is: the id, the lab's name and the LABCTL_HOME, each of which an edited ledger may
 * name wrongly; and the words about what is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/provider.h"

#define ID    "5f0c9c1e-0000-4000-8000-0000000000aa"
#define OTHER "5f0c9c1e-0000-4000-8000-0000000000bb"

static const struct lab_owner us = {"airgap", ID, "here:/home/me/b"};
static const struct lab_owner nobody = {"airgap", "", "here:/home/me/b"};
static const char homes[] = "here:/home/me/a\nhere:/home/me/b";

static void a_tag_is_ours_by_id_name_and_home(void **state)
{
    (void)state;
    assert_true(lab_owner_has(&us, homes, "airgap", ID, "here:/home/me/b"));
    assert_true(
        lab_owner_has(&us, homes, "airgap", ID, "here:/home/me/a")); /* where it was before */
    assert_true(lab_owner_has(&us, homes, "airgap", ID, NULL));      /* an older labctl's */
    assert_false(lab_owner_has(&us, homes, "airgap", ID, "other:/home/lee/labctl"));
    assert_false(lab_owner_has(&us, homes, "airgap", ID, "here:/home/me"));
    assert_false(lab_owner_has(&us, homes, "other", ID, "here:/home/me/b"));
    assert_false(lab_owner_has(&us, homes, "airgap", OTHER, "here:/home/me/b"));
    assert_false(lab_owner_has(&us, homes, NULL, NULL, NULL));
}

static void an_older_ledger_knows_no_homes(void **state)
{
    (void)state;
    assert_true(lab_owner_has(&us, NULL, "airgap", ID, "there:/home/me"));
    assert_false(lab_owner_has(&us, NULL, "other", ID, "there:/home/me"));
    assert_false(lab_owner_has(&nobody, NULL, "airgap", "", NULL));
    assert_false(lab_owner_has(&nobody, NULL, "airgap", ID, NULL));
}

static void assert_words(const char *lab, const char *id, const char *home, const char *part)
{
    LAB_AUTOFREE char *words = lab_owner_words(&us, lab, id, home);
    if (!strstr(words, part))
        fail_msg("%s", words);
}

static void what_is_not_ours_says_whose_it_is(void **state)
{
    (void)state;
    assert_words(NULL, NULL, NULL, "was not made by labctl");
    assert_words("other", OTHER, NULL, "belongs to another labctl lab, 'other'");
    assert_words("other", NULL, NULL, "belongs to another labctl lab, 'other'");
    assert_words("airgap", OTHER, NULL, "of id " OTHER ", while this lab's ledger says " ID);
    assert_words("airgap", ID, "other:/home/lee",
                 "made from 'other:/home/lee': the ledger was edited");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_ours_by_id_name_and_home),
        cmocka_unit_test(an_older_ledger_knows_no_homes),
        cmocka_unit_test(what_is_not_ours_says_whose_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
