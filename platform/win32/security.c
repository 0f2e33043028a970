#include "wide.h"

#include <sddl.h>
#include <stdlib.h>

/* The counterpart of mode 0600 and 0700: a protected list (nothing comes from the folder above)
 * with our user and SYSTEM, whom no list keeps out anyway and whose backups would fail. We own it,
 * also when we run elevated, where Windows would make the group of administrators the owner. */

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static SECURITY_ATTRIBUTES owner_only = {sizeof(owner_only), NULL, FALSE};

static wchar_t *user_sid(void)
{
    union {
        TOKEN_USER user; /* for its alignment */
        char bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } of;
    DWORD n = sizeof(of);
    HANDLE token;
    wchar_t *text = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return NULL;
    if (GetTokenInformation(token, TokenUser, &of, n, &n))
        ConvertSidToStringSidW(of.user.User.Sid, &text);
    CloseHandle(token);
    return text;
}

static BOOL CALLBACK init(INIT_ONCE *of, void *arg, void **context)
{
    (void)of;
    (void)arg;
    (void)context;
    wchar_t *sid = user_sid();
    if (!sid)
        return TRUE;
    LAB_AUTOFREE char *user = plat_utf8(sid);
    LAB_AUTOFREE char *text = lab_format("O:%sD:P(A;OICI;FA;;;%s)(A;OICI;FA;;;SY)", user, user);
    LAB_AUTOFREE wchar_t *sddl = plat_wide(text);
    LocalFree(sid);
    ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
                                                         &owner_only.lpSecurityDescriptor, NULL);
    return TRUE;
}

SECURITY_ATTRIBUTES *plat_security(unsigned mode)
{
    if (mode & 077)
        return NULL;
    InitOnceExecuteOnce(&once, init, NULL, NULL);
    return owner_only.lpSecurityDescriptor ? &owner_only : NULL;
}
