#include <string.h>

#include "base/template.h"
#include "base/utf8.h"

/* What XML 1.0 cannot hold, not even as a reference, becomes U+FFFD. Tab and line ends are
 * references because a parser turns them into spaces inside an attribute. */
static void put_xml(struct lab_str *out, uint32_t c, const char *s, size_t len)
{
    switch (c) {
    case '&':
        lab_str_add(out, "&amp;");
        return;
    case '<':
        lab_str_add(out, "&lt;");
        return;
    case '>':
        lab_str_add(out, "&gt;");
        return;
    case '"':
        lab_str_add(out, "&quot;");
        return;
    case '\'':
        lab_str_add(out, "&apos;");
        return;
    case '\t':
    case '\n':
    case '\r':
        lab_str_addf(out, "&#%u;", (unsigned)c);
        return;
    default:
        break;
    }
    if (c < 0x20 || c == 0xfffe || c == 0xffff)
        lab_str_add(out, LAB_UTF8_REPLACEMENT);
    else
        lab_str_addn(out, s, len);
}

/* Escapes that YAML 1.1 and 1.2 both know. U+0085, U+2028 and U+2029 are line breaks in 1.1; a byte
 * order mark, noncharacters and C1 controls are not printable there. */
static void put_yaml(struct lab_str *out, uint32_t c, const char *s, size_t len)
{
    if (c == '"' || c == '\\')
        lab_str_addf(out, "\\%c", (char)c);
    else if (c == '\n')
        lab_str_add(out, "\\n");
    else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        lab_str_addf(out, "\\x%02X", (unsigned)c);
    else if (c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff)
        lab_str_addf(out, "\\u%04X", (unsigned)c);
    else
        lab_str_addn(out, s, len);
}

/* VMware's own writer escapes the same bytes (open-vm-tools, lib/dict/dictll.c). */
static void put_vmx(struct lab_str *out, uint32_t c, const char *s, size_t len)
{
    if (c == '"' || c == '|' || c == 0x7f || (c < 0x20 && c != '\t'))
        lab_str_addf(out, "|%02X", (unsigned)c);
    else
        lab_str_addn(out, s, len);
}

static void put_each(struct lab_str *out,
                     const char *text,
                     void (*put)(struct lab_str *, uint32_t, const char *, size_t))
{
    for (size_t n = strlen(text); n > 0;) {
        uint32_t c = 0;
        size_t len = lab_utf8_next(text, n, &c);
        if (len > 0)
            put(out, c, text, len);
        else
            lab_str_add(out, LAB_UTF8_REPLACEMENT);
        len += len == 0;
        text += len;
        n -= len;
    }
}

static void put_shell(struct lab_str *out, const char *text)
{
    lab_str_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            lab_str_add(out, "'\\''");
        else
            lab_str_addc(out, *text);
    }
    lab_str_addc(out, '\'');
}

void lab_escape(struct lab_str *out, enum lab_escape escape, const char *text)
{
    switch (escape) {
    case LAB_ESCAPE_XML:
        put_each(out, text, put_xml);
        break;
    case LAB_ESCAPE_YAML:
        lab_str_addc(out, '"');
        put_each(out, text, put_yaml);
        lab_str_addc(out, '"');
        break;
    case LAB_ESCAPE_SHELL_ENV:
        put_shell(out, text);
        break;
    case LAB_ESCAPE_VMX:
        put_each(out, text, put_vmx);
        break;
    case LAB_ESCAPE_NONE:
        lab_str_add(out, text);
        break;
    }
}
