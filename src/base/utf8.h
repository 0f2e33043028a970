/* One step of UTF-8 decoding, for the scanners in text.c, printable.c and template.c. */
#ifndef LAB_BASE_UTF8_H
#define LAB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define LAB_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Decodes the character at s (n > 0 bytes left) and returns its length, or 0 when the bytes are no
 * UTF-8: overlong, a surrogate, above U+10FFFF, cut off. */
size_t lab_utf8_next(const char *s, size_t n, uint32_t *c);

#endif
