#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#include "wide.h"

static struct {
    UINT input_page, output_page;
    DWORD modes[3];
    bool changed[3];
} before;

static DWORD raw_before;
static HANDLE raw_input;

static HANDLE handle_of(int fd)
{
    return (HANDLE)_get_osfhandle(fd);
}

bool plat_is_terminal(int fd)
{
    DWORD mode;
    return GetConsoleMode(handle_of(fd), &mode);
}

void plat_terminal_size(int fd, int *columns, int *rows)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    bool known = GetConsoleScreenBufferInfo(handle_of(fd), &info);
    *columns = known ? info.srWindow.Right - info.srWindow.Left + 1 : 80;
    *rows = known ? info.srWindow.Bottom - info.srWindow.Top + 1 : 24;
}

bool plat_terminal_utf8(void)
{
    return GetConsoleOutputCP() == CP_UTF8;
}

/* The variables are those of Git's and other shells. */
const char *plat_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++)
        if (plat_getenv(names[i]))
            return plat_getenv(names[i]);
    return PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_KOREAN ? "ko" : "en";
}

/* The console outlives us, and the program that started us may want it as it was. */
static void restore(void)
{
    plat_raw_end();
    for (int fd = 1; fd < 3; fd++)
        if (before.changed[fd])
            SetConsoleMode(handle_of(fd), before.modes[fd]);
    if (before.input_page)
        SetConsoleCP(before.input_page);
    if (before.output_page)
        SetConsoleOutputCP(before.output_page);
}

static void use_escapes(int fd)
{
    DWORD mode;
    if (!GetConsoleMode(handle_of(fd), &mode))
        return;
    before.modes[fd] = mode;
    before.changed[fd] = SetConsoleMode(handle_of(fd), mode | ENABLE_PROCESSED_OUTPUT |
                                                           ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

void plat_console_init(void)
{
    /* No CR before each LF: what a guest printed, and JSON, arrive as they are. */
    for (int fd = 0; fd < 3; fd++)
        _setmode(fd, _O_BINARY);
    /* The C library gives a console its bytes one by one, which breaks every character beyond
     * ASCII; so stdout goes out in pieces, and at the end. */
    setvbuf(stdout, NULL, _IOFBF, 1 << 14);
    before.input_page = GetConsoleCP();
    before.output_page = GetConsoleOutputCP();
    SetConsoleCP(CP_UTF8);
    SetConsoleOutputCP(CP_UTF8);
    for (int fd = 1; fd < 3; fd++)
        use_escapes(fd);
    atexit(restore);
}

int plat_raw_begin(int fd, struct lab_error *err)
{
    HANDLE input = handle_of(fd);
    DWORD cooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT;
    if (raw_input)
        return 0;
    if (!GetConsoleMode(input, &raw_before))
        return plat_fail_os(err, LAB_HOST, "cannot read the console's settings");
    if (!SetConsoleMode(input, (raw_before & ~cooked) | ENABLE_VIRTUAL_TERMINAL_INPUT))
        return plat_fail_os(err, LAB_HOST, "cannot set the console to raw input");
    raw_input = input;
    return 0;
}

void plat_raw_end(void)
{
    if (!raw_input)
        return;
    SetConsoleMode(raw_input, raw_before);
    raw_input = NULL;
}
