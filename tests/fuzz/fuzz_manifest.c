/* A bundle's manifest.yaml, and the index of its parts: what was read is written, and read again as
 * the same. */
#include "bundle/manifest.h"
#include "bundle/parts_priv.h"
#include "fuzz.h"

static void read_manifest(const char *text, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0}, again = {0};
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT, twice = LAB_STR_INIT;
    int rc = lab_manifest_parse(&m, "manifest.yaml", text, size, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    LAB_VEC_FOREACH (f, &m.files)
        fuzz_check(lab_manifest_can_say(f->path) && *f->path != '/' && !strstr(f->path, ".."));
    lab_manifest_put(&out, &m);
    fuzz_check(lab_manifest_parse(&again, "again", lab_str_get(&out), out.len, &err) == 0);
    lab_manifest_put(&twice, &again);
    fuzz_check(strcmp(lab_str_get(&out), lab_str_get(&twice)) == 0);
    fuzz_check(lab_manifest_bytes(&m) == lab_manifest_bytes(&again));
}

static void read_parts(const char *text, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_PARTS struct lab_parts parts = {0}, again = {0};
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    int rc = lab_parts_parse(&parts, LAB_PARTS_INDEX, text, size, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    fuzz_check(parts.list.len >= 1 && parts.list.len <= LAB_PARTS_MAX);
    lab_parts_put(&out, &parts);
    fuzz_check(lab_parts_parse(&again, "again", lab_str_get(&out), out.len, &err) == 0);
    fuzz_check(again.list.len == parts.list.len && again.bundle_bytes == parts.bundle_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    read_manifest(text, size);
    read_parts(text, size);
    return 0;
}
