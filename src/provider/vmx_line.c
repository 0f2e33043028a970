#include "provider/vmx_line.h"

#include <string.h>

#include "base/i18n.h"

static const char blanks[] = " \t";

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* |XX becomes its byte; a bar without two digits stays what it is. NULL: |00, which no string of
 * VMware can hold. */
static char *unescape(const char *s, size_t n)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    for (size_t i = 0; i < n; i++) {
        bool escape = s[i] == '|' && n - i > 2 && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0;
        char c = escape ? (char)(hex(s[i + 1]) * 16 + hex(s[i + 2])) : s[i];
        if (c == '\0')
            return NULL;
        lab_str_addc(&out, c);
        i += escape ? 2 : 0;
    }
    return lab_str_detach(&out);
}

/* Finds the value at s; *inner is its text without quotes. */
static const char *
find_value(const char *s, const char **inner, size_t *inner_len, size_t *whole_len)
{
    if (*s == '"') {
        *inner = s + 1;
        *inner_len = strcspn(s + 1, "\"");
        *whole_len = *inner_len + 2;
        return s[1 + *inner_len] == '"' ? NULL : lab_tr("the value has no closing quote");
    }
    *inner = s;
    *inner_len = *whole_len = strcspn(s, " \t#\"");
    return s[*inner_len] == '"'
               ? lab_tr("a quote stands inside a value that does not begin with one")
               : NULL;
}

const char *lab_vmx_line_read(struct lab_vmx_line *line)
{
    const char *name = line->text + strspn(line->text, blanks);
    if (*name == '\0' || *name == '#')
        return NULL;
    size_t name_len = strcspn(name, " \t=#");
    const char *s = name + name_len;
    s += strspn(s, blanks);
    if (name_len == 0 || *s != '=')
        return lab_tr("this is neither name = \"value\" nor a comment");
    s++;
    s += strspn(s, blanks);
    const char *inner;
    size_t inner_len;
    const char *why = find_value(s, &inner, &inner_len, &line->value_len);
    if (why)
        return why;
    const char *tail = s + line->value_len;
    tail += strspn(tail, blanks);
    if (*tail != '\0' && *tail != '#')
        return lab_tr("there is more text behind the value");
    line->value = unescape(inner, inner_len);
    if (!line->value)
        return lab_tr("the value holds |00");
    line->name = lab_strndup(name, name_len);
    line->value_at = (size_t)(s - line->text);
    return NULL;
}

void lab_vmx_line_clear(struct lab_vmx_line *line)
{
    free(line->text);
    free(line->name);
    free(line->value);
    memset(line, 0, sizeof(*line));
}
