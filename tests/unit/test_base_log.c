#include "base_scratch.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* "2026-08-14T09:05:03.120Z [4711] " */
static const char *text_of(const char *line)
{
    assert_true(strlen(line) > 27);
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[23], 'Z');
    const char *end = strstr(line, "] ");
    assert_non_null(end);
    return end + 2;
}

static void lines_are_appended(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(*state, "log");
    scratch_write(path, "before\n");
    assert_int_equal(chmod(path, 0666), 0);
    lab_log("goes nowhere");
    assert_ok(lab_log_open(path, &err), err);
    lab_log("two\nlines%s", "\r\x1b[31m");
    lab_log_close();
    lab_log("goes nowhere");
    LAB_AUTO_STR struct lab_str got = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1000, &got, &err), err);
    assert_int_equal(strncmp(got.ptr, "before\n", 7), 0);
    assert_string_equal(text_of(got.ptr + 7), "two\\nlines\\x0d\\x1b[31m\n");
    assert_int_equal(plat_stat(path, &st), 0);
    assert_int_equal(st.mode, 0600);
}

static void failure_says_why(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    assert_refused(lab_log_open(*state, &err), err, LAB_HOST, (char *)*state);
}

static void verbose_copies_to_stderr(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "stderr");
    int before = dup(2);
    fflush(stderr);
    assert_non_null(freopen(path, "w", stderr));
    lab_log_verbose(true);
    lab_log("shown");
    lab_log_verbose(false);
    lab_log("hidden");
    fflush(stderr);
    dup2(before, fileno(stderr));
    close(before);
    LAB_AUTO_STR struct lab_str got = LAB_STR_INIT;
    assert_ok(lab_file_read(path, 1000, &got, &err), err);
    assert_string_equal(text_of(got.ptr), "shown\n");
}

enum { THREADS = 8, LINES = 200 };

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES; i++)
        lab_log("thread %d line %d abcdefghijklmnopqrstuvwxyz", *(int *)arg, i);
    return NULL;
}

static void threads_do_not_mix_lines(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(*state, "log");
    pthread_t threads[THREADS];
    int numbers[THREADS], next[THREADS] = {0};
    assert_ok(lab_log_open(path, &err), err);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    lab_log_close();
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char line[300];
    int total = 0;
    for (; fgets(line, sizeof(line), f); total++) {
        int thread, n, end = 0;
        assert_int_equal(sscanf(text_of(line), "thread %d line %d abcdefghijklmnopqrstuvwxyz%n",
                                &thread, &n, &end),
                         2);
        assert_true(end > 0 && thread >= 0 && thread < THREADS);
        assert_int_equal(n, next[thread]++);
    }
    fclose(f);
    assert_int_equal(total, THREADS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(lines_are_appended),
        scratch_test(failure_says_why),
        scratch_test(verbose_copies_to_stderr),
        scratch_test(threads_do_not_mix_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
