/* Templates: YAML in the eyes of people only. */
#include <string.h>

#include "base/text.h"
#include "lint/text.h"

/* Cuts a comment off: a '#' at the front or after a blank, outside of quotes. */
static size_t without_comment(const char *line, size_t n)
{
    char quote = 0;
    for (size_t i = 0; i < n; i++) {
        char c = line[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '#' && (i == 0 || strchr(" \t", line[i - 1])))
            return i;
    }
    return n;
}

static void image(const struct lint_text *t, size_t at, const char *line)
{
    size_t lead = strspn(line, " \t-");
    if (!lab_starts_with(line + lead, "image:"))
        return;
    size_t begin = lead + strlen("image:");
    begin += strspn(line + begin, " \t\"'");
    LAB_AUTOFREE char *name = lab_strndup(line + begin, strcspn(line + begin, " \t\r\"'"));
    if (*name)
        lint_image(t, at + begin, name, NULL);
}

void lint_lines(const struct lint_text *t, size_t from)
{
    const char *p = t->text;
    for (size_t line = 0; *p; line++) {
        size_t n = strcspn(p, "\n");
        LAB_AUTOFREE char *text = lab_strndup(p, without_comment(p, n));
        if (line >= from) {
            image(t, (size_t)(p - t->text), text);
            lint_url(t, (size_t)(p - t->text), LAB_LINT_WARNING, text);
        }
        p += n + (p[n] == '\n');
    }
}
