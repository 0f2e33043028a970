/* The parts of labctl's own registry that need no server: its configuration, its password, its
 * rhythm, its log, and who is taken for its supervisor. The rest: tests/registry-server/check. */
#include "media_golden.h"

#include "base/crypt.h"
#include "base/text.h"
#include "media/seed.h"
#include "registryd/files.h"
#include "registryd/log.h"
#include "registryd/supervisor.h"

static struct lab_error err;

static struct lab_registryd_files literal_files(void)
{
    return (struct lab_registryd_files){
        .data = (char *)"/srv/랩 \"1\"/data",
        .certificate = (char *)"/srv/server.crt",
        .key = (char *)"/srv/server.key",
        .htpasswd = (char *)"/srv/htpasswd",
    };
}

static void compare(const char *golden, const char *realm)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    const struct lab_registryd_files files = literal_files();
    lab_registryd_config(&text, &files, "192.168.6.1:5000", "0123456789abcdef", realm);
    assert_golden(golden, &text);
}

static void config_is_as_recorded(void **state)
{
    (void)state;
    compare("registry/config-open.yml", NULL);
    compare("registry/config-auth.yml", "labctl \"air: gap\"");
}

static void password_is_bcrypt(void **state)
{
    (void)state;
    LAB_AUTOFREE char *line = lab_registryd_htpasswd("secret");
    assert_true(lab_starts_with(line, "labctl:$2b$"));
    assert_true(lab_ends_with(line, "\n"));
    line[strlen(line) - 1] = '\0';
    assert_true(lab_crypt_matches("secret", strchr(line, ':') + 1));
    assert_false(lab_crypt_matches("Secret", strchr(line, ':') + 1));
}

static void pauses_double_up_to_a_limit(void **state)
{
    (void)state;
    assert_int_equal(lab_registryd_pause_ms(1), 500);
    assert_int_equal(lab_registryd_pause_ms(2), 1000);
    assert_int_equal(lab_registryd_pause_ms(6), 16000);
    assert_int_equal(lab_registryd_pause_ms(7), LAB_REGISTRYD_PAUSE_MAX_MS);
    assert_int_equal(lab_registryd_pause_ms(4000000000u), LAB_REGISTRYD_PAUSE_MAX_MS);
}

struct home {
    char *dir;
    struct lab_registryd_files files;
};

static struct home home_at(void **state)
{
    struct home h = {*state, {0}};
    uv_os_setenv("LABCTL_HOME", h.dir);
    lab_registryd_files(&h.files, "airgap");
    assert_ok(plat_mkdirs(h.files.dir, 0700, &err), err);
    return h;
}

static void files_are_made_once(void **state)
{
    struct home h = home_at(state);
    char first[LAB_SHA256_HEX], second[LAB_SHA256_HEX];
    LAB_AUTO_STR struct lab_str secret = LAB_STR_INIT, password = LAB_STR_INIT, line = LAB_STR_INIT;
    assert_ok(lab_registryd_write(&h.files, "airgap", "10.0.0.1:5000", true, false, &err), err);
    assert_ok(lab_registryd_digest(&h.files, first, &err), err);
    assert_ok(lab_file_read(h.files.secret, 100, &secret, &err), err);
    assert_ok(lab_file_read(h.files.password, 100, &password, &err), err);
    assert_ok(lab_file_read(h.files.htpasswd, 100, &line, &err), err);
    assert_int_equal(password.len, 32);
    assert_ok(lab_registryd_write(&h.files, "airgap", "10.0.0.1:5000", true, false, &err), err);
    assert_ok(lab_registryd_digest(&h.files, second, &err), err);
    assert_string_equal(first, second);
    assert_file(h.files.secret, lab_str_get(&secret));
    assert_file(h.files.password, lab_str_get(&password));
    assert_file(h.files.htpasswd, lab_str_get(&line));

    /* a password that the user has put there counts from the next up */
    scratch_write(h.files.password, "0123456789abcdef0123456789abcdef\n");
    assert_ok(lab_registryd_write(&h.files, "airgap", "10.0.0.1:5000", true, false, &err), err);
    lab_str_truncate(&line, 0);
    assert_ok(lab_file_read(h.files.htpasswd, 100, &line, &err), err);
    lab_str_truncate(&line, line.len - 1);
    assert_true(
        lab_crypt_matches("0123456789abcdef0123456789abcdef", strchr(lab_str_get(&line), ':') + 1));

    assert_ok(lab_registryd_write(&h.files, "airgap", "10.0.0.2:5000", true, false, &err), err);
    assert_ok(lab_registryd_digest(&h.files, second, &err), err);
    assert_string_not_equal(first, second);
    lab_registryd_files_clear(&h.files);
}

