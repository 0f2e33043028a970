/* A LABCTL_HOME of its own for every test, and the shortest way to a ledger in it. */
#ifndef LAB_TEST_STATE_FIXTURE_H
#define LAB_TEST_STATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <uv.h>

#include "base/crypto.h"
#include "base/file.h"
#include "platform.h"
#include "state/state.h"

#define SOURCE "/srv/labs/airgap/lab.yaml"

static int fixture_setup(void **state)
{
    char name[17];
    lab_random_hex(name, 16);
    LAB_AUTOFREE char *temp = plat_temp_dir();
    char *home = lab_format("%s/labctl-test-%s", temp, name);
    *state = home;
    return uv_os_setenv("LABCTL_HOME", home);
}

static int fixture_teardown(void **state)
{
    int rc = plat_remove_tree(*state, NULL);
    free(*state);
    return rc;
}

/* Fails the test with the error's words. */
static inline void assert_fine(int rc, struct lab_error *err)
{
    if (rc)
        print_error("%s (%s)\n", err->message, err->hint ? err->hint : "no hint");
    assert_int_equal(rc, 0);
}

static inline struct lab_state *open_fine(const char *lab, enum lab_state_mode mode)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = NULL;
    assert_fine(lab_state_open(&st, lab, mode, SOURCE, "up", &err), &err);
    return st;
}

/* Opening must fail with this code, these words in the message and (unless NULL) in the hint. */
static inline void open_refused(const char *lab,
                                enum lab_state_mode mode,
                                const char *source,
                                enum lab_code code,
                                const char *words,
                                const char *hint)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct lab_state *st = NULL;
    assert_int_equal(lab_state_open(&st, lab, mode, source, "up", &err), -1);
    assert_null(st);
    if (err.code != code || !strstr(err.message, words))
        print_error("got %d: %s\n", (int)err.code, err.message);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.message, words));
    if (hint) {
        assert_non_null(err.hint);
        if (!strstr(err.hint, hint))
            print_error("hint: %s\n", err.hint);
        assert_non_null(strstr(err.hint, hint));
    }
    lab_error_clear(&err);
}

static inline char *lab_file(const char *lab, const char *name)
{
    LAB_AUTOFREE char *dir = lab_home_of(lab);
    return lab_path_join(dir, name);
}

/* Runs SQL behind labctl's back. */
static inline void raw_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc)
        print_error("%s\n", sqlite3_errmsg(db));
    assert_int_equal(rc, SQLITE_OK);
    sqlite3_close(db);
}

static inline void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) < 0, 0);
    assert_int_equal(fclose(f), 0);
}

static inline bool exists(const char *path)
{
    struct plat_stat st;
    return plat_lstat(path, &st) == 0;
}

#endif
