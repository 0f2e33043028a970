/* VMware's VM definition (a .vmx file) as text: read, asked, changed and written back.
 *
 * The format is that of VMware's own reader, open-vm-tools lib/dict/dictll.c: lines of
 * `name = "value"`, blank lines and `#` comments; |XX in a value is a byte in hexadecimal. Names
 * are compared without case, a name that comes twice is an error, and so is every other line:
 * VMware would not load such a file, so neither do we.
 *
 * A file that is written back keeps every key, comment, blank line, spelling, order and line ending
 * that was not asked to change: without a change it is the same bytes. VMware adds many keys of its
 * own on the first power-on, and losing them changes MACs and the guest's NIC names.
 *
 * Encoding: `.encoding` or a byte order mark tell it. Under UTF-8 every byte is checked. Under any
 * other (Windows may save under its code page) values are the file's raw bytes, and only ASCII can
 * be set. */
#ifndef LAB_PROVIDER_VMX_H
#define LAB_PROVIDER_VMX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

#define LAB_VMX_MAX_BYTES ((size_t)4 << 20)
#define LAB_VMX_MAX_LINES 65536u

enum lab_vmx_encoding {
    LAB_VMX_HOST, /* not declared: the code page of the host that wrote it */
    LAB_VMX_UTF8,
    LAB_VMX_OTHER /* declared; at least ASCII means ASCII in it */
};

struct lab_vmx_line {
    char *text;                 /* as in the file, without its end */
    const char *end;            /* "\n", "\r\n", or "" behind the last one; static */
    char *name;                 /* as spelt; NULL: a blank line or a comment */
    char *value;                /* without quotes and escapes */
    size_t value_at, value_len; /* where the value is in text, quotes included */
};

struct lab_vmx {
    LAB_VEC(struct lab_vmx_line) lines;
    enum lab_vmx_encoding encoding;
    const char *eol; /* of new lines; static */
    bool bom;
    bool changed; /* since it was read */
};
#define LAB_AUTO_VMX LAB_CLEANUP(lab_vmx_clear)

/* Reads the text of a file into out (cleared by the caller afterwards, also on failure). where is
 * its name for messages: LAB_HYPERVISOR "WHERE:LINE: reason" when VMware would refuse the text. */
int lab_vmx_parse(struct lab_vmx *out,
                  const char *where,
                  const char *bytes,
                  size_t n,
                  struct lab_error *err) LAB_MUST_CHECK;
/* The same from a file; LAB_HOST when it cannot be read. */
int lab_vmx_load(struct lab_vmx *out, const char *path, struct lab_error *err) LAB_MUST_CHECK;

/* The value, borrowed until the next change; NULL when there is no such name. */
const char *lab_vmx_get(const struct lab_vmx *vmx, const char *name);
/* TRUE or FALSE in any case; anything else, also no such name, is the fallback. */
bool lab_vmx_get_bool(const struct lab_vmx *vmx, const char *name, bool fallback);
/* Numbers as C writes them: 0x.. is hexadecimal, a leading 0 means octal. False: there is none. */
bool lab_vmx_get_uint(const struct lab_vmx *vmx, const char *name, uint64_t *out);

/* Sets a value in its line, or in a new one at the end. LAB_INTERNAL for a name that VMware could
 * not read back or that is reserved (it begins with a dot), LAB_HYPERVISOR for text that the file's
 * encoding may not be able to hold. */
int lab_vmx_set(struct lab_vmx *vmx, const char *name, const char *value, struct lab_error *err)
    LAB_MUST_CHECK;
/* True when there was such a line. */
bool lab_vmx_remove(struct lab_vmx *vmx, const char *name);

/* Appends the whole file. */
void lab_vmx_put(const struct lab_vmx *vmx, struct lab_str *out);
/* Replaces the file when something changed; keeps its permissions, a new one is 0600. */
int lab_vmx_save(struct lab_vmx *vmx, const char *path, struct lab_error *err) LAB_MUST_CHECK;
void lab_vmx_clear(struct lab_vmx *vmx);

/* What every encoding of a VMX can hold. */
bool lab_vmx_is_ascii(const char *s);
/* Whether two names are the same to VMware: without case (ASCII). */
bool lab_vmx_same_name(const char *a, const char *b);
bool lab_vmx_name_begins(const char *name, const char *prefix);

#endif
