/* Sessions against a real sshd and against servers that misbehave. */
#include "../guest/proxy.h"
#include "../guest/rig.h"
#include "base/crypto.h"

/* libssh2 1.10 forgets the server's EVP_PKEY and a number when a session is freed between key
 * exchange and NEWKEYS (its session_free() looks only after NEWKEYS): some 400 bytes for each
 * connection that breaks just there, as the tests below make happen. src/guest itself holds no
 * libcrypto object. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto\n";
}

/* The proxy's own work is in it too, and the sanitizer's. */
static const uint64_t turn_max_ns = 300 * 1000000ull;

static int setup(void **state)
{
    struct rig *r = lab_alloc(sizeof(*r));
    rig_init(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_clear(*state);
    free(*state);
    return 0;
}

static void logs_in_and_rises_step_by_step(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    RIG_NEEDS_SSHD();
    rig_start(r);
    struct lab_guest_target target = rig_target(r);
    rig_open(r, &s, &target, NULL);
    assert_int_equal(s.events.len, 0);
    rig_expect_login(r, &s, 20000);
    assert_int_equal(s.events.len, 3);
    assert_int_equal(s.events.items[0].link, LAB_LINK_PORT);
    assert_int_equal(s.events.items[1].link, LAB_LINK_HOSTKEY);
    assert_int_equal(s.events.items[2].link, LAB_LINK_LOGIN);
    assert_int_equal(s.errors, 0);
    rig_close(&s);
}

/* Another machine at the address: no user name, no key, nothing after the handshake, and no retry.
 */
static void another_host_key_ends_it_for_good(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct proxy p = {0};
    RIG_NEEDS_SSHD();
    rig_start(r);
    proxy_start(&p, r, true);
    rig_keygen(r, "other", "ed25519", "");
    size_t len;
    LAB_AUTOFREE unsigned char *other = rig_blob(r, "other", &len);
    LAB_AUTOFREE char *expected = lab_sshkey_fingerprint(other, len);
    LAB_AUTOFREE char *got = lab_sshkey_fingerprint(r->hostkey, r->hostkey_len);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    target.hostkey = other;
    target.hostkey_len = len;
    rig_open(r, &s, &target, "echo LABCTL1 tick 1");
    struct rig_exec e;
    rig_exec_start(&s, &e, "true", 0);
    rig_exec_wait(r, &e);
    assert_int_equal(e.err.code, LAB_INTEGRITY);
    rig_sleep(r, 1000);
    assert_int_equal(s.errors, 1);
    assert_int_equal(s.link, LAB_LINK_DOWN);
    assert_int_equal(s.err.code, LAB_INTEGRITY);
    assert_non_null(strstr(s.err.message, expected));
    assert_non_null(strstr(s.err.message, got));
    assert_non_null(strstr(s.err.message, "web-01"));
    assert_non_null(strstr(s.err.hint, "labctl up --recreate web-01"));
    assert_int_equal(rig_saw(&s, LAB_LINK_HOSTKEY, ""), 0);
    assert_int_equal(p.accepted, 1);
    rig_exec_clear(&e);

    /* What comes later gets the same answer, and not from inside the call. */
    rig_exec_start(&s, &e, "true", 0);
    rig_exec_wait(r, &e);
    assert_int_equal(e.err.code, LAB_INTEGRITY);
    rig_exec_clear(&e);
    rig_close(&s);
    proxy_stop(&p);

    LAB_AUTOFREE char *log = rig_read(r, "sshd.log");
    assert_non_null(strstr(log, "KEX done"));
    assert_null(strstr(log, "userauth-request"));
}

/* ssh-keygen -l is the spelling that people compare with. */
static void fingerprint_is_what_ssh_keygen_prints(void **state)
{
    struct rig *r = *state;
    LAB_AUTOFREE char *path = rig_path(r, "host.pub");
    LAB_AUTOFREE char *out = rig_path(r, "print");
    const char *argv[] = {"/usr/bin/ssh-keygen", "-l", "-f", path, NULL};
    assert_int_equal(rig_wait(rig_spawn(argv, out)), 0);
    LAB_AUTOFREE char *text = rig_read(r, "print");
    LAB_AUTOFREE char *mine = lab_sshkey_fingerprint(r->hostkey, r->hostkey_len);
    assert_non_null(strstr(text, mine));
    assert_int_equal(strlen(mine), strlen("SHA256:") + 43);
}

static void refused_then_accepted(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    RIG_NEEDS_SSHD();
    struct lab_guest_target target = rig_target(r);
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_ADDRESS, "connection refused", 5000);
    rig_sleep(r, 2500);
    /* Some forty attempts; the reason is the same, so it is not told forty times. */
    assert_true(s.events.len <= 2);
    assert_non_null(strstr(s.guest->evidence, "connection refused"));
    assert_non_null(strstr(s.guest->evidence, ", since 2"));
    rig_start(r);
    rig_expect_login(r, &s, 20000);
    rig_close(&s);
}

