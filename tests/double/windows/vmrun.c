/* vmrun.exe for labctl.exe under Wine: runs a POSIX vmrun (the double beside this folder, or any
 * program that VMRUN_POSIX names) and passes its answer on as the one of Windows:
 *   arguments   Z:\dir\n.vmx becomes /dir/n.vmx
 *   output      /dir/n.vmx becomes z:\Dir\N.vmx, in another case than labctl wrote it; lines end in
 * CRLF status      255 and 254 become -1 and -2 Works under Wine alone, which can start POSIX
 * programs (__wine_unix_spawnvp of its ntdll). What it prints goes through files, because Wine's
 * pipes are none of POSIX. When this program is killed, so is the POSIX one: the shell in between
 * looks for a file that goes with its last handle. */
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

typedef int(__cdecl *spawn_fn)(char *const argv[], int wait);
typedef char *(__cdecl *to_unix_fn)(const wchar_t *path);
typedef wchar_t *(__cdecl *to_dos_fn)(const char *path);

static struct {
    spawn_fn spawn;
    to_unix_fn to_unix;
    to_dos_fn to_dos;
} wine;

static char shell[] = "/bin/sh", option[] = "-c";

/* $1: the folder of out, err and alive; the rest is the call. */
static char script[] = "dir=$1; shift\n"
                       "\"$@\" >\"$dir/out\" 2>\"$dir/err\" </dev/null &\n"
                       "child=$!\n"
                       "(while [ -e \"$dir/alive\" ]; do sleep 0.2; done\n"
                       " kill -9 $child; rm -rf \"$dir\") >/dev/null 2>&1 </dev/null &\n"
                       "watch=$!\n"
                       "wait $child; status=$?\n"
                       "kill $watch; exit $status\n";

static void die(const char *why)
{
    fprintf(stderr, "vmrun shim: %s (error %lu)\n", why, GetLastError());
    exit(3);
}

/* By way of a generic pointer: what GetProcAddress() returns has another type than all it finds. */
static void *symbol(const wchar_t *dll, const char *name)
{
    FARPROC found = GetProcAddress(GetModuleHandleW(dll), name);
    void *out;
    if (!found)
        die("this is not Wine");
    memcpy(&out, &found, sizeof(out));
    return out;
}

static void find_wine(void)
{
    void *spawn = symbol(L"ntdll.dll", "__wine_unix_spawnvp");
    void *to_unix = symbol(L"kernel32.dll", "wine_get_unix_file_name");
    void *to_dos = symbol(L"kernel32.dll", "wine_get_dos_file_name");
    memcpy(&wine.spawn, &spawn, sizeof(spawn));
    memcpy(&wine.to_unix, &to_unix, sizeof(to_unix));
    memcpy(&wine.to_dos, &to_dos, sizeof(to_dos));
}

static char *utf8(const wchar_t *text)
{
    int n = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *out = malloc((size_t)n);
    if (!out)
        die("no memory");
    WideCharToMultiByte(CP_UTF8, 0, text, -1, out, n, NULL, NULL);
    return out;
}

static int is_path(const wchar_t *arg)
{
    return ((arg[0] | 32) >= 'a' && (arg[0] | 32) <= 'z' && arg[1] == ':' &&
            (arg[2] == '\\' || arg[2] == '/'));
}

static char *posix_argument(const wchar_t *arg)
{
    char *path = is_path(arg) ? wine.to_unix(arg) : NULL;
    return path ? path : utf8(arg);
}

/* --- output ----------------------------------------------------------------------------------- */

/* The first letter of each name in the other case; the drive's as Windows is known to vary it. */
static void vary_case(wchar_t *path)
{
    path[0] |= 32;
    for (wchar_t *s = path + 2; *s; s++)
        if (*s == '\\' && ((s[1] | 32) >= 'a' && (s[1] | 32) <= 'z'))
            s[1] ^= 32;
}

static void print_path(const char *posix)
{
    wchar_t *dos = wine.to_dos(posix);
    if (!dos)
        die("a path of the output has no drive");
    vary_case(dos);
    char *text = utf8(dos);
    fputs(text, stdout);
    free(text);
}

/* A path begins the line or follows ": ", and ends in .vmx. */
static char *find_path(char *line, char **end)
{
    char *at = *line == '/' ? line : strstr(line, ": /");
    if (!at)
        return NULL;
    at += *at == ':' ? 2 : 0;
    *end = strstr(at, ".vmx");
    if (!*end)
        return NULL;
    *end += 4;
    return at;
}

static void print_line(char *line)
{
    char *end, *path = find_path(line, &end);
    if (path) {
        char after = *end;
        *end = '\0';
        printf("%.*s", (int)(path - line), line);
        print_path(path);
        *end = after;
        line = end;
    }
    printf("%s\r\n", line);
}

static void print_output(const wchar_t *path)
{
    static char line[65536];
    FILE *file = _wfopen(path, L"rb");
    if (!file)
        die("there is no output");
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\r\n")] = '\0';
        print_line(line);
    }
    fclose(file);
}

/* --- the call --------------------------------------------------------------------------------- */

static void make_folder(wchar_t *folder, size_t size)
{
    wchar_t temp[MAX_PATH];
    if (GetTempPathW(MAX_PATH, temp) == 0)
        die("there is no folder for temporary files");
    swprintf(folder, size, L"%lsvmrun-%lu-%lu", temp, GetCurrentProcessId(), GetTickCount());
    if (!CreateDirectoryW(folder, NULL))
        die("cannot make a folder");
}

static HANDLE make_alive(const wchar_t *folder)
{
    wchar_t path[MAX_PATH + 16];
    swprintf(path, MAX_PATH + 16, L"%ls\\alive", folder);
    HANDLE file = CreateFileW(path, GENERIC_WRITE | DELETE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE)
        die("cannot make a file");
    return file;
}

static int run(const wchar_t *folder, int argc, wchar_t **args)
{
    char *program = getenv("VMRUN_POSIX");
    char **argv = calloc((size_t)argc + 8, sizeof(*argv));
    int n = 0;
    if (!program || !argv)
        die("VMRUN_POSIX does not name a program");
    argv[n++] = shell;
    argv[n++] = option;
    argv[n++] = script;
    argv[n++] = shell; /* its $0 */
    argv[n++] = wine.to_unix(folder);
    argv[n++] = program;
    for (int i = 1; i < argc; i++)
        argv[n++] = posix_argument(args[i]);
    return wine.spawn(argv, 1);
}

int wmain(int argc, wchar_t **args);

int wmain(int argc, wchar_t **args)
{
    wchar_t folder[MAX_PATH], path[MAX_PATH + 16];
    find_wine();
    _setmode(1, _O_BINARY);
    make_folder(folder, MAX_PATH);
    HANDLE alive = make_alive(folder);
    int status = run(folder, argc, args);
    swprintf(path, MAX_PATH + 16, L"%ls\\out", folder);
    print_output(path);
    DeleteFileW(path);
    swprintf(path, MAX_PATH + 16, L"%ls\\err", folder);
    DeleteFileW(path);
    CloseHandle(alive);
    RemoveDirectoryW(folder);
    return status == 255 ? -1 : status == 254 ? -2 : status;
}
