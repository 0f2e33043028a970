#include "platform.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before_raw;
static int raw_fd = -1;

bool plat_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

void plat_terminal_size(int fd, int *columns, int *rows)
{
    struct winsize size;
    bool known = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}

/* From the environment, in setlocale()'s order, because labctl itself stays in the C locale. */
bool plat_terminal_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        const char *value = plat_getenv(names[i]);
        if (value)
            return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
    }
    return false;
}

const char *plat_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++)
        if (plat_getenv(names[i]))
            return plat_getenv(names[i]);
    return NULL;
}

void plat_console_init(void)
{
    /* Terminals here speak UTF-8 and escape sequences without being asked. */
}

int plat_raw_begin(int fd, struct lab_error *err)
{
    static bool registered;
    struct termios raw;
    if (raw_fd >= 0)
        return 0;
    if (tcgetattr(fd, &before_raw) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot read the terminal's settings");
    raw = before_raw;
    cfmakeraw(&raw);
    if (tcsetattr(fd, TCSADRAIN, &raw) < 0)
        return plat_fail_os(err, LAB_HOST, "cannot set the terminal to raw input");
    raw_fd = fd;
    if (!registered)
        registered = atexit(plat_raw_end) == 0;
    return 0;
}

void plat_raw_end(void)
{
    if (raw_fd < 0)
        return;
    tcsetattr(raw_fd, TCSADRAIN, &before_raw);
    raw_fd = -1;
}
