#include "lint/lint.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "lint/text.h"

static bool is_shebang(const char *text)
{
    LAB_AUTOFREE char *line = lab_strndup(text, strcspn(text, "\n"));
    return lab_starts_with(line, "#!") && strstr(line, "sh");
}

static bool is_manifest(const char *text)
{
    return lab_starts_with(text, "apiVersion:") || strstr(text, "\napiVersion:");
}

bool lab_lint_kind_of(const char *path, const char *text, enum lab_lint_kind *kind)
{
    if (lab_ends_with(path, ".sh") || is_shebang(text) || lab_starts_with(text, "#cloud-boothook"))
        *kind = LAB_LINT_SHELL;
    else if (lab_starts_with(text, "#cloud-config"))
        *kind = LAB_LINT_CLOUD;
    else if (lab_ends_with(path, ".yaml") || lab_ends_with(path, ".yml") || is_manifest(text))
        *kind = LAB_LINT_MANIFEST;
    else
        return false;
    return true;
}

void lab_lint_unread(struct lab_lint_report *report, const char *file, const char *why)
{
    const struct lint_text none = {.report = report, .file = file, .text = ""};
    lint_add(&none, 0, LAB_LINT_WARNING, why, lab_tr("look through it yourself"),
             "this file could not be looked into");
}

void lab_lint(struct lab_lint_report *report,
              const struct lab_lint_lab *lab,
              enum lab_lint_kind kind,
              const char *file,
              const char *text)
{
    struct lint_cursor cursors[LINT_CURSORS] = {{0, 0, 0}};
    const struct lint_text whole = {
        .cursors = cursors, .report = report, .lab = lab, .file = file, .text = text, .kind = kind};
    if (kind == LAB_LINT_SHELL)
        lint_shell(&whole);
    else
        lint_yaml(&whole);
}
