#include "wide.h"

#include <shellapi.h>

/* mingw's start code would expand "*" in arguments, which no Windows program of this kind does. */
int _CRT_glob = 0;

char **plat_arguments(int *argc, char **argv)
{
    int n = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &n);
    if (!wide || n < 1)
        return argv;
    char **out = lab_calloc((size_t)n + 1, sizeof(*out)); /* for the life of the process */
    for (int i = 0; i < n; i++)
        out[i] = plat_utf8(wide[i]);
    LocalFree(wide);
    *argc = n;
    return out;
}
