#include "plat_stdio.h"

#include <fcntl.h>

int plat_dup(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}
