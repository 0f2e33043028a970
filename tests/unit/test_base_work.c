#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/work.h"
#include "platform.h"

struct job {
    int rc;
    enum lab_code code;
    const char *message;
    pthread_t worker, done_on;
    int calls;
    char got[200];
    enum lab_code got_code;
};

static int work(void *arg, struct lab_error *err)
{
    struct job *job = arg;
    job->worker = pthread_self();
    if (job->message)
        lab_fail(err, job->code, "%s", job->message);
    return job->rc;
}

static void done(void *arg, const struct lab_error *err)
{
    struct job *job = arg;
    job->done_on = pthread_self();
    job->calls++;
    job->got_code = err ? err->code : LAB_OK;
    snprintf(job->got, sizeof(job->got), "%s", err ? err->message : "");
}

static void errors_reach_the_loop(void **state)
{
    (void)state;
    uv_loop_t loop;
    struct job jobs[] = {
        {.rc = 0},
        {.rc = -1, .code = LAB_HYPERVISOR, .message = "refused"},
        {.rc = -1}, /* a defect: no reason given */
    };
    uv_loop_init(&loop);
    for (size_t i = 0; i < LAB_ARRAY_LEN(jobs); i++)
        lab_work_submit(&loop, work, done, &jobs[i]);
    for (size_t i = 0; i < LAB_ARRAY_LEN(jobs); i++)
        assert_int_equal(jobs[i].calls, 0); /* never from within submit */
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < LAB_ARRAY_LEN(jobs); i++) {
        assert_int_equal(jobs[i].calls, 1);
        assert_true(pthread_equal(jobs[i].done_on, pthread_self()));
        assert_false(pthread_equal(jobs[i].worker, pthread_self()));
    }
    assert_int_equal(jobs[0].got_code, LAB_OK);
    assert_int_equal(jobs[1].got_code, LAB_HYPERVISOR);
    assert_string_equal(jobs[1].got, "refused");
    assert_int_equal(jobs[2].got_code, LAB_INTERNAL);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static atomic_int inside, most;

static int meet(void *arg, struct lab_error *err)
{
    (void)arg;
    (void)err;
    int now = atomic_fetch_add(&inside, 1) + 1, seen = atomic_load(&most);
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        ;
    for (int i = 0; i < 500 && atomic_load(&most) < 16; i++)
        usleep(10000);
    atomic_fetch_sub(&inside, 1);
    return 0;
}

static void nothing(void *arg, const struct lab_error *err)
{
    (void)arg;
    (void)err;
}

/* libuv would give four; with a lab of more nodes they would wait for each other. */
static void sixteen_run_at_once(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_loop_init(&loop);
    for (int i = 0; i < 16; i++)
        lab_work_submit(&loop, meet, nothing, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(atomic_load(&most), 16);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int sleep_long(void *arg, struct lab_error *err)
{
    (void)arg;
    LAB_AUTO_CHILD struct lab_child c;
    lab_child_init(&c, "sleep");
    lab_child_arg(&c, "100");
    return lab_child_run(&c, err);
}

static void on_interrupt(uv_timer_t *timer)
{
    lab_work_cancel_all(true);
    uv_close((uv_handle_t *)timer, NULL);
}

static void count_cancelled(void *arg, const struct lab_error *err)
{
    if (err && err->code == LAB_CANCELLED)
        ++*(int *)arg;
}

static void cancelling_ends_children_on_all_workers(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_timer_t timer;
    int cancelled = 0;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_interrupt, 500, 0);
    for (int i = 0; i < 20; i++) /* more than there are workers: the last ones are refused */
        lab_work_submit(&loop, sleep_long, count_cancelled, &cancelled);
    assert_false(lab_work_cancelled());
    uint64_t start = plat_now_ms();
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(lab_work_cancelled());
    assert_int_equal(cancelled, 20);
    assert_true(plat_now_ms() - start < 8000);
    lab_work_cancel_all(false);
    assert_false(lab_work_cancelled());
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void the_users_pool_size_wins(void **state)
{
    (void)state;
    setenv("UV_THREADPOOL_SIZE", "5", 1);
    lab_work_init();
    assert_string_equal(getenv("UV_THREADPOOL_SIZE"), "5");
    unsetenv("UV_THREADPOOL_SIZE");
    lab_work_init();
    assert_string_equal(getenv("UV_THREADPOOL_SIZE"), "16");
    struct sigaction action;
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_true(action.sa_handler == SIG_IGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_users_pool_size_wins), /* first: the pool starts with the first work */
        cmocka_unit_test(errors_reach_the_loop),
        cmocka_unit_test(sixteen_run_at_once),
        cmocka_unit_test(cancelling_ends_children_on_all_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