/* A listener whose queue is full drops SYNs, as a guest that is not up yet does. */
static void no_answer_at_all(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    int listener = socket(AF_INET, SOCK_STREAM, 0), fill[4];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(r->port)};
    at.sin_addr.s_addr = htonl(RIG_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 0), 0);
    for (int i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fill[i], (struct sockaddr *)&at, sizeof(at));
    }
    usleep(50000);
    struct lab_guest_target target = rig_target(r);
    target.step_timeout_ms = 700;
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_DOWN, "no answer", 5000);
    assert_int_equal(rig_saw(&s, LAB_LINK_PORT, ""), 0);
    rig_close(&s);
    for (int i = 0; i < 4; i++)
        close(fill[i]);
    close(listener);
}

static void reports_why(void **state, struct proxy *p, const char *word)
{
    struct rig *r = *state;
    struct rig_guest s;
    proxy_start(p, r, false);
    struct lab_guest_target target = rig_target(r);
    target.port = p->port;
    target.step_timeout_ms = 500;
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_PORT, word, 10000);
    /* It stays at that link over the retries: a rise would look like progress. */
    rig_sleep(r, 700);
    assert_true(p->accepted >= 2);
    assert_int_equal(rig_saw(&s, LAB_LINK_DOWN, ""), 0);
    assert_int_equal(rig_saw(&s, LAB_LINK_PORT, "accepts TCP, no SSH banner yet"), 1);
    rig_close(&s);
    proxy_stop(p);
}

static void no_banner(void **state)
{
    struct proxy p = {0};
    reports_why(state, &p, "sends no SSH banner (sshd not up yet)");
}

static void closes_at_once(void **state)
{
    struct proxy p = {.hang_up = true};
    reports_why(state, &p, "closes without an SSH banner");
}

static void not_ssh(void **state)
{
    struct proxy p = {.greeting = "HTTP/1.1 400 Bad\033[31m Request\r\n\r\n", .hang_up = true};
    reports_why(state, &p, "answers \"HTTP/1.1 400 Bad Request\" instead of an SSH banner");
}

static void binary_banner(void **state)
{
    struct proxy p = {.greeting = "\x16\x03\x01\x02\xff\xfe\n"};
    reports_why(state, &p, "instead of an SSH banner");
}

static void max_startups_text(void **state)
{
    struct proxy p = {.greeting = "Exceeded MaxStartups\r\n", .hang_up = true};
    reports_why(state, &p, "Exceeded MaxStartups");
}

static void banner_then_silence(void **state)
{
    struct proxy p = {.greeting = "SSH-2.0-OpenSSH_9.2\r\n"};
    reports_why(state, &p, "handshake");
}

static void nonsense_after_banner(void **state)
{
    struct proxy p = {.greeting = "SSH-2.0-x\r\n\x7f\xff\xff\xff\x01gggggggggggggggggggggggg"};
    reports_why(state, &p, "SSH handshake with");
}

/* No newline ever, lines without end, and packets without end: all end at the limit, and the loop
 * turns meanwhile. */
static void endless(void **state, const char *text)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct proxy p = {.greeting = text, .repeat = true};
    proxy_start(&p, r, false);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_PORT, "", 10000);
    rig_expect(r, &s, LAB_LINK_PORT, "KiB without proving", 10000);
    assert_true(r->longest_ns < turn_max_ns);
    rig_close(&s);
    proxy_stop(&p);
}

static void endless_lines(void **state)
{
    LAB_AUTOFREE char *text = lab_alloc(4001);
    for (int i = 0; i < 4000; i++)
        text[i] = i % 80 == 79 ? '\n' : 'x';
    endless(state, text);
}

static void endless_banner(void **state)
{
    LAB_AUTOFREE char *text = lab_alloc(4001);
    memset(text, 'x', 4000);
    endless(state, text);
}

/* Plain SSH_MSG_IGNORE packets before the key exchange, for ever: "....\n" cannot hold NULs, so the
 * packet is sent by hand. */
