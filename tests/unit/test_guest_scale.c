/* Many guests in one loop: few sshds stand for them on 127.0.0.x. LABCTL_TEST_SCALE=1 makes it 256
 * (which needs two idle cores for some minutes: it is sshd that is slow). */
#include "../guest/rig.h"

enum { SSHDS = 4, ADDRESSES = 15 /* and 127.0.0.1: one sshd listens on no more than 16 */ };

struct host {
    struct rig rig[SSHDS];
    struct rig_guest *guests;
    struct rig_exec *execs;
    size_t n;
};

static void start_sshd(struct rig *r, int which)
{
    struct lab_str config = LAB_STR_INIT;
    for (int i = 0; i < ADDRESSES; i++)
        lab_str_addf(&config, "ListenAddress 127.0.0.%d\n", 10 + which * ADDRESSES + i);
    lab_str_add(&config, "MaxStartups 400:100:500\nLogLevel ERROR\nListenAddress 127.0.0.1\n");
    rig_init(r);
    r->config = lab_str_detach(&config);
    rig_start(r);
}

static long resident_kib(void)
{
    long pages = 0, ignored;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_int_equal(fscanf(f, "%ld %ld", &ignored, &pages), 2);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool all_in(void *arg)
{
    struct host *h = arg;
    for (size_t i = 0; i < h->n; i++)
        if (h->guests[i].link != LAB_LINK_LOGIN || h->guests[i].facts_count < 2)
            return false;
    return true;
}

static bool all_ran(void *arg)
{
    struct host *h = arg;
    for (size_t i = 0; i < h->n; i++)
        if (!h->execs[i].done)
            return false;
    return true;
}

static void complain(struct host *h)
{
    unsigned links[LAB_LINK_LOGIN + 1] = {0}, mute = 0;
    for (size_t i = 0; i < h->n; i++) {
        links[h->guests[i].link]++;
        mute += h->guests[i].link == LAB_LINK_LOGIN && h->guests[i].facts_count < 2;
        if (h->guests[i].link != LAB_LINK_LOGIN)
            print_message("%s\n", h->guests[i].guest->evidence);
    }
    fail_msg("down %u, address %u, port %u, host key %u, login %u (%u without facts)", links[0],
             links[1], links[2], links[3], links[4], mute);
}

static void open_all(struct host *h)
{
    for (size_t i = 0; i < h->n; i++) {
        struct rig *r = &h->rig[i % SSHDS];
        struct lab_guest_target target = rig_target(r);
        target.ip = (127u << 24) + 10 + (uint32_t)(i % SSHDS) * ADDRESSES +
                    (uint32_t)(i / SSHDS % ADDRESSES);
        target.retry_ms = 500;
        target.step_timeout_ms = 60000;
        rig_open(&h->rig[0], &h->guests[i], &target,
                 "while :; do echo LABCTL1 tick 1 2; sleep 1; done");
    }
}

/* LABCTL_TEST_SCALE=1: 256; another number: that many. */
static size_t guests_wanted(void)
{
    const char *scale = plat_getenv("LABCTL_TEST_SCALE");
    unsigned long n = scale ? strtoul(scale, NULL, 10) : 24;
    return n == 1 ? 256 : n;
}

static void many_guests_in_one_loop(void **state)
{
    struct host h = {.n = guests_wanted()};
    (void)state;
    RIG_NEEDS_SSHD();
    h.guests = lab_calloc(h.n, sizeof(*h.guests));
    h.execs = lab_calloc(h.n, sizeof(*h.execs));
    for (int i = 0; i < SSHDS; i++)
        start_sshd(&h.rig[i], i);
    long before = resident_kib();
    uint64_t from = plat_now_ms();
    open_all(&h);
    if (!rig_until(&h.rig[0], all_in, &h, 240000))
        complain(&h);
    uint64_t login_ms = plat_now_ms() - from;
    long with_all = resident_kib();
    for (size_t i = 0; i < h.n; i++)
        rig_exec_start(&h.guests[i], &h.execs[i], "echo $SSH_CONNECTION", 200000);
    assert_true(rig_until(&h.rig[0], all_ran, &h, 240000));
    long after_exec = resident_kib();
    rig_sleep(&h.rig[0], 4000);
    long later = resident_kib();
    print_message("%zu guests: all in after %llu ms, %ld KiB each, %+ld KiB for a command each, "
                  "%+ld KiB in 4 s of facts, longest turn %llu ms\n",
                  h.n, (unsigned long long)login_ms, (with_all - before) / (long)h.n,
                  after_exec - with_all, later - after_exec,
                  (unsigned long long)h.rig[0].longest_ns / 1000000);

    for (size_t i = 0; i < h.n; i++) {
        assert_int_equal(h.execs[i].err.code, LAB_OK);
        assert_non_null(strstr(h.execs[i].out, "127.0.0."));
        assert_int_equal(h.guests[i].link, LAB_LINK_LOGIN);
        rig_exec_clear(&h.execs[i]);
    }
    /* 81 KiB each; the sanitizer's quarantine makes it ten times as much. */
    assert_true(with_all - before < (long)h.n * 2000);
    assert_true(later - after_exec < (long)h.n * 100);
    assert_true(h.rig[0].longest_ns < 1000000000u);

    for (size_t i = 0; i < h.n; i++)
        rig_close(&h.guests[i]);
    for (int i = SSHDS - 1; i >= 0; i--)
        rig_clear(&h.rig[i]);
    free(h.guests);
    free(h.execs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_guests_in_one_loop)};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return failed;
}
