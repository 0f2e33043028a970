#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

/* What /proc/PID/stat says behind the name, which may hold anything: "S 1 ...". NULL: nothing. */
static const char *read_stat(uint64_t pid, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, size - 1, file) : 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    const char *end = strrchr(text, ')');
    return end && end[1] == ' ' ? end + 2 : NULL;
}

static uint64_t field_22(const char *field_3)
{
    const char *s = field_3;
    for (int field = 3; s && field < 22; field++) {
        s = strchr(s, ' ');
        s += s != NULL;
    }
    return s ? strtoull(s, NULL, 10) : 0;
}

uint64_t plat_process_started(uint64_t pid)
{
    char text[1024];
    const char *state = read_stat(pid, text, sizeof(text));
    return state ? field_22(state) : 0;
}

bool plat_process_lives(uint64_t pid, uint64_t started)
{
    char text[1024];
    if (pid == 0 || pid > INT32_MAX)
        return false;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return false;
    const char *state = read_stat(pid, text, sizeof(text));
    if (!state)
        return true;
    if (*state == 'Z' || *state == 'X') /* ended; only its parent has not asked yet */
        return false;
    uint64_t now = field_22(state);
    return started == 0 || now == 0 || now == started;
}
