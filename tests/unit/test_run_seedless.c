/* The gate that waits for an address, by the console of a guest that does not answer. */
#include "run_fixture.h"

#include "run/climb.h"

#define LAB                                                                                        \
    "name: airgap\nimage_url: ./x.qcow2\nwait: {stall: 1s}\n"                                      \
    "networks:\n  default:\n    ipam: {range: 192.168.6.0/24, start: 192.168.6.10}\n"              \
    "nodes:\n  - {name: n1, cpu: 1, memory: 1Gi, disk_size: 4Gi}\n"
#define LOGIN "Debian GNU/Linux 12 n1 ttyS0\r\n\r\nn1 login: "

static struct lab_climb *climb(struct fixture *f, const char *console)
{
    struct lab_error err = LAB_ERROR_INIT;
    fixture_lab(f, LAB);
    LAB_AUTOFREE char *dir = lab_run_path(&f->run, "console");
    LAB_AUTOFREE char *log = lab_path_join(dir, "n1.log");
    must(plat_mkdirs(dir, 0700, &err), &err);
    must(lab_file_replace(log, console, strlen(console), 0600, &err), &err);
    struct lab_climb *c = &f->ladder.climbs[0];
    c->gate = LAB_GATE_ADDRESS;
    c->power = LAB_POWER_ON;
    c->guest = (struct lab_guest *)f; /* so that the check does not connect */
    return c;
}

static void a_guest_without_its_seed_fails_with_the_reason(void **state)
{
    struct fixture *f = *state;
    struct lab_climb *c = climb(f, "[ 0.0] Linux version 6.1\r\n" LOGIN);
    assert_int_equal(lab_check_address(c), LAB_WAIT); /* it may still answer */
    assert_non_null(strstr(lab_str_get(&c->evidence), "saw no seed"));
    c->step_ms -= 60 * 1000;
    assert_int_equal(lab_check_address(c), LAB_FAILED);
    assert_int_equal(c->error.code, LAB_GUEST);
    assert_non_null(strstr(c->error.message, "saw no seed"));
    assert_non_null(strstr(c->error.hint, "cd_bus: ide"));
    c->guest = NULL;
}

/* cloud-init's first words are further up than the last line, and count. */
static void a_guest_with_its_seed_is_waited_for(void **state)
{
    struct fixture *f = *state;
    LAB_AUTO_STR struct lab_str console = LAB_STR_INIT;
    lab_str_add(&console, "[ 0.0] Linux version 6.1\r\ncloud-init[233]: Cloud-init v. 22.4.2 "
                          "running 'init-local'\r\n");
    for (int i = 0; i < 100; i++)
        lab_str_add(&console, "[  OK  ] Started something that says much.\r\n");
    lab_str_add(&console, LOGIN);
    struct lab_climb *c = climb(f, lab_str_get(&console));
    assert_int_equal(lab_check_address(c), LAB_WAIT);
    c->step_ms -= 60 * 1000;
    assert_int_equal(lab_check_address(c), LAB_WAIT);
    assert_string_equal(lab_str_get(&c->evidence), "console: n1 login:");
    c->guest = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_guest_without_its_seed_fails_with_the_reason),
        fixture_test(a_guest_with_its_seed_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
