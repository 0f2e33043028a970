/* Descriptors that VMware and QEMU both take. QEMU wants "version=" as the first line that is no
 * comment, CID before parentCID, and neither name in a comment; it rewrites 20 sectors at the first
 * write. VMware wants an adapter type that it knows in every release (lsilogic, also for pvscsi,
 * SATA and NVMe) and a geometry that belongs to it. */
#include "disk/writer.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/template.h"

enum { HEADS = 255, SECTORS = 63, CYLINDERS_MAX = 65535, CID_DIGITS = 8, CONTENT_DIGITS = 32 };

/* Not all ones, which means "no parent", and not all zeros, which QEMU takes for "none yet". */
static void make_cid(char cid[CID_DIGITS + 1])
{
    do
        lab_random_hex(cid, CID_DIGITS);
    while (strspn(cid, "f") == CID_DIGITS || strspn(cid, "0") == CID_DIGITS);
}

static uint64_t cylinders(uint64_t sectors)
{
    uint64_t n = sectors / (HEADS * SECTORS);
    return n < 1 ? 1 : n < CYLINDERS_MAX ? n : CYLINDERS_MAX;
}

int lab_vmdk_text_make(
    struct lab_str *out, const char *type, const char *path, uint64_t size, struct lab_error *err)
{
    const char *name = lab_path_base(path);
    char cid[CID_DIGITS + 1], content[CONTENT_DIGITS + 1];
    uint64_t sectors = size / LAB_DISK_SECTOR;
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == 0x7F) {
            lab_fail(err, LAB_USAGE,
                     "a VMDK cannot be called '%s': its descriptor has no way to write quotation "
                     "marks and control characters",
                     name);
            return lab_error_hint(err, "choose another name");
        }
    make_cid(cid);
    lab_random_hex(content, CONTENT_DIGITS - CID_DIGITS);
    LAB_AUTOFREE char *sector_text = lab_format("%" PRIu64, sectors);
    LAB_AUTOFREE char *cylinder_text = lab_format("%" PRIu64, cylinders(sectors));
    const struct lab_var vars[] = {
        {"cid", cid, false},
        {"type", type, false},
        {"sectors", sector_text, false},
        {"name", name, false},
        {"cylinders", cylinder_text, false},
        {"content", content, false},
    };
    lab_template(out, "templates/vmdk-descriptor", LAB_ESCAPE_NONE, vars, LAB_ARRAY_LEN(vars));
    return 0;
}
