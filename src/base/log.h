/* The log file: every child's argv, exit status and duration, and failures while cleaning up.
 * Safe from any thread. Never write a secret here. Without lab_log_open() lines go nowhere. */
#ifndef LAB_BASE_LOG_H
#define LAB_BASE_LOG_H

#include <stdbool.h>

#include "base/error.h"

int lab_log_open(const char *path, struct lab_error *err) LAB_MUST_CHECK; /* appends; mode 0600 */
void lab_log_verbose(bool on); /* copies every line to stderr too (-v) */
void lab_log_close(void);
void lab_log(const char *fmt, ...) LAB_PRINTF(1, 2);

#endif
