/* Small readings and spellings of text that lab.yaml, the command line and the screen share. */
#ifndef LAB_BASE_TEXT_H
#define LAB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

bool lab_starts_with(const char *s, const char *prefix);
bool lab_ends_with(const char *s, const char *suffix);
/* True when LINE is a whole line of text, apart from spaces around it. Never for "". */
bool lab_has_line(const char *text, const char *line);

/* Offset of the first byte that is not valid UTF-8 (overlong forms and surrogates included), or n.
 */
size_t lab_utf8_check(const char *s, size_t n);

/* Columns that the text takes on a terminal (wide East Asian characters count two). */
size_t lab_utf8_width(const char *s);

/* RFC 1123 label: 1-63 of a-z 0-9 and '-', not at either end. Upper case is refused. */
bool lab_is_label(const char *s);

/* The candidate nearest to word by edit distance, or NULL when none is near enough to suggest. */
const char *lab_nearest(const char *word, const char *const *candidates, size_t n);

/* "4Gi", "512Mi", "40GiB", "2G" (= 2 * 10^9), "1.5Gi". A unit is required. Returns -1 when not a
 * size. */
int lab_parse_size(const char *s, uint64_t *bytes);

/* "30m", "1h30m", "90s", "500ms". A unit is required. Returns -1 when not a duration. */
int lab_parse_duration(const char *s, uint64_t *ms);

/* Decimal digits only, the whole text, at most max. */
int lab_parse_uint(const char *s, uint64_t max, uint64_t *out);

void lab_put_size(struct lab_str *out, uint64_t bytes);  /* "4 GiB", "12.5 MiB" */
void lab_put_duration(struct lab_str *out, uint64_t ms); /* "850ms", "12.3s", "2m05s", "1h02m" */

/* One line from arbitrary bytes of a guest or child: control characters become spaces, bad UTF-8
 * becomes U+FFFD, trimmed, at most max bytes. ANSI escape sequences are dropped. */
void lab_put_printable(struct lab_str *out, const char *bytes, size_t n, size_t max);

#endif
