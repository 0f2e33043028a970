/* The airgap lint: texts for guests come from anybody. The first byte chooses the kind. */
#include "fuzz.h"
#include "lint/lint.h"

static const struct lab_cidr networks[] = {{0xc0a80600, 24}};
static const char *const hosts[] = {"m1", "w1"};

static void read_as(enum lab_lint_kind kind, const char *text)
{
    const struct lab_lint_lab lab = {
        .networks = networks,
        .networks_len = LAB_ARRAY_LEN(networks),
        .hosts = hosts,
        .hosts_len = LAB_ARRAY_LEN(hosts),
        .registry = "192.168.6.1:5000",
    };
    struct lab_lint_report report = {.errors = 0};
    lab_lint(&report, &lab, kind, "file", text);
    LAB_VEC_FOREACH (f, &report.list)
        fuzz_check(f->line >= 1 && f->column >= 1 && *f->why && *f->fix && f->text);
    fuzz_check(report.list.len == report.errors + report.warnings + report.waived);
    lab_lint_report_clear(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char letters[] = "LCMS"; /* LAB, CLOUD, MANIFEST, SHELL */
    const char *letter = size && *data ? strchr(letters, *data) : NULL;
    size_t skip = letter != NULL;
    LAB_AUTOFREE char *text = fuzz_text(data + skip, size - skip);
    enum lab_lint_kind kind = LAB_LINT_MANIFEST;
    if (letter)
        kind = (enum lab_lint_kind)(letter - letters);
    else
        (void)lab_lint_kind_of("a.yaml", text, &kind);
    read_as(kind, text);

    LAB_AUTO_REFS struct lab_refs lines = {{0}}, manifest = {{0}};
    lab_refs_read_list(&lines, "k3s-images.txt", text);
    lab_refs_read_list(&manifest, "manifest.yaml", text);
    LAB_VEC_FOREACH (ref, &lines.list)
        fuzz_check(lab_refs_has(&lines, ref));
    return 0;
}
