/* VMX: unchanged it is written back as the same bytes; an edit changes what it was asked to and
 * keeps every other key. */
#include "fuzz.h"
#include "provider/vmx_edit.h"

static void expect_same(const struct lab_vmx *vmx, const char *bytes, size_t n)
{
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    lab_vmx_put(vmx, &out);
    fuzz_check(out.len == n && memcmp(lab_str_get(&out), bytes, n) == 0);
}

/* Every name of before, but for those in changed, has its value. */
static void expect_kept(const struct lab_vmx *before,
                        const struct lab_vmx *after,
                        const char *const *changed,
                        size_t n)
{
    LAB_VEC_FOREACH (line, &before->lines) {
        bool kept = line->name != NULL;
        for (size_t i = 0; kept && i < n; i++)
            kept = !lab_vmx_same_name(line->name, changed[i]);
        const char *value = kept ? lab_vmx_get(after, line->name) : NULL;
        fuzz_check(!kept || (value && strcmp(value, line->value) == 0));
    }
}

static void edit(const struct lab_vmx *before, struct lab_vmx *vmx, const char *text)
{
    static const char *const changed[] = {"memsize",
                                          "numvcpus",
                                          "cpuid.coresPerSocket",
                                          "guestinfo.fuzz",
                                          "annotation",
                                          "sata0:1.startConnected",
                                          "sata0:2.startConnected",
                                          "ide1:0.startConnected",
                                          "ide1:1.startConnected"};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTO_VMX struct lab_vmx again = {.changed = false};
    LAB_AUTOFREE char *value = lab_strndup(text, strlen(text) < 200 ? strlen(text) : 200);
    bool set = lab_vmx_set(vmx, "guestinfo.fuzz", value, &err) == 0;
    if (lab_vmx_resize(vmx, 3, 1000, &err) || lab_vmx_detach(vmx, &err))
        return;
    (void)lab_vmx_remove(vmx, "annotation");
    lab_vmx_put(vmx, &out);
    lab_error_clear(&err);
    fuzz_check(lab_vmx_parse(&again, "again", lab_str_get(&out), out.len, &err) == 0);
    expect_kept(before, &again, changed, LAB_ARRAY_LEN(changed));
    fuzz_check(strcmp(lab_vmx_get(&again, "numvcpus"), "3") == 0);
    fuzz_check(!lab_vmx_get(&again, "annotation"));
    fuzz_check(!lab_vmx_attached(&again, 0) && !lab_vmx_attached(&again, 1));
    fuzz_check(!set || strcmp(lab_vmx_get(&again, "guestinfo.fuzz"), value) == 0);
}

static void merge(const char *text, size_t size)
{
    static const char wanted_text[] = ".encoding = \"UTF-8\"\nmemsize = \"2048\"\n"
                                      "displayName = \"x\"\nethernet0.present = \"TRUE\"\n"
                                      "scsi0:0.fileName = \"disk.vmdk\"\n";
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_VMX struct lab_vmx vmx = {.changed = false}, wanted = {.changed = false};
    fuzz_check(lab_vmx_parse(&vmx, "vmx", text, size, &err) == 0);
    fuzz_check(lab_vmx_parse(&wanted, "new", wanted_text, strlen(wanted_text), &err) == 0);
    if (lab_vmx_merge(&vmx, &wanted, &err))
        return;
    fuzz_check(strcmp(lab_vmx_get(&vmx, "memsize"), "2048") == 0);
    LAB_AUTO_STR struct lab_str out = LAB_STR_INIT;
    LAB_AUTO_VMX struct lab_vmx again = {.changed = false};
    lab_vmx_put(&vmx, &out);
    fuzz_check(lab_vmx_parse(&again, "again", lab_str_get(&out), out.len, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_VMX struct lab_vmx vmx = {.changed = false}, before = {.changed = false};
    int rc = lab_vmx_parse(&vmx, "vmx", text, size, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return 0;
    uint64_t number;
    LAB_VEC_FOREACH (line, &vmx.lines)
        if (line->name)
            (void)lab_vmx_get_uint(&vmx, line->name, &number);
    fuzz_check(vmx.lines.len <= LAB_VMX_MAX_LINES);
    expect_same(&vmx, text, size);
    fuzz_check(lab_vmx_parse(&before, "vmx", text, size, &err) == 0);
    edit(&before, &vmx, text);
    merge(text, size);
    return 0;
}
