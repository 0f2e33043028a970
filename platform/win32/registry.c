#include "registry.h"

#include <stdlib.h>

#include "wide.h"

static HKEY open_key(int view, const char *key)
{
    HKEY opened;
    LAB_AUTOFREE wchar_t *wide = plat_wide(key);
    REGSAM access = KEY_QUERY_VALUE | (view == PLAT_VIEW_64 ? KEY_WOW64_64KEY : KEY_WOW64_32KEY);
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide, 0, access, &opened) == ERROR_SUCCESS ? opened
                                                                                        : NULL;
}

bool plat_registry_has(int view, const char *key)
{
    HKEY opened = open_key(view, key);
    if (opened)
        RegCloseKey(opened);
    return opened != NULL;
}

static char *text_of(HKEY key, const wchar_t *name)
{
    DWORD bytes = 0;
    if (RegGetValueW(key, NULL, name, RRF_RT_REG_SZ, NULL, NULL, &bytes) != ERROR_SUCCESS)
        return NULL;
    bytes += 2 * sizeof(wchar_t); /* it may grow when its variables are replaced */
    LAB_AUTOFREE wchar_t *text = lab_alloc(bytes);
    if (RegGetValueW(key, NULL, name, RRF_RT_REG_SZ, NULL, text, &bytes) != ERROR_SUCCESS)
        return NULL;
    return plat_utf8(text);
}

char *plat_registry_text(int view, const char *key, const char *name)
{
    HKEY opened = open_key(view, key);
    if (!opened)
        return NULL;
    LAB_AUTOFREE wchar_t *wide = name ? plat_wide(name) : NULL;
    char *text = text_of(opened, wide);
    RegCloseKey(opened);
    return text;
}

bool plat_registry_flag(int view, const char *key, const char *name)
{
    DWORD number = 0, bytes = sizeof(number);
    HKEY opened = open_key(view, key);
    if (!opened)
        return false;
    LAB_AUTOFREE wchar_t *wide = plat_wide(name);
    LONG rc = RegGetValueW(opened, NULL, wide, RRF_RT_REG_DWORD, NULL, &number, &bytes);
    RegCloseKey(opened);
    return rc == ERROR_SUCCESS && number != 0;
}
