#include "base/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "base/template_text.h"

/* Templates and the code that fills them are built together: a mismatch is a defect, found by the
 * first test that renders it. */
static void defect(const char *template, const char *what, const char *name, size_t n)
{
    fprintf(stderr, "labctl: template '%s': %s '%.*s'\n", template, what, (int)n, name);
    abort();
}

static size_t find(const struct lab_var *vars, size_t n, const char *name, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(vars[i].name) == len && memcmp(vars[i].name, name, len) == 0)
            return i;
    return n;
}

/* Length of the name at s ("{{" is before it), 0 when there is no "name}}". */
static size_t place_name(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return s[len] == '}' && s[len + 1] == '}' ? len : 0;
}

void lab_template_text(struct lab_str *out,
                       const char *name,
                       const char *text,
                       enum lab_escape escape,
                       const struct lab_var *vars,
                       size_t n)
{
    LAB_AUTOFREE bool *used = lab_calloc(n, sizeof(*used));
    for (const char *s = text; *s;) {
        const char *place = strstr(s, "{{");
        if (!place) {
            lab_str_add(out, s);
            break;
        }
        lab_str_addn(out, s, (size_t)(place - s));
        place += 2;
        size_t len = place_name(place);
        if (len == 0)
            defect(name, "no name and '}}' behind '{{' at", place, strcspn(place, "\n"));
        size_t i = find(vars, n, place, len);
        if (i == n || !vars[i].value)
            defect(name, i == n ? "unknown name" : "no value for", place, len);
        used[i] = true;
        lab_escape(out, vars[i].raw ? LAB_ESCAPE_NONE : escape, vars[i].value);
        s = place + len + 2;
    }
    for (size_t i = 0; i < n; i++)
        if (!used[i])
            defect(name, "it has no place for", vars[i].name, strlen(vars[i].name));
}

void lab_template(struct lab_str *out,
                  const char *asset,
                  enum lab_escape escape,
                  const struct lab_var *vars,
                  size_t n)
{
    lab_template_text(out, asset, lab_asset_get(asset)->text, escape, vars, n);
}
