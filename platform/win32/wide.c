#include "wide.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Folders may have at most 248 characters without the prefix, files 260; the tail of a folder's
 * listing counts too. */
enum { SHORT_ENOUGH = 240 };

wchar_t *plat_wide(const char *text)
{
    int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *wide = lab_calloc((size_t)(n > 0 ? n : 1), sizeof(*wide));
    MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, n);
    return wide;
}

char *plat_utf8(const wchar_t *text)
{
    int n = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *utf8 = lab_alloc((size_t)(n > 0 ? n : 1));
    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, n, NULL, NULL);
    return utf8;
}

/* Absolute by the system's own rules ("..", drives, the folder we are in); the path itself if not.
 */
static wchar_t *full(const wchar_t *path)
{
    DWORD n = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *out = lab_calloc((size_t)n + 1, sizeof(*out));
    if (n > 0 && GetFullPathNameW(path, n, out, NULL) < n)
        return out;
    free(out);
    n = (DWORD)wcslen(path);
    out = lab_calloc((size_t)n + 1, sizeof(*out));
    memcpy(out, path, n * sizeof(*out));
    return out;
}

wchar_t *plat_wide_path(const char *path)
{
    LAB_AUTOFREE wchar_t *wide = plat_wide(path);
    wchar_t *whole = full(wide);
    size_t n = wcslen(whole);
    if (n < SHORT_ENOUGH || wcsncmp(whole, L"\\\\?\\", 4) == 0 ||
        wcsncmp(whole, L"\\\\.\\", 4) == 0)
        return whole;
    bool unc = wcsncmp(whole, L"\\\\", 2) == 0;
    const wchar_t *prefix = unc ? L"\\\\?\\UNC\\" : L"\\\\?\\";
    const wchar_t *rest = unc ? whole + 2 : whole;
    wchar_t *lifted = lab_calloc(wcslen(prefix) + n + 1, sizeof(*lifted));
    memcpy(lifted, prefix, wcslen(prefix) * sizeof(*lifted));
    memcpy(lifted + wcslen(prefix), rest, (wcslen(rest) + 1) * sizeof(*lifted));
    free(whole);
    return lifted;
}

char *plat_path_utf8(const wchar_t *path)
{
    bool unc = wcsncmp(path, L"\\\\?\\UNC\\", 8) == 0;
    if (!unc && wcsncmp(path, L"\\\\?\\", 4) == 0)
        path += 4;
    LAB_AUTOFREE char *text = plat_utf8(unc ? path + 8 : path);
    for (char *s = text; *s; s++)
        if (*s == '\\')
            *s = '/';
    return unc ? lab_format("//%s", text) : lab_steal(&text);
}

bool plat_try_again(unsigned *tries)
{
    enum { MOST = 40, PAUSE_MS = 50 };
    DWORD number = GetLastError();
    if (number != ERROR_SHARING_VIOLATION && number != ERROR_ACCESS_DENIED &&
        number != ERROR_LOCK_VIOLATION)
        return false;
    /* What is denied for good is so a second later; what is shared badly may take two. */
    unsigned most = number == ERROR_ACCESS_DENIED ? MOST / 4 : MOST;
    if (++*tries > most)
        return false;
    Sleep(PAUSE_MS);
    SetLastError(number);
    return true;
}

HANDLE plat_open_itself(const wchar_t *path, DWORD access, DWORD share)
{
    return CreateFileW(path, access, share, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

/* Reparse points that name another place: symbolic links and junctions. Others (a cloud drive's
 * placeholders) are the file itself. */
bool plat_is_link_handle(HANDLE file)
{
    FILE_ATTRIBUTE_TAG_INFO tag;
    return GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof(tag)) &&
           tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT &&
           IsReparseTagNameSurrogate(tag.ReparseTag);
}
