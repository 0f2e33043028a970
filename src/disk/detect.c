/* What kind of disk image a file is, by its first bytes. Sources: QEMU's docs/interop/qcow2.txt,
 * the VMDK specification 5.0, POSIX ustar, ECMA-119. */
#include "disk/disk_priv.h"

#include <string.h>

#include "base/i18n.h"

#define HEAD ((size_t)64 << 10) /* an ISO's mark is at 32 KiB */

struct head {
    unsigned char *bytes;
    size_t len;
};

struct mark {
    size_t offset;
    const char *magic;
    size_t len;
};

static const struct {
    struct mark mark;
    enum lab_disk_format format;
} known[] = {
    {{0, "QFI\xFB", 4}, LAB_DISK_QCOW2},
    {{0, "KDMV", 4}, LAB_DISK_VMDK},
    {{0, "# Disk DescriptorFile", 21}, LAB_DISK_VMDK},
    {{257, "ustar", 5}, LAB_DISK_OVA},
};

#define BY_QEMU_IMG "convert it first (qemu-img convert -O qcow2)"

/* Not disk images that labctl reads, though people have them: each with what to do. */
static const struct {
    struct mark mark;
    const char *what, *hint;
} foreign[] = {
    {{0, "\x1F\x8B", 2}, LAB_N("is compressed with gzip"), LAB_N("unpack it first (gunzip)")},
    {{0, "\xFD\x37zXZ\0", 6}, LAB_N("is compressed with xz"), LAB_N("unpack it first (unxz)")},
    {{0, "\x28\xB5\x2F\xFD", 4},
     LAB_N("is compressed with zstd"),
     LAB_N("unpack it first (unzstd)")},
    {{0, "BZh", 3}, LAB_N("is compressed with bzip2"), LAB_N("unpack it first (bunzip2)")},
    {{0, "PK\x03\x04", 4}, LAB_N("is a zip archive"), LAB_N("unpack it first")},
    {{0, "7z\xBC\xAF\x27\x1C", 6}, LAB_N("is a 7z archive"), LAB_N("unpack it first")},
    {{0, "vhdxfile", 8}, LAB_N("is VHDX"), BY_QEMU_IMG},
    {{0, "conectix", 8}, LAB_N("is VHD"), BY_QEMU_IMG},
    {{64, "\x7F\x10\xDA\xBE", 4}, LAB_N("is a VirtualBox VDI"), BY_QEMU_IMG},
    {{0, "QED\0", 4}, LAB_N("is QED"), BY_QEMU_IMG},
    {{0, "COWD", 4}, LAB_N("is an ESX delta disk"), LAB_N("clone it into a whole one first")},
    {{0, "kdmv", 4},
     LAB_N("is a VMDK that its writer has not finished"),
     LAB_N("wait until it is done, or fetch it again")},
    {{0, "\x7F\x45LF", 4}, LAB_N("is a program, not a disk image"), NULL},
    {{0, "!<arch>\n", 8}, LAB_N("is a .deb or ar archive, not a disk image"), NULL},
    {{0, "LUKS\xBA\xBE", 6},
     LAB_N("is an encrypted disk (LUKS), which cannot be started unattended"),
     NULL},
    {{32769, "CD001", 5},
     LAB_N("is an ISO, an installation medium"),
     LAB_N("labctl needs an installed cloud image (qcow2, vmdk, ova, raw)")},
};

static bool has(const struct head *h, const struct mark *m)
{
    return h->len >= m->offset + m->len && memcmp(h->bytes + m->offset, m->magic, m->len) == 0;
}

/* An error page, a Git LFS pointer, a script: text where a disk should be. */
static bool is_text(const struct head *h)
{
    size_t n = h->len < LAB_DISK_SECTOR ? h->len : LAB_DISK_SECTOR;
    for (size_t i = 0; i < n; i++)
        if ((h->bytes[i] < 0x20 || h->bytes[i] == 0x7F) && !memchr("\t\n\r\f", h->bytes[i], 4))
            return false;
    return true;
}

/* Raw disks have no mark: it is one when nothing speaks against it. */
static int check_raw(const struct head *h, const char *path, uint64_t size, struct lab_error *err)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(foreign); i++)
        if (has(h, &foreign[i].mark))
            return lab_disk_refuse(err, path, foreign[i].hint, "%s", lab_tr(foreign[i].what));
    if (is_text(h))
        return lab_disk_refuse(err, path, lab_tr("is it an error page that was downloaded?"),
                               "is text, not a disk image");
    if (size % LAB_DISK_SECTOR)
        return lab_disk_refuse(err, path, lab_tr("was the download cut short?"),
                               "is no known format (qcow2, vmdk, ova), and as a raw disk it would "
                               "have a multiple of 512 bytes");
    return 0;
}

int lab_disk_detect(const struct lab_disk_source *source,
                    enum lab_disk_format *out,
                    struct lab_error *err)
{
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(HEAD);
    struct head h = {.bytes = bytes};
    if (source->size == 0)
        return lab_disk_refuse(err, source->path, lab_tr("was the download cut short?"),
                               "is empty");
    if (lab_disk_source_some(source, 0, bytes, HEAD, &h.len, err) < 0)
        return -1;
    for (size_t i = 0; i < LAB_ARRAY_LEN(known); i++)
        if (has(&h, &known[i].mark)) {
            *out = known[i].format;
            return 0;
        }
    *out = LAB_DISK_RAW;
    return check_raw(&h, source->path, source->size, err);
}
