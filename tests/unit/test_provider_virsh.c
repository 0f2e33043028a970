/* virsh that is missing, hangs, crashes, talks nonsense or finds no libvirt: each becomes one
 * sentence with a way out. The virsh here is tests/fake/virsh. */
#include "provider_fake.h"

#include "provider/virsh.h"
#include "provider/virsh_connect.h"
#include "provider/virsh_lost.h"

static int call(const char *command, uint64_t timeout_ms, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, FAKE_URI);
    c.timeout_ms = timeout_ms;
    lab_child_args(&c, command, "web-01", (char *)NULL);
    return lab_virsh_do(&c, "start VM 'web-01'", "is already ", err);
}

/* Whatever the user's language, and whatever URI the environment names. */
static void the_language_is_c(void **state)
{
    (void)state;
    setenv("LC_ALL", "ko_KR.UTF-8", 1);
    setenv("LANGUAGE", "ko", 1);
    fake_rules("*\tok\n");
    assert_ok(call("start", 0, &err));
    LAB_AUTOFREE char *log = fake_log();
    assert_string_equal(log, "process LC_ALL=C LANGUAGE= -q -c " FAKE_URI "\nstart web-01\n");
    unsetenv("LC_ALL");
    unsetenv("LANGUAGE");
}

static void a_missing_virsh_names_its_package(void **state)
{
    (void)state;
    LAB_AUTOFREE char *path = lab_strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    struct lab_provider p;
    assert_refused(fake_open(&p, NULL, &err), LAB_HOST, "'virsh'", "apt install libvirt-clients");
    setenv("PATH", path, 1);
}

static void a_hanging_virsh_runs_out_of_time(void **state)
{
    (void)state;
    fake_rules("start *\thang\n");
    assert_refused(call("start", 300, &err), LAB_TIMEOUT, "cannot start VM 'web-01'", "libvirtd");
}

static void a_crash_is_told(void **state)
{
    (void)state;
    fake_rules("start *\tcrash\n");
    assert_refused(call("start", 0, &err), LAB_HYPERVISOR, "ended by signal 11", NULL);
}

static void a_refusal_gives_the_reason_once(void **state)
{
    (void)state;
    fake_rules(
        "start *\terr\tFailed to start domain 'web-01'\\nerror: internal error: \\033[31mno\n");
    assert_refused(call("start", 0, &err), LAB_HYPERVISOR,
                   "cannot start VM 'web-01' (" FAKE_URI "): internal error: no", NULL);
    fake_rules("start *\terr\tDomain is already active\n");
    assert_ok(call("start", 0, &err));
    fake_rules(
        "start *\terr\tFailed to start domain 'web-01'\\nerror: Requested operation is not valid: "
        "domain is already running\n");
    assert_ok(call("start", 0, &err));
}

static void a_full_disk_is_the_hosts_lack(void **state)
{
    (void)state;
    fake_rules("start *\terr\tFailed\\nerror: cannot write: No space left on device\n");
    assert_refused(call("start", 0, &err), LAB_HOST, "No space left", "df -h");
}

static void no_connection_says_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *reason, *hint;
    } cases[] = {
        {"Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
         "systemctl start libvirtd"},
        {"Failed to connect socket to '/var/run/libvirt/libvirt-sock': Connection refused",
         "systemctl restart libvirtd"},
        {"Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
         "usermod -aG libvirt"},
        {"authentication unavailable: no polkit agent available to authenticate action "
         "'org.libvirt.unix.manage'",
         "usermod -aG libvirt"},
        {"internal error: unexpected qemu URI path '/x', try qemu:///system", "qemu:///session"},
        {"Cannot recv data: Connection reset by peer", "journalctl -u libvirtd"},
        {"something new", "virsh -c 'qemu:///system' version"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTOFREE char *rules = lab_format(
            "*\terr\tfailed to connect to the hypervisor\\nerror: %s\n", cases[i].reason);
        fake_rules(rules);
        struct lab_provider p;
        LAB_AUTOFREE char *part =
            lab_format("cannot connect to libvirt at " FAKE_URI ": %.20s", cases[i].reason);
        assert_refused(fake_open(&p, NULL, &err), LAB_HOST, part, cases[i].hint);
    }
}

static void ssh_is_a_matter_of_other_hosts(void **state)
{
    (void)state;
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, "qemu+ssh://host/system");
    lab_str_add(&c.errout,
                "error: failed to connect to the hypervisor\nerror: Cannot recv data: Host "
                "key verification failed.: Connection reset by peer\n");
    c.status = 1;
    assert_refused(lab_virsh_connect_explain(&c, "qemu+ssh://host/system", &err), LAB_HOST,
                   "Host key verification failed", "accept its key");
}

static void only_qemu_is_driven(void **state)
{
    (void)state;
    struct lab_provider p;
    assert_refused(fake_open(&p, "test:///default", &err), LAB_USAGE, "test:///default",
                   "qemu:///system");
    LAB_AUTOFREE char *log = fake_log();
    assert_string_equal(log, "");
}

