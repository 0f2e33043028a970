/* Consoles of real guests (Debian 12, cloud-init 22.4.2), shortened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "run/console.h"

#define KERNEL "[    0.000000] Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org)\r\n"
#define CD     "[   24.118412] sr 1:0:0:0: [sr0] scsi3-mmc drive: 4x/4x cd/rw xa/form2 tray\r\n"
#define LOGIN  "\r\nDebian GNU/Linux 12 debian ttyS0\r\n\r\ndebian login: "
#define INIT   "[   31.208841] cloud-init[233]: Cloud-init v. 22.4.2 running 'init-local' at Sat\r\n"
#define NONE                                                                                       \
    "[   66.130022] cloud-init[412]: Cloud-init v. 22.4.2 finished at Sat, 21 Nov 2026 "           \
    "12:00:00 +0000. Datasource DataSourceNone.  Up 66.12 seconds\r\n"

static const struct {
    const char *what, *text;
    const char *part; /* of the sentence; NULL: there is none */
    bool saw_cd;
} cases[] = {
    {"nothing", "", NULL, false},
    {"still booting", KERNEL CD, NULL, true},
    {"cloud-init runs", KERNEL CD INIT, NULL, true},
    {"well", KERNEL CD INIT LOGIN, NULL, true},
    {"no drive", KERNEL LOGIN, "saw no seed", false},
    {"a drive without our disc", KERNEL CD LOGIN, "saw no seed", true},
    {"no datasource", KERNEL INIT NONE, "found no seed", false},
    {"the boot before was well", KERNEL CD INIT LOGIN KERNEL LOGIN, "saw no seed", false},
    {"the boot before was not", KERNEL LOGIN KERNEL CD, NULL, true},
    {"somebody types", KERNEL LOGIN "root\r\nPassword: ", NULL, false},
};

static void a_guest_without_its_seed_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        bool saw_cd = !cases[i].saw_cd;
        const char *why = lab_console_seedless(cases[i].text, &saw_cd);
        if (!why != !cases[i].part || (why && !strstr(why, cases[i].part)) ||
            saw_cd != cases[i].saw_cd)
            fail_msg("%s: %s", cases[i].what, why ? why : "-");
    }
}

#define PANIC                                                                                      \
    "[    1.904412] Kernel panic - not syncing: VFS: Unable to mount root fs on "                  \
    "unknown-block(0,0)\r\n[    1.904500] ---[ end Kernel panic - not syncing: VFS ]---\r\n"
#define EMERGENCY                                                                                  \
    "[FAILED] Failed to mount data.mount - /data.\r\n"                                             \
    "[DEPEND] Dependency failed for local-fs.target - Local File Systems.\r\n"                     \
    "You are in emergency mode. After logging in, type \"journalctl -xb\" to view\r\n"             \
    "(or press Control-D to continue): "

static void a_boot_that_will_not_go_on_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why; /* NULL: it may go on */
    } boots[] = {
        {"", NULL},
        {KERNEL CD INIT LOGIN, NULL},
        {KERNEL PANIC, "its kernel panicked (kernel panic): VFS: Unable to mount root fs on "
                       "unknown-block(0,0)"},
        {KERNEL PANIC KERNEL CD, NULL},
        {KERNEL EMERGENCY, "it stopped in emergency mode: [DEPEND] Dependency failed for "
                           "local-fs.target - Local File Systems."},
        {KERNEL "You are in emergency mode.", "it stopped in emergency mode"},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(boots); i++) {
        LAB_AUTO_STR struct lab_str why = LAB_STR_INIT;
        assert_int_equal(lab_console_stuck(&why, boots[i].text), boots[i].why != NULL);
        assert_string_equal(lab_str_get(&why), boots[i].why ? boots[i].why : "");
    }
}

static void boots_are_counted(void **state)
{
    (void)state;
    assert_int_equal(lab_console_boots(""), 0);
    assert_int_equal(lab_console_boots(KERNEL PANIC KERNEL CD KERNEL), 3);
}

static void this_boot_begins_with_its_kernel(void **state)
{
    (void)state;
    assert_string_equal(lab_console_this_boot(KERNEL PANIC KERNEL LOGIN),
                        strstr(KERNEL LOGIN, "Linux"));
    assert_string_equal(lab_console_this_boot(LOGIN), LOGIN);
}

static void the_last_line_is_cut_out(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
    } lines[] = {{"", ""}, {"\r\n \n", ""}, {"one", "one"}, {"one\ntwo\r\n\r\n", "two"}};
    for (size_t i = 0; i < LAB_ARRAY_LEN(lines); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_console_last_line(&out, lines[i].text, strlen(lines[i].text));
        assert_string_equal(lab_str_get(&out), lines[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_without_its_seed_is_known),
        cmocka_unit_test(a_boot_that_will_not_go_on_is_known),
        cmocka_unit_test(boots_are_counted),
        cmocka_unit_test(this_boot_begins_with_its_kernel),
        cmocka_unit_test(the_last_line_is_cut_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
