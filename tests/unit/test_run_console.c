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
        cmocka_unit_test(the_last_line_is_cut_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
