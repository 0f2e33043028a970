#include "wide.h"

#include <aclapi.h>
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

/* --- reading it back -------------------------------------------------------------------------- */

static bool is_trusted(PSID sid, PSID owner)
{
    static const WELL_KNOWN_SID_TYPE trusted[] = {WinLocalSystemSid, WinBuiltinAdministratorsSid,
                                                  WinCreatorOwnerSid, WinCreatorOwnerRightsSid};
    for (size_t i = 0; i < LAB_ARRAY_LEN(trusted); i++)
        if (IsWellKnownSid(sid, trusted[i]))
            return true;
    return EqualSid(sid, owner);
}

static bool lets_in_others(PACL list, PSID owner)
{
    for (DWORD i = 0; i < list->AceCount; i++) {
        union {
            void *any;
            const ACE_HEADER *header;
            ACCESS_ALLOWED_ACE *allowed;
        } ace;
        if (!GetAce(list, i, &ace.any))
            return true;
        if (ace.header->AceType == ACCESS_ALLOWED_ACE_TYPE &&
            ace.allowed->Mask & (FILE_READ_DATA | GENERIC_READ | GENERIC_ALL) &&
            !is_trusted(&ace.allowed->SidStart, owner))
            return true;
    }
    return false;
}

bool plat_is_private(HANDLE file)
{
    PSID owner = NULL;
    PACL list = NULL;
    PSECURITY_DESCRIPTOR all = NULL;
    if (GetSecurityInfo(file, SE_FILE_OBJECT,
                        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &list,
                        NULL, &all) != ERROR_SUCCESS)
        return false;
    bool is_private = owner && list && !lets_in_others(list, owner); /* no list: everybody */
    LocalFree(all);
    return is_private;
}
