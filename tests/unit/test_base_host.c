#include "base_scratch.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool cpu_has_virtualisation(void)
{
    LAB_AUTO_STR struct lab_str cpus = LAB_STR_INIT;
    struct lab_error err = LAB_ERROR_INIT;
    assert_ok(lab_file_read("/proc/cpuinfo", 16 << 20, &cpus, &err), err);
    return strstr(lab_str_get(&cpus), " vmx ") || strstr(lab_str_get(&cpus), " svm ");
}

/* Without vmx and svm no KVM is worth using, whatever /dev/kvm claims (kvm_pvm runs short
 * programs). Whichever way this machine decides: with a reason exactly when the answer is
 * no, and in the same way twice. */
static void kvm_is_tried(void **state)
{
    (void)state;
    const char *why = "untouched", *again = "untouched";
    int first = dup(0);
    close(first);
    bool answer = plat_kvm_runs(&why);
    assert_int_equal(plat_kvm_runs(&again), answer);
    if (answer)
        assert_null(why);
    else
        assert_true(why && strstr(why, "/dev/kvm"));
    if (!cpu_has_virtualisation())
        assert_false(answer);
    print_message("KVM: %s\n", answer ? "runs" : why);
    if (access("/dev/kvm", F_OK) != 0)
        assert_non_null(strstr(why, "there is no /dev/kvm"));
    int after = dup(0);
    close(after);
    assert_int_equal(first, after);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    plat_kvm_runs(NULL);
}

/* What tries it would hold the lab's lock, and a CPU. */
static void nothing_of_a_killed_try_is_left(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            plat_kvm_runs(NULL);
    }
    setpgid(pid, pid);
    uv_sleep(300);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    /* who lives on in the group would do so for seconds, and for ever were it stuck */
    for (int i = 0; i < 50 && plat_group_alive(pid); i++)
        uv_sleep(20);
    assert_false(plat_group_alive(pid));
}

static int add_route(int fd, const char *network, const char *mask)
{
    char device[] = "lo";
    struct rtentry route = {.rt_flags = RTF_UP, .rt_dev = device};
    struct sockaddr_in *dst = (struct sockaddr_in *)&route.rt_dst;
    struct sockaddr_in *genmask = (struct sockaddr_in *)&route.rt_genmask;
    dst->sin_family = genmask->sin_family = AF_INET;
    inet_pton(AF_INET, network, &dst->sin_addr);
    inet_pton(AF_INET, mask, &genmask->sin_addr);
    return ioctl(fd, SIOCADDRT, &route);
}

/* In a child with a network namespace of its own. */
static int routes_of_a_new_network(void)
{
    struct lab_error err = LAB_ERROR_INIT;
    struct plat_route *routes = NULL;
    size_t n = 7;
    int fd;
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if ((unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) ||
        (fd = socket(AF_INET, SOCK_DGRAM, 0)) < 0 || ioctl(fd, SIOCSIFFLAGS, &up) < 0)
        return 77;
    if (plat_routes(&routes, &n, &err) < 0 || n != 0)
        return 1;
    free(routes);
    if (add_route(fd, "0.0.0.0", "0.0.0.0") < 0 ||
        add_route(fd, "192.168.6.0", "255.255.255.0") < 0 ||
        add_route(fd, "10.1.2.3", "255.255.255.255") < 0 ||
        add_route(fd, "172.16.0.0", "255.240.0.0") < 0)
        return 77;
    if (plat_routes(&routes, &n, &err) < 0 || n != 3)
        return 2;
    unsigned found = 0;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(routes[i].device, "lo") != 0)
            return 3;
        found |= routes[i].network == 0xc0a80600 && routes[i].prefix == 24 ? 1 : 0;
        found |= routes[i].network == 0x0a010203 && routes[i].prefix == 32 ? 2 : 0;
        found |= routes[i].network == 0xac100000 && routes[i].prefix == 12 ? 4 : 0;
    }
    free(routes);
    return found == 7 ? 0 : 4;
}

