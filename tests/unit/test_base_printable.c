#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define FFFD "\xef\xbf\xbd"

static void lines_are_made(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"  trimmed \n", "trimmed"},
        {"two\nlines", "two lines"},
        {"dos\r\nlines\r\n", "dos lines"},
        {"a\n\n\nb", "a b"},
        {"tab\there", "tab here"},
        {"bell\a!", "bell !"},
        {"del\x7f!", "del !"},
        {" 10%\r 50%\r100% done", "100% done"},
        {" 10%\r 50%\r\n", "50%"},
        {"get\r 10%\r\nnext", "10% next"},
        {"\r\r\r", ""},
        {"\x1b[1;31mFAILED\x1b[0m", "FAILED"},
        {"\x1b[?25lhidden\x1b[?25h", "hidden"},
        {"\x1b]0;title\x07shown", "shown"},
        {"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"},
        {"\x1b]0;never ends\nevidence", "0;never ends evidence"},
        {"\x1bPdevice\x1b\\after", "after"},
        {"\x1b(Bascii", "ascii"},
        {"\x1b=keypad\x1b"
         "7",
         "keypad"},
        {"cut\x1b", "cut"},
        {"cut\x1b[", "cut"},
        {"cut\x1b[12", "cut"},
        {"\x1b[12\nnot eaten", "not eaten"},
        {"bad\xff"
         "byte",
         "bad" FFFD "byte"},
        {"cut \xea\xb0", "cut " FFFD FFFD},
        {"c1\xc2\x9bx", "c1 x"},
        {"line\xe2\x80\xa8sep", "line sep"},
        {"evil\xe2\x80\xae"
         "txt.exe",
         "evil txt.exe"},
        {"\xed\x95\x9c\xea\xb8\x80", "\xed\x95\x9c\xea\xb8\x80"},
        {"[  \x1b[32mOK\x1b[0m  ] Started \x1b[0;1;39mk3s\x1b[0m.\r\n", "[  OK  ] Started k3s."},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_printable(&out, cases[i].in, strlen(cases[i].in), 200);
        assert_string_equal(lab_str_get(&out), cases[i].out);
    }
}

static void zero_bytes_are_spaces(void **state)
{
    (void)state;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_str_add(&out, "seen: ");
    lab_put_printable(&out, "\0a\0b\0", 5, 10);
    assert_string_equal(lab_str_get(&out), "seen: a b");
}

/* Two-byte, three-byte and four-byte characters, cut at every length. */
static void no_character_is_cut(void **state)
{
    (void)state;
    static const char text[] = "\xc3\xa9\xed\x95\x9c\xf0\x9f\x9a\x80 x\xc3\xa9";
    for (size_t max = 0; max <= sizeof(text); max++) {
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_printable(&out, text, sizeof(text) - 1, max);
        assert_true(out.len <= max);
        assert_int_equal(lab_utf8_check(lab_str_get(&out), out.len), out.len);
        assert_memory_equal(lab_str_get(&out), text, out.len);
        /* At most a character (3 bytes missing) or the trimmed space is given away. */
        size_t whole = max < sizeof(text) - 1 ? max : sizeof(text) - 1;
        assert_true(out.len + 3 >= whole);
    }
}

/* Whatever comes in, one clean line comes out. */
static void any_bytes_give_one_line(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 3000; round++) {
        static const char likely[] = "\x1b\x1b[]0;\x07\r\n\\ mP(\xc2\x9b\xe2\x80\xa8\xff\xf0";
        char in[40];
        for (size_t i = 0; i < sizeof(in); i++) {
            seed = seed * 1103515245u + 12345u;
            in[i] = round % 2 ? (char)(seed >> 16) : likely[(seed >> 16) % (sizeof(likely) - 1)];
        }
        LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
        lab_put_printable(&out, in, sizeof(in), 30);
        assert_true(out.len <= 30);
        const char *s = lab_str_get(&out);
        assert_int_equal(lab_utf8_check(s, out.len), out.len);
        for (size_t i = 0; i < out.len; i++)
            assert_true((unsigned char)s[i] >= 0x20 && s[i] != 0x7f);
        if (out.len > 0)
            assert_true(s[0] != ' ' && s[out.len - 1] != ' ');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_made),
        cmocka_unit_test(zero_bytes_are_spaces),
        cmocka_unit_test(no_character_is_cut),
        cmocka_unit_test(any_bytes_give_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
