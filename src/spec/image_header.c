/* The headers of qcow2 (QEMU docs/interop/qcow2.txt, big-endian) and of hosted sparse VMDK extents
 * (little-endian, packed). */
#include "spec/image.h"

#include <string.h>

enum {
    QCOW2_V2_HEADER = 72,
    QCOW2_V3_HEADER = 104,
    QCOW2_DIRTY = 1 << 0,
    QCOW2_CORRUPT = 1 << 1,
    QCOW2_DATA_FILE = 1 << 2,
    QCOW2_COMPRESSION = 1 << 3, /* the type is in the header; QEMU since 5.1 */
    QCOW2_EXTENDED_L2 = 1 << 4, /* QEMU since 5.2 */
    QCOW2_KNOWN = (1 << 5) - 1
};

#define VIRTUAL_MAX ((uint64_t)64 << 40)

static uint64_t big(const struct lab_image_head *h, size_t offset, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | h->bytes[offset + i];
    return v;
}

static const char *features(uint64_t bits)
{
    if (bits & QCOW2_CORRUPT)
        return "is marked corrupt; repair it (qemu-img check -r all) or fetch it again";
    if (bits & QCOW2_DIRTY)
        return "was not closed cleanly; repair it (qemu-img check -r all) or fetch it again";
    if (bits & QCOW2_DATA_FILE)
        return "keeps its data in another file; convert it into one (qemu-img convert -O qcow2)";
    if (bits & ~(uint64_t)QCOW2_KNOWN)
        return "uses qcow2 features that this version does not know; convert it "
               "(qemu-img convert -O qcow2)";
    return NULL;
}

/* Why the header cannot be used, or NULL. */
static const char *check(const struct lab_image_head *h)
{
    uint64_t version = h->len >= QCOW2_V2_HEADER ? big(h, 4, 4) : 0;
    if (!version || (version >= 3 && h->len < QCOW2_V3_HEADER))
        return "ends inside its qcow2 header; was the download cut short?";
    if (version != 2 && version != 3)
        return "is qcow2 of an unknown version; convert it (qemu-img convert -O qcow2)";
    if (big(h, 8, 8))
        return "has a backing file, so it is not a whole disk; convert it into one (qemu-img "
               "convert -O qcow2)";
    if (big(h, 32, 4))
        return "is encrypted; convert it into one that is not (qemu-img convert)";
    const char *why = version == 3 ? features(big(h, 72, 8)) : NULL;
    if (why)
        return why;
    if (big(h, 20, 4) < 9 || big(h, 20, 4) > 21 || !big(h, 24, 8) || big(h, 24, 8) > VIRTUAL_MAX)
        return "has a senseless qcow2 header; fetch it again";
    uint64_t l1_table = big(h, 40, 8), l1_bytes = big(h, 36, 4) * 8;
    if (l1_table > h->file_size || l1_bytes > h->file_size - l1_table)
        return "ends before its own tables; was the download cut short?";
    return NULL;
}

int lab_image_qcow2(const char *path,
                    const struct lab_image_head *h,
                    uint64_t *size,
                    struct lab_error *err)
{
    const char *why = check(h);
    if (why)
        return lab_fail(err, LAB_USAGE, "the image '%s' %s", path, why);
    *size = big(h, 24, 8);
    return 0;
}

uint64_t lab_image_vmdk_size(const struct lab_image_head *h)
{
    uint64_t sectors = 0;
    if (h->len < 20 || memcmp(h->bytes, "KDMV", 4) != 0)
        return 0;
    for (size_t i = 8; i--;)
        sectors = sectors << 8 | h->bytes[12 + i];
    return sectors > VIRTUAL_MAX / 512 ? 0 : sectors * 512;
}
