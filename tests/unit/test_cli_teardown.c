/* teardown after it was cut short: at its end, and in the middle. */
#include "cli_fixture.h"

#define DIR "home/labs/airgap"

static void forget_ledger(void)
{
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        LAB_AUTOFREE char *name = lab_format(DIR "/%s", files[i]);
        LAB_AUTOFREE char *path = cli_path(name);
        assert_int_equal(plat_remove(path, NULL), 0);
    }
}

static void put_key(void)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *keys = cli_path(DIR "/keys");
    assert_ok(plat_mkdirs(keys, 0700, &err), err);
    cli_write(DIR "/keys/login", "secret\n");
    cli_write(DIR "/labctl.log", "words\n");
}

static bool folder_is_there(void)
{
    LAB_AUTOFREE char *dir = cli_path(DIR);
    return lab_file_exists(dir);
}

static void a_folder_without_ledger_is_removed(void **state)
{
    (void)state;
    cli_make_lab();
    cli_rules(CLI_NOTHING);
    forget_ledger();
    put_key();
    struct cli_said said = cli("teardown", "--lab", "airgap", "--dry-run");
    assert_has(said.out, "would remove: folder");
    assert_true(folder_is_there());
    cli_forget(&said);

    said = cli("teardown", "--lab", "airgap");
    assert_int_equal(said.status, LAB_USAGE); /* nobody said yes */
    assert_true(folder_is_there());
    cli_forget(&said);

    said = cli("teardown", "--lab", "airgap", "-y");
    assert_int_equal(said.status, 0);
    assert_has(said.out, "removed: folder");
    assert_has(said.out, "interrupted teardown");
    assert_false(folder_is_there());
    cli_forget(&said);
}

static void an_empty_folder_is_removed(void **state)
{
    (void)state;
    cli_make_lab();
    cli_rules(CLI_NOTHING);
    forget_ledger();
    struct cli_said said = cli("teardown", "--lab", "airgap", "-y");
    assert_int_equal(said.status, 0);
    assert_false(folder_is_there());
    cli_forget(&said);
}

static void files_of_others_stay(void **state)
{
    (void)state;
    cli_make_lab();
    cli_rules(CLI_NOTHING);
    forget_ledger();
    put_key();
    cli_write(DIR "/notes.txt", "mine\n");
    struct cli_said said = cli("teardown", "--lab", "airgap", "-y");
    assert_int_equal(said.status, 0);
    assert_has(said.out, "kept:    folder");
    LAB_AUTOFREE char *notes = cli_path(DIR "/notes.txt");
    LAB_AUTOFREE char *keys = cli_path(DIR "/keys");
    assert_file(notes, "mine\n");
    assert_false(lab_file_exists(keys));
    cli_forget(&said);
}

/* web-01 is gone already, web-02 cannot be looked at. */
static void what_is_gone_is_said_when_the_rest_fails(void **state)
{
    (void)state;
    cli_make_lab();
    cli_rules(CLI_CONNECTS "dumpxml*web-02\terr\tlibvirt is busy\ndumpxml*\tmissing\n"
                           "domstats*\tok\nvol-*\tok\npool-list*\tok\npool-dumpxml*\terr\t"
                           "failed to get pool 'labctl-airgap'\n");
    struct cli_said said = cli("teardown", "--lab", "airgap", "-y");
    assert_true(said.status != 0);
    assert_has(said.err, "libvirt is busy");
    assert_has(said.out, "removed: VM web-01");
    assert_lacks(said.out, "kept:");
    assert_true(folder_is_there());
    cli_forget(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cli_test(a_folder_without_ledger_is_removed),
        cli_test(an_empty_folder_is_removed),
        cli_test(files_of_others_stay),
        cli_test(what_is_gone_is_said_when_the_rest_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
