#include "platform.h"
#include <string.h>

#include "base/file.h"

bool lab_path_is_absolute(const char *path)
{
    return plat_path_is_absolute(path);
}

const char *lab_path_base(const char *path)
{
    const char *base = path;
    for (const char *s = path; *s; s++)
        if (plat_is_separator(*s))
            base = s + 1;
    return base;
}

char *lab_path_dir(const char *path)
{
    size_t len = (size_t)(lab_path_base(path) - path);
    if (len == 0)
        return lab_strdup(".");
    while (len > 1 && plat_is_separator(path[len - 1]))
        len--;
    /* "C:\" keeps its separator: "C:" would be the current folder of that drive. */
    if (len == 2 && path[1] == ':' && plat_is_separator(path[2]) && plat_path_is_absolute(path))
        len = 3;
    return lab_strndup(path, len);
}

char *lab_path_join(const char *dir, const char *name)
{
    if (lab_path_is_absolute(name) || !*dir)
        return lab_strdup(name);
    const char *middle = plat_is_separator(dir[strlen(dir) - 1]) ? "" : "/";
    return lab_format("%s%s%s", dir, middle, name);
}
