#include "platform.h"
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char *plat_getenv(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The field (name or home) of our user's entry, copied; NULL when there is none. */
static char *from_passwd(bool home)
{
    char text[16384];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, text, sizeof(text), &found) != 0 || !found)
        return NULL;
    return lab_strdup(home ? entry.pw_dir : entry.pw_name);
}

char *plat_data_dir(void)
{
    const char *data = plat_getenv("XDG_DATA_HOME");
    if (data && data[0] == '/') /* the specification: a relative one is to be ignored */
        return lab_format("%s/labctl", data);
    LAB_AUTOFREE char *home = lab_strdup(plat_getenv("HOME"));
    if (!home)
        home = from_passwd(true);
    if (!home || home[0] != '/')
        return lab_format("/var/tmp/labctl-%lu", (unsigned long)geteuid());
    return lab_format("%s/.local/share/labctl", home);
}

/* Not /tmp, which is memory on many systems: an ISO is spooled there before it is written. */
char *plat_temp_dir(void)
{
    const char *chosen = plat_getenv("TMPDIR");
    if (chosen && chosen[0] == '/')
        return lab_strdup(chosen);
    return lab_strdup(access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp");
}

int plat_set_temp_dir(const char *dir, struct lab_error *err)
{
    LAB_AUTOFREE char *whole = plat_absolute(dir);
    if (setenv("TMPDIR", whole, 1) == 0)
        return 0;
    return plat_fail_os(err, LAB_HOST, "cannot set TMPDIR to '%s'", whole);
}

bool plat_is_admin(void)
{
    return geteuid() == 0;
}

char *plat_user_name(void)
{
    char *name = from_passwd(false);
    return name ? name : lab_format("uid-%lu", (unsigned long)geteuid());
}

char **plat_arguments(int *argc, char **argv)
{
    (void)argc;
    return argv;
}

unsigned long plat_pid(void)
{
    return (unsigned long)getpid();
}

int plat_random_free_port(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int port = -1;
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
        getsockname(fd, (struct sockaddr *)&addr, &len) == 0)
        port = ntohs(addr.sin_port);
    close(fd);
    return port;
}

uint64_t plat_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t plat_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t plat_local_ms(int64_t wall_ms)
{
    struct tm local;
    time_t seconds = (time_t)(wall_ms / 1000);
    tzset(); /* localtime_r() need not */
    return localtime_r(&seconds, &local) ? wall_ms + (int64_t)local.tm_gmtoff * 1000 : wall_ms;
}
