/* virsh's tables, complaints and batches. The input is what it printed, and behind a NUL what it
 * printed as errors; a bar in it becomes the border between the parts of a batch. */
#include "base/text.h"
#include "fuzz.h"
#include "provider/libvirt_read.h"
#include "provider/virsh.h"
#include "provider/virsh_connect.h"
#include "provider/virsh_lost.h"

static void tables(const char *text)
{
    struct lab_libvirt_stats stats = {{0}};
    uint64_t bytes = 0;
    lab_libvirt_read_stats(&stats, text);
    LAB_VEC_FOREACH (stat, &stats.list)
        fuzz_check(stat->name && lab_libvirt_stats_find(&stats, stat->name));
    lab_libvirt_stats_clear(&stats);
    (void)lab_has_line(text, "default");
    (void)lab_libvirt_read_bytes(text, "Capacity", &bytes);
}

static void batch(const char *out, const char *errout)
{
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str reason = LAB_STR_INIT;
    size_t borders = 0, length = 0;
    lab_virsh_batch_init(&b, "qemu:///system");
    for (; *out; out++) {
        if (*out == '|')
            lab_str_add(&b.child.out, b.nonce);
        else
            lab_str_addc(&b.child.out, *out);
        borders += *out == '|';
    }
    lab_str_add(&b.child.errout, errout);
    b.child.status = 1;
    lab_virsh_batch_split(&b);
    fuzz_check(b.parts.len == borders);
    LAB_VEC_FOREACH (part, &b.parts)
        length += strlen(*part);
    fuzz_check(length <= b.child.out.len);

    lab_virsh_reason(&b.child, &reason);
    fuzz_check(lab_utf8_check(lab_str_get(&reason), reason.len) == reason.len);
    fuzz_check(!strpbrk(lab_str_get(&reason), "\r\n\x1b"));
    fuzz_check(lab_virsh_fail(&b.child, "look", &err) == -1 && *err.message);
    if (lab_virsh_lost(errout)) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        fuzz_check(lab_virsh_connect_explain(&b.child, "qemu:///system", &why) == -1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *out = fuzz_piece(&data, &size);
    LAB_AUTOFREE char *errout = fuzz_text(data, size);
    tables(out);
    batch(out, errout);
    (void)lab_virsh_uri_is_local(out);
    (void)lab_virsh_uri_is_session(out);
    return 0;
}
