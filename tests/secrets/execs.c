/* Preloaded into an unchanged labctl, writes down every program that it starts, with all arguments
 * and the whole environment, at the moment when it starts it: so that no child is too short for the
 * test that looks for secrets in them. The children themselves are not followed, but for those that
 * are labctl again (the supervisor of its registry).
 *
 * EXECS_LOG  a file that receives one record an execution: words that end with 0x1f, then 0x1e; the
 *            last says whether the one who starts it could be dumped, "dumpable=0" */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;
static const char *preload, *log_path;

__attribute__((constructor)) static void begin(void)
{
    const char *ours = getenv("LD_PRELOAD");
    log_path = getenv("EXECS_LOG");
    preload = ours ? strdup(ours) : NULL;
    unsetenv("LD_PRELOAD"); /* so that no child has it */
}

/* Between vfork and exec: no locks and no heap. */
struct record {
    size_t n;
    char bytes[256 * 1024];
};

static void add(struct record *r, const char *text, char end)
{
    size_t len = strlen(text);
    if (len + 1 > sizeof(r->bytes) - r->n)
        abort();
    memcpy(r->bytes + r->n, text, len);
    r->bytes[r->n + len] = end;
    r->n += len + 1;
}

static void note(const char *file, char *const argv[], char *const env[])
{
    struct record r;
    int fd = log_path ? open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    r.n = 0;
    add(&r, file, '\x1f');
    for (size_t i = 0; argv[i]; i++)
        add(&r, argv[i], '\x1f');
    for (size_t i = 0; env[i]; i++)
        add(&r, env[i], '\x1f');
    add(&r, prctl(PR_GET_DUMPABLE) ? "dumpable=1" : "dumpable=0", '\x1f');
    add(&r, "", '\x1e');
    if (syscall(SYS_write, fd, r.bytes, r.n) != (ssize_t)r.n)
        abort();
    close(fd);
}

/* The environment to start it with: this library, too, when it is labctl again. */
static char **
followed(const char *file, char **env, char *room[], size_t max, char *line, size_t size)
{
    const char *slash = strrchr(file, '/');
    size_t n = 0;
    if (!preload || strcmp(slash ? slash + 1 : file, "labctl") != 0)
        return env;
    for (; env[n] && n + 2 < max; n++)
        room[n] = env[n];
    if (strlen(preload) + sizeof("LD_PRELOAD=") > size)
        abort();
    strcpy(stpcpy(line, "LD_PRELOAD="), preload);
    room[n] = line;
    room[n + 1] = NULL;
    return room;
}

enum { WORDS = 4096, LINE = 4096 };

int execvp(const char *file, char *const argv[])
{
    static int (*real)(const char *, char *const[]);
    char *room[WORDS], line[LINE];
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "execvp");
    note(file, argv, environ);
    environ = followed(file, environ, room, WORDS, line, LINE);
    return real(file, argv);
}

int execv(const char *file, char *const argv[])
{
    return execve(file, argv, environ);
}

int execve(const char *file, char *const argv[], char *const env[])
{
    static int (*real)(const char *, char *const[], char *const[]);
    char *room[WORDS], line[LINE];
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "execve");
    note(file, argv, env);
    return real(file, argv, followed(file, (char **)env, room, WORDS, line, LINE));
}