static void on_flood(uv_timer_t *t)
{
    struct proxy_link *k = t->data;
    unsigned char packet[1024] = {0, 0, 3, 252, 4, 2 /* SSH_MSG_IGNORE */};
    if (uv_stream_get_write_queue_size((uv_stream_t *)&k->front) > 1 << 20)
        return;
    for (int i = 0; i < 200; i++)
        proxy_send(&k->front, (const char *)packet, sizeof(packet));
}

static void endless_packets(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct proxy p = {.greeting = "SSH-2.0-flood\r\n"};
    proxy_start(&p, r, false);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    rig_open(r, &s, &target, NULL);
    for (int i = 0; i < 500 && !p.links; i++)
        rig_sleep(r, 10);
    assert_non_null(p.links);
    uv_timer_start(&p.links->timer, on_flood, 0, 1);
    rig_expect(r, &s, LAB_LINK_PORT, "KiB without proving", 10000);
    assert_true(r->longest_ns < turn_max_ns);
    rig_close(&s);
    proxy_stop(&p);
}

/* The connection breaks at every point of handshake and login, and the next attempt works. */
static void cut_anywhere(void **state)
{
    struct rig *r = *state;
    RIG_NEEDS_SSHD();
    rig_start(r);
    uint64_t whole = 0;
    for (uint64_t cut = 0; cut == 0 || cut < whole; cut += cut < 60 ? 10 : 97) {
        struct rig_guest s;
        struct proxy p = {.cut_after = cut};
        proxy_start(&p, r, true);
        struct lab_guest_target target = rig_target(r);
        target.port = p.port;
        target.retry_ms = 20;
        rig_open(r, &s, &target, NULL);
        for (int i = 0; cut && i < 500 && p.accepted < 2; i++)
            rig_sleep(r, 5);
        if (cut)
            assert_int_equal(rig_saw(&s, LAB_LINK_LOGIN, ""), 0);
        p.cut_after = 0;
        proxy_drop_all(&p);
        rig_expect_login(r, &s, 20000);
        if (!whole)
            whole = p.passed;
        assert_int_equal(s.errors, 0);
        rig_close(&s);
        proxy_stop(&p);
    }
    assert_true(whole > 1000);
}

/* One byte of the server's is wrong: no crash, nothing read out of bounds, and it gets in once the
 * bytes are right. */
static void garbled_anywhere(void **state)
{
    struct rig *r = *state;
    RIG_NEEDS_SSHD();
    rig_start(r);
    for (uint64_t at = 3; at < 2400; at += at < 60 ? 19 : 173) {
        struct rig_guest s;
        struct proxy p = {.garble_at = at};
        proxy_start(&p, r, true);
        struct lab_guest_target target = rig_target(r);
        target.port = p.port;
        target.retry_ms = 20;
        target.step_timeout_ms = 700;
        rig_open(r, &s, &target, NULL);
        for (int i = 0; i < 500 && p.accepted < 2 && s.link != LAB_LINK_LOGIN; i++)
            rig_sleep(r, 5);
        p.garble_at = 0;
        rig_expect_login(r, &s, 20000);
        assert_int_equal(s.errors, 0);
        rig_close(&s);
        proxy_stop(&p);
    }
}

/* Closed by us at every point instead; under ASan nothing may be lost or used again. */
static void closed_anywhere(void **state)
{
    struct rig *r = *state;
    RIG_NEEDS_SSHD();
    rig_start(r);
    for (uint64_t freeze = 1; freeze < 2600; freeze += freeze < 60 ? 10 : 97) {
        struct rig_guest s;
        struct rig_exec e;
        struct proxy p = {.freeze_after = freeze};
        proxy_start(&p, r, true);
        struct lab_guest_target target = rig_target(r);
        target.port = p.port;
        rig_open(r, &s, &target, "echo LABCTL1 tick 1; sleep 60");
        rig_exec_start(&s, &e, "cat /dev/zero", 0);
        for (int i = 0; i < 400 && p.passed < freeze; i++)
            rig_sleep(r, 5);
        uint64_t from = plat_now_ms();
        rig_close(&s);
        assert_true(plat_now_ms() - from < 200);
        assert_true(e.done);
        assert_int_equal(e.err.code, LAB_CANCELLED);
        rig_exec_clear(&e);
        proxy_stop(&p);
    }
}

