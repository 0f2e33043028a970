#include "platform.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool plat_is_separator(char c)
{
    return c == '/';
}

bool plat_is_list_separator(char c)
{
    return c == ':';
}

bool plat_path_is_absolute(const char *path)
{
    return path[0] == '/';
}

/* Takes one component back from the end of out. */
static void up(struct lab_str *out)
{
    const char *slash = strrchr(lab_str_get(out), '/');
    lab_str_truncate(out, slash ? (size_t)(slash - out->ptr) : 0);
}

/* Follows "..": through the links where they exist, by text where they do not. */
static void go_up(struct lab_str *out)
{
    char real[PATH_MAX];
    if (realpath(out->len ? out->ptr : "/", real)) {
        lab_str_truncate(out, 0);
        lab_str_add(out, strcmp(real, "/") == 0 ? "" : real);
    }
    up(out);
}

char *plat_absolute(const char *path)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    char folder[PATH_MAX];
    if (path[0] != '/' && getcwd(folder, sizeof(folder)) && strcmp(folder, "/") != 0)
        lab_str_add(&out, folder);
    for (const char *s = path; *s;) {
        size_t len = strcspn(s, "/");
        if (len == 2 && strncmp(s, "..", 2) == 0) {
            go_up(&out);
        } else if (len > 0 && !(len == 1 && *s == '.')) {
            lab_str_addc(&out, '/');
            lab_str_addn(&out, s, len);
        }
        s += len;
        s += strspn(s, "/");
    }
    return lab_strdup(out.len ? out.ptr : "/");
}

char *plat_native(const char *path)
{
    return lab_strdup(path);
}

char *plat_any_length(const char *path)
{
    return lab_strdup(path);
}
