#include "plat_stdio.h"

#include <io.h>

/* Children get only the handles that libuv names, so nothing is inherited by accident. */
int plat_dup(int fd)
{
    return _dup(fd);
}