static void one_byte_at_a_time(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct rig_exec e;
    struct proxy p = {.trickle = true};
    RIG_NEEDS_SSHD();
    rig_start(r);
    proxy_start(&p, r, true);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    rig_open(r, &s, &target, NULL);
    rig_expect_login(r, &s, 20000);
    rig_exec(r, &s, &e, "echo slow; exit 3");
    assert_int_equal(e.err.code, LAB_OK);
    assert_int_equal(e.status, 3);
    assert_string_equal(e.out, "slow\n");
    rig_exec_clear(&e);
    rig_close(&s);
    proxy_stop(&p);
}

/* A guest that vanished sends neither FIN nor RST. */
static void silence_is_noticed(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct rig_exec e;
    struct proxy p = {0};
    RIG_NEEDS_SSHD();
    rig_start(r);
    proxy_start(&p, r, true);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    target.step_timeout_ms = 1000; /* heartbeat: the least, 4 s */
    rig_open(r, &s, &target, NULL);
    rig_expect_login(r, &s, 20000);
    /* Idle for longer than the heartbeat: it is asked for, and the session stays. */
    rig_sleep(r, 6000);
    assert_int_equal(s.link, LAB_LINK_LOGIN);
    assert_int_equal(p.accepted, 1);
    rig_exec_start(&s, &e, "sleep 20", UINT64_MAX);
    rig_sleep(r, 300);
    p.freeze_after = 1;
    uint64_t from = plat_now_ms();
    rig_expect(r, &s, LAB_LINK_DOWN, "no data from", 8000);
    assert_true(plat_now_ms() - from > 2000);
    assert_true(e.done);
    assert_int_equal(e.err.code, LAB_GUEST);
    assert_non_null(strstr(e.err.message, "dropped before the command's status arrived"));
    rig_exec_clear(&e);
    p.freeze_after = 0;
    rig_expect_login(r, &s, 10000);
    rig_close(&s);
    proxy_stop(&p);
}

/* A reboot: closed, refused for a while, accepted, and only then up. */
static void reboot(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct proxy p = {0};
    RIG_NEEDS_SSHD();
    rig_start(r);
    proxy_start(&p, r, true);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    target.step_timeout_ms = 500;
    rig_open(r, &s, &target, "while sleep 0.1; do echo LABCTL1 tick 1 2; done");
    rig_expect_login(r, &s, 20000);
    rig_sleep(r, 500);
    assert_true(s.facts_count > 0);
    proxy_unlisten(&p);
    proxy_drop_all(&p);
    rig_expect(r, &s, LAB_LINK_DOWN, "closed the connection", 5000);
    rig_expect(r, &s, LAB_LINK_ADDRESS, "connection refused", 5000);
    rig_sleep(r, 300);
    p.behind = 0;
    proxy_listen(&p);
    rig_expect(r, &s, LAB_LINK_PORT, "sends no SSH banner", 5000);
    p.behind = r->port;
    size_t before = s.facts_count;
    rig_expect_login(r, &s, 20000);
    for (int i = 0; i < 300 && s.facts_count == before; i++)
        rig_sleep(r, 10);
    assert_true(s.facts_count > before);
    rig_close(&s);
    proxy_stop(&p);
}

/* Early boot: the user or its key is not there yet. Retried, with growing pauses. */
static void login_refused_then_allowed(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct proxy p = {0};
    RIG_NEEDS_SSHD();
    rig_keygen(r, "stranger", "ed25519", "");
    rig_authorize(r, "stranger");
    rig_start(r);
    proxy_start(&p, r, true);
    struct lab_guest_target target = rig_target(r);
    target.port = p.port;
    rig_open(r, &s, &target, NULL);
    LAB_AUTOFREE char *text = lab_format("login refused for user '%s' with the lab's key", r->user);
    rig_expect(r, &s, LAB_LINK_HOSTKEY, text, 10000);
    rig_sleep(r, 2000);
    assert_int_equal(s.link, LAB_LINK_HOSTKEY);
    assert_in_range(p.accepted, 2, 7); /* 50 ms pauses would make some twenty */
    rig_authorize(r, "user");
    rig_expect_login(r, &s, 20000);
    assert_int_equal(s.errors, 0);
    rig_close(&s);
    proxy_stop(&p);
}

static void unknown_user_is_refused(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    RIG_NEEDS_SSHD();
    rig_start(r);
    struct lab_guest_target target = rig_target(r);
    target.user = "no-such-user";
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_HOSTKEY, "login refused for user 'no-such-user'", 10000);
    rig_close(&s);
}