static void routes_are_listed(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(routes_of_a_new_network());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("skipped: no network namespace can be made here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void folders_come_from_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *xdg, *home, *folder;
    } cases[] = {
        {"/xdg", "/home/kim", "/xdg/labctl"},
        {NULL, "/home/kim", "/home/kim/.local/share/labctl"},
        {"", "/home/kim", "/home/kim/.local/share/labctl"},
        {"relative", "/home/kim", "/home/kim/.local/share/labctl"},
    };
    LAB_AUTOFREE char *home = lab_strdup(getenv("HOME"));
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        cases[i].xdg ? setenv("XDG_DATA_HOME", cases[i].xdg, 1) : unsetenv("XDG_DATA_HOME");
        setenv("HOME", cases[i].home, 1);
        LAB_AUTOFREE char *folder = plat_data_dir();
        assert_string_equal(folder, cases[i].folder);
    }
    unsetenv("HOME");
    LAB_AUTOFREE char *fallback = plat_data_dir();
    assert_int_equal(fallback[0], '/');
    if (home)
        setenv("HOME", home, 1);
    setenv("TMPDIR", "/elsewhere", 1);
    LAB_AUTOFREE char *temp = plat_temp_dir();
    assert_string_equal(temp, "/elsewhere");
    setenv("TMPDIR", "", 1);
    assert_null(plat_getenv("TMPDIR"));
    LAB_AUTOFREE char *usual = plat_temp_dir();
    assert_int_equal(access(usual, W_OK), 0);
    unsetenv("TMPDIR");
}

static void ports_are_free(void **state)
{
    (void)state;
    int port = plat_random_free_port();
    assert_true(port > 0 && port < 65536);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    close(fd);
}

static void space_is_known_for_folders_to_be_made(void **state)
{
    struct lab_error err = LAB_ERROR_INIT;
    uint64_t here = 0, below = 0;
    LAB_AUTOFREE char *path = lab_path_join(*state, "not/yet/made");
    assert_ok(plat_free_space(*state, &here, &err), err);
    assert_ok(plat_free_space(path, &below, &err), err);
    assert_true(here > 0 && below > 0);
    assert_ok(plat_free_space("relative/not/made", &below, &err), err);
    LAB_AUTOFREE char *file = lab_path_join(*state, "file");
    LAB_AUTOFREE char *under = lab_path_join(*state, "file/x");
    scratch_write(file, "");
    assert_refused(plat_free_space(under, &below, &err), err, LAB_HOST, under);
}

static void the_local_clock_is_known(void **state)
{
    (void)state;
    LAB_AUTOFREE char *zone = lab_strdup(getenv("TZ"));
    setenv("TZ", "KST-9", 1);
    assert_int_equal(plat_local_ms(1735689600123), 1735689600123 + 9 * 3600 * 1000);
    setenv("TZ", "UTC0", 1);
    assert_int_equal(plat_local_ms(1735689600123), 1735689600123);
    if (zone)
        setenv("TZ", zone, 1);
    else
        unsetenv("TZ");
}

static void the_user_is_known(void **state)
{
    (void)state;
    LAB_AUTOFREE char *name = plat_user_name();
    assert_true(*name);
    assert_int_equal(plat_is_admin(), geteuid() == 0);
    assert_int_equal(plat_pid(), getpid());
    uint64_t before = plat_now_ms();
    usleep(20000);
    assert_in_range(plat_now_ms() - before, 15, 5000);
    assert_true(plat_wall_ms() > 1600000000000);
}

static void a_process_is_told_from_a_later_one(void **state)
{
    (void)state;
    assert_true(plat_process_lives(plat_pid(), 0));
    assert_false(plat_process_lives(plat_pid(), 1));
    assert_false(plat_process_lives(2147483646, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kvm_is_tried),
        cmocka_unit_test(nothing_of_a_killed_try_is_left),
        cmocka_unit_test(routes_are_listed),
        cmocka_unit_test(folders_come_from_the_environment),
        cmocka_unit_test(ports_are_free),
        cmocka_unit_test(a_process_is_told_from_a_later_one),
        scratch_test(space_is_known_for_folders_to_be_made),
        cmocka_unit_test(the_local_clock_is_known),
        cmocka_unit_test(the_user_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