static void only_a_living_supervisor_counts(void **state)
{
    struct home h = home_at(state);
    LAB_AUTOFREE char *me = lab_registryd_holder();
    LAB_AUTOFREE char *later = lab_format("labctl registry serve (pid %lu, started 1)", plat_pid());
    assert_int_equal(lab_registryd_supervisor(&h.files), 0);
    scratch_write(h.files.lock, me);
    assert_int_equal(lab_registryd_supervisor(&h.files), plat_pid());
    const char *const others[] = {"", "labctl up (pid 1, user x) since then",
                                  "labctl registry serve (pid 99999999, started 5)",
                                  "labctl registry serve (pid -1, started 5)",
                                  "labctl registry serve (pid 0, started 0)",
                                  /* the number is taken by another process */
                                  plat_process_started(plat_pid()) ? later : ""};
    for (size_t i = 0; i < LAB_ARRAY_LEN(others); i++) {
        scratch_write(h.files.lock, others[i]);
        assert_int_equal(lab_registryd_supervisor(&h.files), 0);
    }
    lab_registryd_files_clear(&h.files);
}

static void what_the_supervisor_tells_is_read_back(void **state)
{
    struct home h = home_at(state);
    struct lab_registryd_running told = {77, 1234567, 3, "abc", lab_strdup("signal 9")}, heard;
    assert_ok(lab_registryd_running_write(&h.files, &told, &err), err);
    lab_registryd_running_read(&h.files, &heard);
    assert_int_equal(heard.server_pid, 77);
    assert_int_equal(heard.since_ms, 1234567);
    assert_int_equal(heard.restarts, 3);
    assert_string_equal(heard.digest, "abc");
    assert_string_equal(heard.last_end, "signal 9");
    lab_registryd_running_clear(&heard);
    lab_registryd_running_clear(&told);
    assert_ok(lab_registryd_running_write(&h.files, &told, &err), err);
    lab_registryd_running_read(&h.files, &heard);
    assert_null(heard.last_end);
    const char *const garbage[] = {"", "{", "[]", "{\"digest\": 3, \"server_pid\": \"x\"}"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(garbage); i++) {
        scratch_write(h.files.running, garbage[i]);
        lab_registryd_running_read(&h.files, &heard);
        assert_int_equal(heard.server_pid, 0);
        assert_string_equal(heard.digest, "");
    }
    lab_registryd_files_clear(&h.files);
}

static void log_is_bounded(void **state)
{
    LAB_AUTOFREE char *path = lab_path_join(*state, "registry.log");
    LAB_AUTOFREE char *older = lab_path_join(*state, "registry.log.1");
    struct lab_registryd_log log;
    assert_ok(lab_registryd_log_open(&log, path, 10, &err), err);
    lab_registryd_log_write(&log, "aaaa\n", 5);
    lab_registryd_log_write(&log, "bbbb\n", 5);
    lab_registryd_log_write(&log, "cccc\n", 5);
    assert_file(older, "aaaa\nbbbb\n");
    assert_file(path, "cccc\n");
    lab_registryd_log_close(&log);
    assert_ok(lab_registryd_log_open(&log, path, 10, &err), err);
    lab_registryd_log_write(&log, "dddddddddddddddd\n", 17); /* longer than all of it may be */
    assert_file(older, "cccc\n");
    assert_file(path, "dddddddddddddddd\n");
    lab_registryd_log_close(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_is_as_recorded),
        cmocka_unit_test(password_is_bcrypt),
        cmocka_unit_test(pauses_double_up_to_a_limit),
        scratch_test(files_are_made_once),
        scratch_test(only_a_living_supervisor_counts),
        scratch_test(what_the_supervisor_tells_is_read_back),
        scratch_test(log_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