/* Only an RSA host key: nothing that the pin could be compared with. */
static void no_ed25519_host_key(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    RIG_NEEDS_SSHD();
    LAB_AUTOFREE char *path = rig_path(r, "host"), *pub = rig_path(r, "host.pub");
    unlink(path);
    unlink(pub);
    rig_keygen(r, "host", "ecdsa", "");
    rig_start(r);
    struct lab_guest_target target = rig_target(r);
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_PORT, "no ed25519 host key", 10000);
    assert_int_equal(s.errors, 0);
    rig_close(&s);
}

/* With two server keys libssh2 would take ECDSA first. */
static void ed25519_is_asked_for(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    RIG_NEEDS_SSHD();
    rig_keygen(r, "host_ecdsa", "ecdsa", "");
    r->config = lab_format("HostKey %s/host_ecdsa\n", r->dir);
    rig_start(r);
    struct lab_guest_target target = rig_target(r);
    rig_open(r, &s, &target, NULL);
    rig_expect_login(r, &s, 20000);
    rig_close(&s);
}

/* One login at a time, the rest is turned away: all get in by and by. */
static void max_startups_is_retried(void **state)
{
    struct rig *r = *state;
    enum { N = 12 };
    struct rig_guest s[N];
    RIG_NEEDS_SSHD();
    r->config = lab_strdup("MaxStartups 2:100:2\n");
    rig_start(r);
    struct lab_guest_target target = rig_target(r);
    for (int i = 0; i < N; i++)
        rig_open(r, &s[i], &target, NULL);
    unsigned turned_away = 0;
    for (int i = 0; i < N; i++)
        rig_expect_login(r, &s[i], 60000);
    for (int i = 0; i < N; i++) {
        turned_away +=
            rig_saw(&s[i], LAB_LINK_PORT, "MaxStartups") + rig_saw(&s[i], LAB_LINK_PORT, "close");
        assert_int_equal(s[i].errors, 0);
        rig_close(&s[i]);
    }
    assert_true(turned_away > 0);
}

static void damaged_key_is_said_once(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    RIG_NEEDS_SSHD();
    rig_start(r);
    struct lab_guest_target target = rig_target(r);
    target.private_key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
                         "-----END OPENSSH PRIVATE KEY-----\n";
    rig_open(r, &s, &target, NULL);
    rig_expect(r, &s, LAB_LINK_DOWN, "SSH key", 10000);
    rig_sleep(r, 300);
    assert_int_equal(s.errors, 1);
    assert_int_equal(s.err.code, LAB_USAGE);
    assert_non_null(strstr(s.err.hint, "ssh-keygen -t ed25519"));
    rig_close(&s);
}

static void close_before_the_loop_ran(void **state)
{
    struct rig *r = *state;
    struct rig_guest s;
    struct rig_exec e;
    struct lab_guest_target target = rig_target(r);
    rig_open(r, &s, &target, "echo");
    rig_exec_start(&s, &e, "true", 0);
    rig_close(&s);
    assert_int_equal(e.calls, 1);
    assert_int_equal(e.err.code, LAB_CANCELLED);
    rig_exec_clear(&e);
    lab_guest_close(NULL);
}

static void every_link_and_state_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i <= LAB_LINK_LOGIN; i++)
        assert_string_not_equal(lab_link_name((enum lab_link)i), "unknown");
    for (int i = 0; i < LAB_SESSION_STATES; i++)
        assert_non_null(lab_session_state_name((enum lab_session_state)i));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(logs_in_and_rises_step_by_step),
        TEST(another_host_key_ends_it_for_good),
        TEST(fingerprint_is_what_ssh_keygen_prints),
        TEST(refused_then_accepted),
        TEST(no_answer_at_all),
        TEST(no_banner),
        TEST(closes_at_once),
        TEST(not_ssh),
        TEST(binary_banner),
        TEST(max_startups_text),
        TEST(banner_then_silence),
        TEST(nonsense_after_banner),
        TEST(endless_lines),
        TEST(endless_banner),
        TEST(endless_packets),
        TEST(cut_anywhere),
        TEST(garbled_anywhere),
        TEST(closed_anywhere),
        TEST(one_byte_at_a_time),
        TEST(silence_is_noticed),
        TEST(reboot),
        TEST(login_refused_then_allowed),
        TEST(unknown_user_is_refused),
        TEST(no_ed25519_host_key),
        TEST(ed25519_is_asked_for),
        TEST(max_startups_is_retried),
        TEST(damaged_key_is_said_once),
        TEST(close_before_the_loop_ran),
        cmocka_unit_test(every_link_and_state_has_a_name),
    };
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_guest_init(&err))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    lab_guest_exit();
    return failed;
}
