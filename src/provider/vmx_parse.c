#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "provider/vmx.h"
#include "provider/vmx_line.h"

static const char bom[] = "\xef\xbb\xbf";

/* The error "WHERE:LINE: why". Returns -1. line counts from 1. */
static int refuse(const char *where, size_t line, const char *why, struct lab_error *err)
{
    lab_fail(err, LAB_HYPERVISOR, "%s:%zu: %s; VMware does not load such a file", where, line, why);
    return lab_error_hint(err, "correct that line, or make the VM anew: labctl up --recreate");
}

/* --- lines ------------------------------------------------------------------------------------ */

static const char *check_bytes(const char *s, size_t n)
{
    if (memchr(s, '\0', n))
        return lab_tr("there is a NUL byte in it");
    return memchr(s, '\r', n) ? lab_tr("a carriage return stands inside the line") : NULL;
}

/* One line of n bytes, its end included, as the next of out. */
static const char *add_line(struct lab_vmx *out, const char *s, size_t n)
{
    struct lab_vmx_line *line = lab_vec_push(&out->lines);
    line->end = "";
    if (n > 0 && s[n - 1] == '\n') {
        line->end = n > 1 && s[n - 2] == '\r' ? "\r\n" : "\n";
        n -= strlen(line->end);
    }
    line->text = lab_strndup(s, n);
    const char *why = check_bytes(s, n);
    return why ? why : lab_vmx_line_read(line);
}

static int
read_lines(struct lab_vmx *out, const char *where, const char *s, size_t n, struct lab_error *err)
{
    while (n > 0) {
        if (out->lines.len == LAB_VMX_MAX_LINES)
            return lab_fail(err, LAB_HYPERVISOR, "%s: more than %u lines are no VM definition",
                            where, LAB_VMX_MAX_LINES);
        const char *newline = memchr(s, '\n', n);
        size_t len = newline ? (size_t)(newline + 1 - s) : n;
        const char *why = add_line(out, s, len);
        if (why)
            return refuse(where, out->lines.len, why, err);
        s += len;
        n -= len;
    }
    return 0;
}

/* --- names ------------------------------------------------------------------------------------ */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

bool lab_vmx_same_name(const char *a, const char *b)
{
    return compare(a, b) == 0;
}

bool lab_vmx_name_begins(const char *name, const char *prefix)
{
    while (*prefix && lower(*name) == lower(*prefix))
        name++, prefix++;
    return *prefix == '\0';
}

/* By name, then by place in the file. */
static int by_name(const void *a, const void *b)
{
    const struct lab_vmx_line *const *x = a, *const *y = b;
    int order = compare((*x)->name, (*y)->name);
    return order ? order : (*x > *y) - (*x < *y);
}

static int check_duplicates(const struct lab_vmx *vmx, const char *where, struct lab_error *err)
{
    LAB_AUTOFREE const struct lab_vmx_line **named = lab_calloc(vmx->lines.len + 1, sizeof(*named));
    const struct lab_vmx_line *second = NULL, *first = NULL;
    size_t n = 0;
    LAB_VEC_FOREACH (line, &vmx->lines) {
        if (line->name)
            named[n++] = line;
    }
    qsort(named, n, sizeof(*named), by_name);
    for (size_t i = 1; i < n; i++) {
        if (lab_vmx_same_name(named[i - 1]->name, named[i]->name) &&
            (!second || named[i] < second)) {
            first = named[i - 1];
            second = named[i];
        }
    }
    if (!second)
        return 0;
    LAB_AUTO_STR struct lab_str name = LAB_STR_INIT;
    lab_put_printable(&name, second->name, strlen(second->name), 80);
    LAB_AUTOFREE char *why = lab_format(lab_tr("'%s' is already defined on line %zu"),
                                        lab_str_get(&name), (size_t)(first - vmx->lines.items) + 1);
    return refuse(where, (size_t)(second - vmx->lines.items) + 1, why, err);
}

/* --- encoding --------------------------------------------------------------------------------- */

