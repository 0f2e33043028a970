#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/text.h"

static void bad_utf8_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n, at;
    } cases[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"\xea\xb0\x80\xeb\x82\x98", 6, 6}, /* Hangul */
        {"\xf0\x9f\x98\x80", 4, 4},         /* an emoji */
        {"\xf4\x8f\xbf\xbf", 4, 4},         /* U+10FFFF */
        {"a\0b", 3, 3},                     /* NUL is a character */
        {"a\x80", 2, 1},                    /* continuation alone */
        {"a\xc0\xaf", 3, 1},                /* overlong '/' */
        {"a\xc1\xbf", 3, 1},                /* overlong */
        {"\xe0\x80\xaf", 3, 0},             /* overlong */
        {"\xf0\x80\x80\xaf", 4, 0},         /* overlong */
        {"ok\xed\xa0\x80", 5, 2},           /* surrogate */
        {"\xf4\x90\x80\x80", 4, 0},         /* above U+10FFFF */
        {"\xff", 1, 0},
        {"a\xea\xb0", 3, 1}, /* cut off */
        {"\xea\xb0g", 3, 0},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++)
        if (lab_utf8_check(cases[i].bytes, cases[i].n) != cases[i].at)
            fail_msg("case %zu", i);
}

static void widths_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t width;
    } cases[] = {
        {"", 0},
        {"k3s-master1", 11},
        {"\xed\x95\x9c\xea\xb8\x80", 4},             /* Hangul syllables */
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2}, /* the same from its letters */
        {"e\xcc\x81", 1},                            /* e with a combining accent */
        {"\xef\xbc\xa1", 2},                         /* fullwidth A */
        {"\xe4\xb8\xad\xe6\x96\x87", 4},             /* Chinese */
        {"\xf0\x9f\x9a\x80", 2},                     /* rocket */
        {"\xe2\x9c\x93", 1},                         /* check mark */
        {"\xe2\x94\x80", 1},                         /* box drawing */
        {"a\xff", 2},                                /* shown as U+FFFD */
        {"a\tb", 2},
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(cases); i++)
        assert_int_equal(lab_utf8_width(cases[i].text), cases[i].width);
}

static size_t encode(uint32_t c, char out[5])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    out[n] = '\0';
    return n;
}

/* Where this team's texts live, every character is as wide as the C library says. */
static void widths_agree_with_the_c_library(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, last;
    } blocks[] = {
        {0x0020, 0x007e},   {0x00ae, 0x036f},   {0x0370, 0x0482},   {0x1100, 0x11ff},
        {0x2010, 0x2027},   {0x2030, 0x205e},   {0x20d0, 0x20f0},   {0x2190, 0x27bf},
        {0x3000, 0x303e},   {0x3041, 0x3096},   {0x3099, 0x30ff},   {0x3131, 0x318e},
        {0x3400, 0x3fff},   {0x4e00, 0x9fff},   {0xac00, 0xd7a3},   {0xff01, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x20000, 0x20100},
    };
    if (!setlocale(LC_CTYPE, "C.UTF-8")) {
        print_message("skipped: this system has no locale C.UTF-8\n");
        skip();
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(blocks); i++) {
        for (uint32_t c = blocks[i].first; c <= blocks[i].last; c++) {
            char text[5];
            int theirs = wcwidth((wchar_t)c);
            encode(c, text);
            if (theirs >= 0 && (size_t)theirs != lab_utf8_width(text))
                fail_msg("U+%04X: %zu instead of %d", (unsigned)c, lab_utf8_width(text), theirs);
        }
    }
}

/* Every sequence of one to three bytes is judged as mbrtowc() judges it. */
static void checks_agree_with_the_c_library(void **state)
{
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8")) {
        print_message("skipped: this system has no locale C.UTF-8\n");
        skip();
    }
    for (uint32_t v = 0x80; v < 0x1000000; v += v < 0x20000 ? 1 : 7) {
        char b[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
        size_t skip_zero = v < 0x100 ? 2 : v < 0x10000 ? 1 : 0, i = skip_zero;
        while (i < 3) {
            mbstate_t st;
            memset(&st, 0, sizeof(st));
            wchar_t wc;
            size_t n = b[i] == 0 ? 1 : mbrtowc(&wc, b + i, 3 - i, &st);
            if (n == (size_t)-1 || n == (size_t)-2)
                break;
            i += n;
        }
        if (lab_utf8_check(b + skip_zero, 3 - skip_zero) != i - skip_zero)
            fail_msg("%06x", (unsigned)v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_utf8_is_found),
        cmocka_unit_test(widths_are_known),
        cmocka_unit_test(widths_agree_with_the_c_library),
        cmocka_unit_test(checks_agree_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
