#include "base_scratch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Takes the lock in another process, which holds it until it is killed. */
static pid_t hold_elsewhere(const char *path, const char *holder)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct lab_error err = LAB_ERROR_INIT;
        struct plat_lock *lock;
        if (plat_lock_take(&lock, path, holder, &err) < 0)
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(2);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void a_conflict_names_the_holder(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_lock *lock = NULL;
    LAB_AUTOFREE char *path = lab_path_join(*state, "lock");
    pid_t pid = hold_elsewhere(path, "labctl up (process 4711, user kim)");
    assert_int_equal(plat_lock_take(&lock, path, "me", &err), -1);
    assert_int_equal(err.code, LAB_CONFLICT);
    assert_non_null(strstr(err.message, path));
    assert_non_null(strstr(err.message, "labctl up (process 4711, user kim)"));
    assert_non_null(err.hint);
    assert_null(lock);
    lab_error_clear(&err);
    end(pid);
    /* What a dead process left over is no obstacle. */
    assert_file(path, "labctl up (process 4711, user kim)");
    assert_ok(plat_lock_take(&lock, path, "me", &err), err);
    assert_file(path, "me");
    plat_lock_drop(lock);
    assert_file(path, "");
    plat_lock_drop(NULL);
}

/* Killed between a fork and its exec, a labctl leaves its lock to the child for a moment. */
static void a_child_that_is_just_starting_is_waited_for(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_lock *lock;
    LAB_AUTOFREE char *path = lab_path_join(*state, "lock");
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    assert_int_equal(waitpid(dead, NULL, 0), dead);
    LAB_AUTOFREE char *holder = lab_format("labctl up (pid %ld, user kim)", (long)dead);
    assert_ok(plat_lock_take(&lock, path, holder, &err), err);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(2500 * 1000);
        _exit(0);
    }
    plat_lock_drop(lock);
    scratch_write(path, holder); /* who is killed drops nothing */
    assert_ok(plat_lock_take(&lock, path, "me", &err), err);
    plat_lock_drop(lock);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Two in one process exclude each other as well, and a lock is not inherited by what is started. */
static void the_lock_belongs_to_its_taker(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_lock *lock, *second;
    LAB_AUTOFREE char *path = lab_path_join(*state, "lock");
    assert_ok(plat_lock_take(&lock, path, "first", &err), err);
    assert_refused(plat_lock_take(&second, path, "second", &err), err, LAB_CONFLICT, "first");
    int go_on[2];
    assert_int_equal(pipe(go_on), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(go_on[0], 0);
        close(go_on[1]);
        execlp("cat", "cat", (char *)NULL);
        _exit(1);
    }
    close(go_on[0]);
    plat_lock_drop(lock);
    /* Until its exec, the child has our descriptor. */
    int rc = -1;
    for (int i = 0; i < 500 && rc < 0; i++) {
        lab_error_clear(&err);
        rc = plat_lock_take(&lock, path, "third", &err);
        usleep(10000);
    }
    assert_ok(rc, err);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    close(go_on[1]);
    plat_lock_drop(lock);
    waitpid(pid, NULL, 0);
}

/* Teardown removes the folder with the lock in it: the next run must get a lock that counts. */
static void a_removed_file_is_made_anew(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_lock *old, *new;
    LAB_AUTOFREE char *path = lab_path_join(*state, "lock");
    assert_ok(plat_lock_take(&old, path, "old", &err), err);
    assert_ok(plat_remove(path, &err), err);
    assert_ok(plat_lock_take(&new, path, "new", &err), err);
    plat_lock_drop(old);
    assert_file(path, "new");
    plat_lock_drop(new);
}

/* Many processes add to a number, each under the lock: none is lost. */
static void only_one_at_a_time(void **state)
{
    LAB_AUTOFREE char *path = lab_path_join(*state, "lock");
    LAB_AUTOFREE char *number = lab_path_join(*state, "number");
    enum { PROCESSES = 4, ROUNDS = 25 };
    pid_t pids[PROCESSES];
    scratch_write(number, "0");
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        for (int done = 0; done < ROUNDS;) {
            struct lab_error err = LAB_ERROR_INIT;
            struct plat_lock *lock;
            if (plat_lock_take(&lock, path, "adder", &err) < 0) {
                if (err.code != LAB_CONFLICT)
                    _exit(1);
                lab_error_clear(&err);
                continue;
            }
            int v = -1;
            FILE *f = fopen(number, "r+");
            if (!f || fscanf(f, "%d", &v) != 1)
                _exit(2);
            usleep(200);
            rewind(f);
            fprintf(f, "%d", v + 1);
            fclose(f);
            plat_lock_drop(lock);
            done++;
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_file(number, "100");
}

static void failures_say_why(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_lock *lock;
    LAB_AUTOFREE char *path = lab_path_join(*state, "missing/lock");
    assert_refused(plat_lock_take(&lock, path, "me", &err), err, LAB_HOST, path);
    LAB_AUTOFREE char *link = lab_path_join(*state, "link");
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_refused(plat_lock_take(&lock, link, "me", &err), err, LAB_HOST, link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scratch_test(a_conflict_names_the_holder),
        scratch_test(a_child_that_is_just_starting_is_waited_for),
        scratch_test(the_lock_belongs_to_its_taker),
        scratch_test(a_removed_file_is_made_anew),
        scratch_test(only_one_at_a_time),
        scratch_test(failures_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
