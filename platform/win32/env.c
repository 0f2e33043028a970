#include <stdlib.h>
#include <string.h>

#include "wide.h"

/* plat_getenv() lends its answer, so every text that was ever given stays; there are few. */
struct lent {
    struct lent *next;
    char text[];
};

static SRWLOCK guard = SRWLOCK_INIT;
static struct lent *all;

static const char *lend(const char *text)
{
    AcquireSRWLockExclusive(&guard);
    struct lent *at = all;
    while (at && strcmp(at->text, text) != 0)
        at = at->next;
    if (!at) {
        size_t n = strlen(text) + 1;
        at = lab_alloc(sizeof(*at) + n);
        memcpy(at->text, text, n);
        at->next = all;
        all = at;
    }
    ReleaseSRWLockExclusive(&guard);
    return at->text;
}

const char *plat_getenv(const char *name)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide(name);
    DWORD n = GetEnvironmentVariableW(wide, NULL, 0);
    if (n <= 1) /* unset, or empty */
        return NULL;
    LAB_AUTOFREE wchar_t *value = lab_calloc(n, sizeof(*value));
    if (GetEnvironmentVariableW(wide, value, n) >= n)
        return NULL;
    LAB_AUTOFREE char *text = plat_utf8(value);
    return *text ? lend(text) : NULL;
}