/* The families of names that VMware uses and in which ASCII bytes mean ASCII. */
static bool is_known(const char *encoding)
{
    static const char *const known[] = {
        "windows-",  "ISO-8859-", "US-ASCII",  "GBK",  "GB18030", "GB2312",  "Big5",
        "Shift_JIS", "EUC-",      "KS_C_5601", "IBM-", "KOI8-",   "TIS-620", "macintosh"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(known); i++) {
        if (lab_vmx_name_begins(encoding, known[i]))
            return true;
    }
    return false;
}

static size_t line_of(const struct lab_vmx *vmx, const char *name)
{
    size_t number = 0;
    LAB_VEC_FOREACH (line, &vmx->lines) {
        number++;
        if (line->name && lab_vmx_same_name(line->name, name))
            return number;
    }
    return 0;
}

static int find_encoding(struct lab_vmx *vmx, const char *where, struct lab_error *err)
{
    const char *name = lab_vmx_get(vmx, ".encoding");
    vmx->encoding = vmx->bom ? LAB_VMX_UTF8 : LAB_VMX_HOST;
    if (!name)
        return 0;
    if (lab_vmx_same_name(name, "UTF-8")) {
        vmx->encoding = LAB_VMX_UTF8;
        return 0;
    }
    size_t line = line_of(vmx, ".encoding");
    if (vmx->bom)
        return refuse(where, line, lab_tr("a UTF-8 file declares another encoding"), err);
    if (!is_known(name))
        return refuse(where, line, lab_tr("the encoding has an unknown name"), err);
    vmx->encoding = LAB_VMX_OTHER;
    return 0;
}

static size_t ascii_check(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] >= 0x80)
            return i;
    }
    return n;
}

/* Comments too: VMware converts whole lines. */
static int check_encoding(const struct lab_vmx *vmx, const char *where, struct lab_error *err)
{
    const char *name = lab_vmx_get(vmx, ".encoding");
    bool ascii = name && lab_vmx_same_name(name, "US-ASCII");
    if (vmx->encoding != LAB_VMX_UTF8 && !ascii)
        return 0;
    size_t number = 0;
    LAB_VEC_FOREACH (line, &vmx->lines) {
        number++;
        size_t n = strlen(line->text);
        size_t good = ascii ? ascii_check(line->text, n) : lab_utf8_check(line->text, n);
        if (good == n)
            continue;
        LAB_AUTOFREE char *why = lab_format(lab_tr("byte %zu is no %s, which the file says it is"),
                                            good + 1, ascii ? "US-ASCII" : "UTF-8");
        return refuse(where, number, why, err);
    }
    return 0;
}

/* --- files ------------------------------------------------------------------------------------ */

int lab_vmx_parse(
    struct lab_vmx *out, const char *where, const char *bytes, size_t n, struct lab_error *err)
{
    memset(out, 0, sizeof(*out));
    out->eol = "\n";
    if (n > LAB_VMX_MAX_BYTES)
        return lab_fail(err, LAB_HYPERVISOR, "%s: more than %zu bytes are no VM definition", where,
                        LAB_VMX_MAX_BYTES);
    out->bom = n >= strlen(bom) && memcmp(bytes, bom, strlen(bom)) == 0;
    if (out->bom) {
        bytes += strlen(bom);
        n -= strlen(bom);
    }
    if (read_lines(out, where, bytes, n, err) != 0 || check_duplicates(out, where, err) != 0)
        return -1;
    if (out->lines.len > 0 && *out->lines.items[0].end)
        out->eol = out->lines.items[0].end;
    if (find_encoding(out, where, err) != 0)
        return -1;
    return check_encoding(out, where, err);
}

int lab_vmx_load(struct lab_vmx *out, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    memset(out, 0, sizeof(*out));
    if (lab_file_read(path, LAB_VMX_MAX_BYTES, &text, err) != 0)
        return -1;
    return lab_vmx_parse(out, path, lab_str_get(&text), text.len, err);
}
