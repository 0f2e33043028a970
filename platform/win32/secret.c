#include <stdlib.h>
#include <string.h>

#include "wide.h"

/* Reading a password from the console itself, so that a redirected stdin does not matter; its echo
 * is restored whatever ends the reading. Ctrl-C ends it without a line. */

enum { SECRET_MAX = 1024 };

struct console {
    HANDLE in, out;
    DWORD mode;
};

static void say(const struct console *c, const wchar_t *text)
{
    DWORD n;
    WriteConsoleW(c->out, text, (DWORD)wcslen(text), &n, NULL);
}

/* Drops the end of the line; the length is 0 when Ctrl-C ended it. */
static int read_wide(const struct console *c, wchar_t *line, DWORD size, struct lab_error *err)
{
    DWORD n = 0;
    SetLastError(0);
    if (!ReadConsoleW(c->in, line, size, &n, NULL))
        return plat_fail_os(err, LAB_HOST, "cannot read from the console");
    if (n == 0)
        return lab_fail(err, LAB_CANCELLED, "no password was read: interrupted");
    bool ended = line[n - 1] == L'\n';
    while (n > 0 && (line[n - 1] == L'\n' || line[n - 1] == L'\r'))
        n--;
    line[n] = L'\0';
    if (!ended && n >= SECRET_MAX)
        return lab_fail(err, LAB_USAGE, "the password is longer than %d bytes", SECRET_MAX);
    return 0;
}

static int read_line(const struct console *c, struct lab_str *out, struct lab_error *err)
{
    wchar_t line[SECRET_MAX + 3];
    int rc = read_wide(c, line, SECRET_MAX + 2, err);
    char *text = rc == 0 ? plat_utf8(line) : NULL;
    if (text && strlen(text) > SECRET_MAX)
        rc = lab_fail(err, LAB_USAGE, "the password is longer than %d bytes", SECRET_MAX);
    if (rc == 0)
        lab_str_add(out, text);
    lab_wipe(line, sizeof(line));
    if (text)
        lab_wipe(text, strlen(text));
    free(text);
    return rc;
}

static int ask(struct console *c, const char *prompt, struct lab_str *out, struct lab_error *err)
{
    LAB_AUTOFREE wchar_t *question = plat_wide(prompt);
    if (!GetConsoleMode(c->in, &c->mode))
        return plat_fail_os(err, LAB_HOST, "cannot read the console's settings");
    DWORD silent =
        (c->mode & ~(DWORD)ENABLE_ECHO_INPUT) | ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT;
    if (!SetConsoleMode(c->in, silent))
        return plat_fail_os(err, LAB_HOST, "cannot turn off the console's echo");
    say(c, question);
    int rc = read_line(c, out, err);
    SetConsoleMode(c->in, c->mode);
    say(c, L"\r\n");
    return rc;
}

static HANDLE open_console(const wchar_t *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_EXISTING, 0, NULL);
}

int plat_read_secret(const char *prompt, struct lab_str *out, struct lab_error *err)
{
    struct console c = {open_console(L"CONIN$"), open_console(L"CONOUT$"), 0};
    int rc;
    if (c.in == INVALID_HANDLE_VALUE || c.out == INVALID_HANDLE_VALUE) {
        plat_fail_os(err, LAB_HOST, "cannot ask for a password: there is no console");
        rc = lab_error_hint(err, "run it in a terminal");
    } else {
        rc = ask(&c, prompt, out, err);
    }
    if (c.in != INVALID_HANDLE_VALUE)
        CloseHandle(c.in);
    if (c.out != INVALID_HANDLE_VALUE)
        CloseHandle(c.out);
    return rc;
}

char *plat_private_command(const char *path)
{
    return lab_format("icacls \"%s\" /inheritance:r /grant:r \"%%USERNAME%%:F\"", path);
}

/* What Windows keeps of a crash by itself has no heap in it. */
void plat_guard_memory(void)
{
}