static void uris(void **state)
{
    (void)state;
    assert_true(lab_virsh_uri_is_local("qemu:///system"));
    assert_true(lab_virsh_uri_is_local("qemu+unix:///system"));
    assert_false(lab_virsh_uri_is_local("qemu+ssh://root@host/system"));
    assert_false(lab_virsh_uri_is_local("qemu+ssh:///system"));
    assert_false(lab_virsh_uri_is_local("qemu://host/system"));
    assert_true(lab_virsh_uri_is_session("qemu:///session"));
    assert_true(lab_virsh_uri_is_session("qemu+ssh://host/session?no_tty=1"));
    assert_false(lab_virsh_uri_is_session("qemu:///system"));
    assert_false(lab_virsh_uri_is_session("qemu://session/system"));
}

static void a_batch_keeps_its_parts_apart(void **state)
{
    (void)state;
    fake_rules("first *\tsay\tone\nsecond*\terr\tno\nthird it's a*\tsay\tthree\n");
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, FAKE_URI);
    assert_int_equal(lab_virsh_batch_add(&b, "first", "x", (char *)NULL), 0);
    assert_int_equal(lab_virsh_batch_add(&b, "second", (char *)NULL), 1);
    assert_int_equal(lab_virsh_batch_add(&b, "third", "it's a $HOME", (char *)NULL), 2);
    assert_ok(lab_virsh_batch_run(&b, &err));
    assert_string_equal(b.parts.items[0], "one\n");
    assert_string_equal(b.parts.items[1], "");
    assert_string_equal(b.parts.items[2], "three\n");
    LAB_AUTOFREE char *log = fake_log();
    assert_has(log, "third it's a $HOME\n");
    assert_int_equal(fake_count("process"), 1);
}

static void a_batch_that_ends_early_is_an_error(void **state)
{
    (void)state;
    fake_rules("first*\tsay\tone\nsecond*\tcut\n");
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, FAKE_URI);
    lab_virsh_batch_add(&b, "first", (char *)NULL);
    lab_virsh_batch_add(&b, "second", (char *)NULL);
    lab_virsh_batch_add(&b, "third", (char *)NULL);
    assert_refused(lab_virsh_batch_run(&b, &err), LAB_HYPERVISOR, "answered 1 of 3", NULL);
}

/* "failed to get domain" would pass for its end. */
static void what_libvirtd_did_not_answer_is_asked_again(void **state)
{
    (void)state;
    struct lab_provider p;
    fake_rules("uri\tok\nstart *\tlost\t2\nstart *\tok\n");
    assert_ok(fake_open(&p, NULL, &err));
    assert_ok(call("start", 0, &err));
    assert_int_equal(fake_count("start web-01"), 3);
    fake_forget();
    fake_rules("dumpxml *\tlost\t3\ndumpxml *\tout\t" RECORDED "dumpxml-running.xml\n"
               "domstats *\tout\t" RECORDED "domstats.txt\n");
    const char *name = "web-01";
    struct lab_vm_states states = {{0}};
    assert_ok(p.ops->query(&p, &name, 1, &states, &err));
    assert_int_equal(fake_count("process"), 2);
    assert_int_equal(lab_vm_states_find(&states, name)->power, LAB_POWER_ON);
    lab_vm_states_clear(&states);
    p.ops->close(&p);
}

/* One who never answered is told of at once: he does not run. */
static void who_never_answered_is_not_waited_for(void **state)
{
    (void)state;
    struct lab_provider p;
    fake_rules("*\tlost\t9\n");
    assert_refused(fake_open(&p, NULL, &err), LAB_HOST,
                   "cannot connect to libvirt at " FAKE_URI ": Disconnected", "journalctl");
    assert_int_equal(fake_count("process"), 1);
}

static void words_of_a_lost_connection(void **state)
{
    (void)state;
    static const char *const lost[] = {
        ("error: failed to connect to the hypervisor\nerror: Failed to connect socket to "
         "'/var/run/libvirt/libvirt-sock': Connection refused"), /* one text, says clang */
        "error: Failed to reconnect to the hypervisor",
        "error: Disconnected from qemu:///system due to end of file",
        "error: failed to get pool 'p0'\nerror: Cannot recv data: Connection reset by peer",
        "error: Failed to list domains\nerror: Cannot write data: Broken pipe",
        "error: Failed to list domains\nerror: End of file while reading data: Input/output error",
        "error: failed to get the hypervisor version\nerror: internal error: client socket is closed",
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(lost); i++)
        assert_true(lab_virsh_lost(lost[i]));
    assert_false(lab_virsh_lost("error: failed to get domain 'n1'"));
    assert_false(lab_virsh_lost("error: Failed to start domain 'n1'\nerror: Cannot get interface "
                                "MTU on 'lab0': No such device"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fake_test(the_language_is_c),
        fake_test(a_missing_virsh_names_its_package),
        fake_test(a_hanging_virsh_runs_out_of_time),
        fake_test(a_crash_is_told),
        fake_test(a_refusal_gives_the_reason_once),
        fake_test(a_full_disk_is_the_hosts_lack),
        fake_test(no_connection_says_what_to_do),
        fake_test(ssh_is_a_matter_of_other_hosts),
        fake_test(only_qemu_is_driven),
        fake_test(uris),
        fake_test(a_batch_keeps_its_parts_apart),
        fake_test(a_batch_that_ends_early_is_an_error),
        fake_test(what_libvirtd_did_not_answer_is_asked_again),
        fake_test(who_never_answered_is_not_waited_for),
        fake_test(words_of_a_lost_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
