#include "provider/vmx.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/template.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmx_line.h"

static const char bom[] = "\xef\xbb\xbf";

static struct lab_vmx_line *find(const struct lab_vmx *vmx, const char *name)
{
    LAB_VEC_FOREACH (line, &vmx->lines) {
        if (line->name && lab_vmx_same_name(line->name, name))
            return line;
    }
    return NULL;
}

const char *lab_vmx_get(const struct lab_vmx *vmx, const char *name)
{
    const struct lab_vmx_line *line = find(vmx, name);
    return line ? line->value : NULL;
}

bool lab_vmx_get_bool(const struct lab_vmx *vmx, const char *name, bool fallback)
{
    const char *value = lab_vmx_get(vmx, name);
    if (value && lab_vmx_same_name(value, "TRUE"))
        return true;
    return value && lab_vmx_same_name(value, "FALSE") ? false : fallback;
}

bool lab_vmx_get_uint(const struct lab_vmx *vmx, const char *name, uint64_t *out)
{
    const char *value = lab_vmx_get(vmx, name);
    if (!value || *value < '0' || *value > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 0);
    if (errno != 0 || *end != '\0')
        return false;
    *out = n;
    return true;
}

/* --- changes ---------------------------------------------------------------------------------- */

bool lab_vmx_is_ascii(const char *s)
{
    while (*s && (unsigned char)*s < 0x80)
        s++;
    return *s == '\0';
}

static int check(const struct lab_vmx *vmx, const char *name, const char *v, struct lab_error *err)
{
    if (*name == '\0' || *name == '.' || strpbrk(name, " \t\r\n=#\"") || !lab_vmx_is_ascii(name))
        return lab_fail(err, LAB_INTERNAL, "'%s' is no name for a VMX", name);
    if (vmx->encoding == LAB_VMX_UTF8 && lab_utf8_check(v, strlen(v)) < strlen(v))
        return lab_fail(err, LAB_HYPERVISOR,
                        "cannot set %s: the VMX is written in UTF-8, and the value is not", name);
    if (vmx->encoding == LAB_VMX_UTF8 || lab_vmx_is_ascii(v))
        return 0;
    const char *encoding = lab_vmx_get(vmx, ".encoding");
    return lab_fail(err, LAB_HYPERVISOR,
                    "cannot set %s to '%s': the VMX is written in %s, and only ASCII can be added",
                    name, v, encoding ? encoding : lab_tr("the code page of its host"));
}

static char *quote(const char *value)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_str_addc(&out, '"');
    lab_escape(&out, LAB_ESCAPE_VMX, value);
    lab_str_addc(&out, '"');
    return lab_str_detach(&out);
}

/* Only the value's own bytes are replaced: spelling, blanks and a comment behind it stay. */
static void rewrite(struct lab_vmx_line *line, const char *value)
{
    LAB_AUTOFREE char *quoted = quote(value);
    const char *tail = line->text + line->value_at + line->value_len;
    char *text = lab_format("%.*s%s%s", (int)line->value_at, line->text, quoted, tail);
    free(line->text);
    line->text = text;
    line->value_len = strlen(quoted);
    lab_assign(&line->value, value);
}

static void append(struct lab_vmx *vmx, const char *name, const char *value)
{
    if (!vmx->eol)
        vmx->eol = "\n";
    if (vmx->lines.len > 0 && *vmx->lines.items[vmx->lines.len - 1].end == '\0')
        vmx->lines.items[vmx->lines.len - 1].end = vmx->eol;
    struct lab_vmx_line *line = lab_vec_push(&vmx->lines);
    LAB_AUTOFREE char *quoted = quote(value);
    line->text = lab_format("%s = %s", name, quoted);
    line->end = vmx->eol;
    line->name = lab_strdup(name);
    line->value = lab_strdup(value);
    line->value_at = strlen(name) + strlen(" = ");
    line->value_len = strlen(quoted);
}

int lab_vmx_set(struct lab_vmx *vmx, const char *name, const char *value, struct lab_error *err)
{
    struct lab_vmx_line *line = find(vmx, name);
    if (line && strcmp(line->value, value) == 0)
        return 0;
    if (check(vmx, name, value, err) != 0)
        return -1;
    if (line)
        rewrite(line, value);
    else
        append(vmx, name, value);
    vmx->changed = true;
    return 0;
}

bool lab_vmx_remove(struct lab_vmx *vmx, const char *name)
{
    struct lab_vmx_line *line = find(vmx, name);
    if (!line)
        return false;
    size_t behind = (size_t)(vmx->lines.items + vmx->lines.len - (line + 1));
    lab_vmx_line_clear(line);
    memmove(line, line + 1, behind * sizeof(*line));
    vmx->lines.len--;
    vmx->changed = true;
    return true;
}

/* --- whole files ------------------------------------------------------------------------------ */

void lab_vmx_put(const struct lab_vmx *vmx, struct lab_str *out)
{
    if (vmx->bom)
        lab_str_add(out, bom);
    LAB_VEC_FOREACH (line, &vmx->lines) {
        lab_str_add(out, line->text);
        lab_str_add(out, line->end);
    }
}

int lab_vmx_save(struct lab_vmx *vmx, const char *path, struct lab_error *err)
{
    struct plat_stat st;
    bool exists = plat_stat(path, &st) == 0;
    if (exists && !vmx->changed)
        return 0;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_vmx_put(vmx, &text);
    if (lab_file_replace(path, lab_str_get(&text), text.len, exists ? st.mode : 0600, err) != 0)
        return -1;
    vmx->changed = false;
    return 0;
}

void lab_vmx_clear(struct lab_vmx *vmx)
{
    LAB_VEC_FOREACH (line, &vmx->lines)
        lab_vmx_line_clear(line);
    lab_vec_clear(&vmx->lines);
    memset(vmx, 0, sizeof(*vmx));
}
