/* The ledger that takes the place of one that is lost. */
#include "test_state_fixture.h"

#define ID "5f0c9c1e-0000-4000-8000-0000000000aa"

static struct lab_state *adopt(char **aside)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = NULL;
    assert_fine(lab_state_adopt(&st, "airgap", ID, SOURCE, "up", aside, &err), &err);
    assert_string_equal(lab_state_id(st), ID);
    return st;
}

static int put_one(void *arg, struct lab_error *err)
{
    return lab_state_object_put(arg, LAB_OBJECT_VM, "web-01", LAB_OBJECT_PRESENT, NULL, err);
}

static int put_one_and_fail(void *arg, struct lab_error *err)
{
    if (put_one(arg, err))
        return -1;
    return lab_fail(err, LAB_HOST, "the middle");
}

static int put_one_and_go_on(void *arg, struct lab_error *err)
{
    struct lab_error ignored = LAB_ERROR_INIT;
    int rc = lab_state_together(arg, put_one_and_fail, arg, &ignored);
    assert_int_equal(rc, -1);
    lab_error_clear(&ignored);
    return lab_state_set(arg, "provider", "libvirt", err);
}

static size_t objects(struct lab_state *st)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_objects list;
    assert_fine(lab_state_objects(st, &list, &err), &err);
    size_t n = list.list.len;
    lab_objects_clear(&list);
    return n;
}

/* Killed before its entries are in it, it claims nothing: all is looked for once more. */
static void it_counts_once_it_is_filled(void **state)
{
    (void)state;
    LAB_AUTOFREE char *aside = NULL;
    struct lab_error err = LAB_ERROR_INIT;
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_NONE);
    lab_state_close(adopt(&aside));
    assert_null(aside);
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_EMPTY);
    assert_null(lab_state_lab_of_id(ID, NULL));
    struct lab_state *st = adopt(&aside);
    assert_fine(lab_state_together(st, put_one, st, &err), &err);
    lab_state_close(st);
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_FILLED);
    LAB_AUTOFREE char *lab = lab_state_lab_of_id(ID, NULL);
    assert_string_equal(lab, "airgap");
    assert_int_equal(lab_state_adopt(&st, "airgap", ID, SOURCE, "up", &aside, &err), -1);
    assert_int_equal(err.code, LAB_CONFLICT);
    lab_error_clear(&err);
}

static void together_is_all_or_nothing(void **state)
{
    (void)state;
    LAB_AUTOFREE char *aside = NULL;
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = adopt(&aside);
    assert_int_equal(lab_state_together(st, put_one_and_fail, st, &err), -1);
    assert_string_equal(err.message, "the middle");
    lab_error_clear(&err);
    assert_int_equal(objects(st), 0);
    /* a failure inside is one of the whole, even when somebody forgets it */
    assert_int_equal(lab_state_together(st, put_one_and_go_on, st, &err), -1);
    lab_error_clear(&err);
    assert_int_equal(objects(st), 0);
    assert_null(lab_state_get(st, "provider"));
    assert_fine(lab_state_together(st, put_one, st, &err), &err);
    assert_int_equal(objects(st), 1);
    lab_state_close(st);
}

static void what_is_damaged_is_kept_beside_it(void **state)
{
    (void)state;
    LAB_AUTOFREE char *aside = NULL;
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    LAB_AUTO_STR struct lab_str kept = LAB_STR_INIT;
    struct lab_error err = LAB_ERROR_INIT;
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    write_file(path, "no database");
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_DAMAGED);
    lab_state_close(adopt(&aside));
    assert_non_null(aside);
    assert_fine(lab_file_read(aside, 1000, &kept, &err), &err);
    assert_string_equal(lab_str_get(&kept), "no database");
    struct lab_state *st = open_fine("airgap", LAB_STATE_WRITE);
    assert_fine(lab_state_destroy(st, &err), &err);
    assert_true(exists(aside));
    assert_false(exists(path));
}

static void a_newer_one_and_anothers_are_not_replaced(void **state)
{
    (void)state;
    LAB_AUTOFREE char *aside = NULL;
    LAB_AUTOFREE char *path = lab_file("airgap", "state.db");
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = NULL;
    lab_state_close(open_fine("airgap", LAB_STATE_CREATE));
    raw_sql(path, "PRAGMA user_version=9");
    assert_int_equal(lab_state_peek("airgap"), LAB_LEDGER_REFUSED);
    assert_int_equal(lab_state_adopt(&st, "airgap", ID, SOURCE, "up", &aside, &err), -1);
    assert_int_equal(err.code, LAB_CONFLICT);
    assert_non_null(strstr(err.message, "format 9"));
    lab_error_clear(&err);
    assert_null(aside);
    assert_int_equal(lab_state_peek("../airgap"), LAB_LEDGER_REFUSED);
    assert_int_equal(lab_state_adopt(&st, "../airgap", ID, SOURCE, "up", &aside, &err), -1);
    assert_int_equal(err.code, LAB_USAGE);
    lab_error_clear(&err);
    assert_true(exists(path));
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(it_counts_once_it_is_filled),
        CASE(together_is_all_or_nothing),
        CASE(what_is_damaged_is_kept_beside_it),
        CASE(a_newer_one_and_anothers_are_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
