#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "wide.h"

/* In the user's language, as Windows has it, without its final stop. */
static char *words_of(DWORD number)
{
    wchar_t *text = NULL;
    DWORD n = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                                 FORMAT_MESSAGE_IGNORE_INSERTS,
                             NULL, number, 0, (wchar_t *)&text, 0, NULL);
    if (n == 0)
        return lab_format(lab_tr("error %lu of Windows"), (unsigned long)number);
    while (n > 0 && (text[n - 1] <= L' ' || text[n - 1] == L'.'))
        text[--n] = L'\0';
    char *words = plat_utf8(text);
    LocalFree(text);
    return words;
}

/* The C library sets errno only; what it calls beneath has set GetLastError(). */
int plat_fail_os(struct lab_error *err, enum lab_code code, const char *fmt, ...)
{
    DWORD number = GetLastError();
    int c_number = errno;
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    LAB_AUTOFREE char *words = number ? words_of(number) : lab_strdup(strerror(c_number));
    return lab_fail(err, code, "%s: %s", text, words);
}
