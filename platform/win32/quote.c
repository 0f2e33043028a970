#include <string.h>

#include "wide.h"

/* The C library's rule, not cmd.exe's: a backslash counts only in front of a quotation mark, be it
 * one of the text or the one that ends the argument; there each is written twice. */
static void put_argument(struct lab_str *out, const char *arg)
{
    size_t slashes = 0;
    if (*arg && !strpbrk(arg, " \t\n\v\"")) {
        lab_str_add(out, arg);
        return;
    }
    lab_str_addc(out, '"');
    for (const char *s = arg;; s++) {
        if (*s == '\\') {
            slashes++;
            continue;
        }
        size_t n = *s == '\0' || *s == '"' ? 2 * slashes + (*s == '"') : slashes;
        while (n-- > 0)
            lab_str_addc(out, '\\');
        slashes = 0;
        if (*s == '\0')
            break;
        lab_str_addc(out, *s);
    }
    lab_str_addc(out, '"');
}

wchar_t *plat_command_line(char *const *argv)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    for (size_t i = 0; argv[i]; i++) {
        if (i > 0)
            lab_str_addc(&out, ' ');
        put_argument(&out, argv[i]);
    }
    return plat_wide(lab_str_get(&out));
}
