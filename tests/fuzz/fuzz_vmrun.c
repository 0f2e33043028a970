/* vmrun's words and its list, VMware's networks, and the hypervisor's other tables. The input is
 * what it printed, and behind a NUL what it printed as errors. */
#include "base/text.h"
#include "fuzz.h"
#include "provider/vmnet.h"
#include "provider/vmrun.h"

static void words(const char *out, const char *errout, int status)
{
    LAB_AUTO_CHILD struct lab_child c;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str reason = LAB_STR_INIT;
    lab_child_init(&c, "vmrun");
    c.status = status;
    lab_str_add(&c.out, out);
    lab_str_add(&c.errout, errout);
    fuzz_check(status == 0 || lab_vmrun_failed(&c));
    fuzz_check(!lab_vmrun_may_pass(&c) || lab_vmrun_failed(&c));
    (void)lab_vmrun_says(&c, "is not powered on");
    lab_vmrun_reason(&c, &reason);
    fuzz_check(lab_utf8_check(lab_str_get(&reason), reason.len) == reason.len);
    fuzz_check(!strpbrk(lab_str_get(&reason), "\r\n\x1b"));
    fuzz_check(lab_vmrun_fail(&c, "start it", &err) == -1 && *err.message && err.code != LAB_OK);
}

static void list(const char *text)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_VMRUN_LIST struct lab_vmrun_list paths = {{0}};
    int rc = lab_vmrun_list_read(&paths, text, &err);
    fuzz_answer(rc, &err);
    LAB_VEC_FOREACH (path, &paths.paths)
        fuzz_check(**path && (rc < 0 || lab_vmrun_list_has(&paths, *path)));
}

static void vmnet(const char *text)
{
    unsigned number = 0;
    if (lab_vmnet_number(text, &number))
        fuzz_check(number <= 19);
    for (unsigned i = 0; i <= 8; i += 8) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_vmnet net;
        int rc = lab_vmnet_read(&net, text, i, &err);
        fuzz_answer(rc, &err);
        fuzz_check(rc < 0 || (net.subnet.prefix <= 32 &&
                              (net.subnet.network & ~lab_cidr_mask(net.subnet)) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *out = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *errout = fuzz_text(data, size);
    words(out, errout, 0);
    words(out, errout, 255);
    list(out);
    vmnet(out);
    return 0;
}
