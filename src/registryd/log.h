/* The server's log: two files of bounded size, the older one with ".1" at its end. */
#ifndef LAB_REGISTRYD_LOG_H
#define LAB_REGISTRYD_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct lab_registryd_log {
    const char *path; /* borrowed */
    int fd;           /* -1: not open */
    uint64_t size, max;
};

int lab_registryd_log_open(struct lab_registryd_log *log,
                           const char *path,
                           uint64_t max,
                           struct lab_error *err) LAB_MUST_CHECK;
/* What cannot be written (a full disk) is dropped: the server matters more than its log. */
void lab_registryd_log_write(struct lab_registryd_log *log, const char *bytes, size_t n);
/* A line of the supervisor's own, with the time. */
void lab_registryd_log_say(struct lab_registryd_log *log, const char *fmt, ...) LAB_PRINTF(2, 3);
void lab_registryd_log_close(struct lab_registryd_log *log);

#endif
