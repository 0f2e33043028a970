/* What kind of disk image a file is, by its first bytes. Formats: QEMU's docs/interop/qcow2.txt,
 * the VMDK specification 5.0, POSIX ustar, ECMA-119. Everything is read from one buffer. */
#include "spec/image.h"

#include <platform.h>
#include <string.h>
#include <uv.h>

#include "base/text.h"

enum { SECTOR = 512 };

/* Not disk images, though people have them: each with what to do. */
static const struct {
    size_t offset;
    const char *magic;
    size_t len;
    const char *what;
} foreign[] = {
    {0, "\x1F\x8B", 2, "is compressed with gzip; unpack it first (gunzip)"},
    {0,
     "\xFD"
     "7zXZ\0",
     6, "is compressed with xz; unpack it first (unxz)"},
    {0, "\x28\xB5\x2F\xFD", 4, "is compressed with zstd; unpack it first (unzstd)"},
    {0, "BZh", 3, "is compressed with bzip2; unpack it first (bunzip2)"},
    {0, "PK\x03\x04", 4, "is a zip archive; unpack it first"},
    {0, "7z\xBC\xAF\x27\x1C", 6, "is a 7z archive; unpack it first"},
    {0, "vhdxfile", 8, "is VHDX; convert it first (qemu-img convert -O qcow2)"},
    {0, "conectix", 8, "is VHD; convert it first (qemu-img convert -O qcow2)"},
    {64, "\x7F\x10\xDA\xBE", 4,
     "is a VirtualBox VDI; convert it first (qemu-img convert -O qcow2)"},
    {0, "QED\0", 4, "is QED; convert it first (qemu-img convert -O qcow2)"},
    {0, "COWD", 4, "is an ESX delta disk; clone it into a whole one first"},
    {0,
     "\x7F"
     "ELF",
     4, "is a program, not a disk image"},
    {0, "!<arch>\n", 8, "is a .deb or ar archive, not a disk image"},
    {0, "LUKS\xBA\xBE", 6, "is an encrypted disk (LUKS), which cannot be started unattended"},
    {32769, "CD001", 5, "is an ISO, an installation medium; labctl needs an installed cloud image"},
};

static bool has(const struct lab_image_head *h, size_t offset, const void *magic, size_t n)
{
    return h->len >= offset + n && memcmp(h->bytes + offset, magic, n) == 0;
}

static int read_head(const char *path, struct lab_image_head *h, struct lab_error *err)
{
    uv_fs_t req;
    int fd = uv_fs_open(NULL, &req, path, UV_FS_O_RDONLY, 0, NULL);
    uv_fs_req_cleanup(&req);
    if (fd < 0)
        return lab_fail(err, LAB_HOST, "cannot open the image '%s': %s", path, uv_strerror(fd));
    int n = 1;
    while (n > 0 && h->len < LAB_IMAGE_HEAD) {
        uv_buf_t buf = uv_buf_init((char *)h->bytes + h->len, (unsigned)(LAB_IMAGE_HEAD - h->len));
        n = uv_fs_read(NULL, &req, fd, &buf, 1, -1, NULL);
        uv_fs_req_cleanup(&req);
        h->len += n > 0 ? (size_t)n : 0;
    }
    uv_fs_close(NULL, &req, fd, NULL);
    uv_fs_req_cleanup(&req);
    if (n < 0)
        return lab_fail(err, LAB_HOST, "cannot read the image '%s': %s", path, uv_strerror(n));
    return 0;
}

static int refuse(const char *path, struct lab_error *err, const char *what)
{
    return lab_fail(err, LAB_USAGE, "the image '%s' %s", path, what);
}

/* An error page, a Git LFS pointer, a script: text where a disk should be. */
static bool is_text(const struct lab_image_head *h)
{
    size_t n = h->len < SECTOR ? h->len : SECTOR;
    for (size_t i = 0; i < n; i++)
        if ((h->bytes[i] < 0x20 || h->bytes[i] == 0x7F) && !memchr("\t\n\r\f", h->bytes[i], 4))
            return false;
    return true;
}

/* A tar whose archive members, as far as the head goes, hold an OVF description (it comes first by
 * the OVF specification). */
static bool is_ova(const struct lab_image_head *h)
{
    for (size_t at = 0; at + SECTOR <= h->len && has(h, at + 257, "ustar", 5);) {
        char name[101] = "", digits[13] = "";
        memcpy(name, h->bytes + at, 100);
        memcpy(digits, h->bytes + at + 124, 12);
        uint64_t size = 0;
        for (const char *s = digits; *s >= '0' && *s <= '7'; s++)
            size = size << 3 | (uint64_t)(*s - '0');
        if (lab_ends_with(name, ".ovf"))
            return true;
        if (size > h->len)
            return false;
        at += SECTOR + (size_t)((size + SECTOR - 1) / SECTOR * SECTOR);
    }
    return false;
}

static int
inspect_raw(const char *path, const struct lab_image_head *h, uint64_t *size, struct lab_error *err)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(foreign); i++)
        if (has(h, foreign[i].offset, foreign[i].magic, foreign[i].len))
            return refuse(path, err, foreign[i].what);
    if (has(h, 257, "ustar", 5))
        return refuse(path, err, "is a tar archive without an OVF description; unpack it first");
    if (is_text(h))
        return refuse(path, err,
                      "is text, not a disk image; is it an error page that was downloaded?");
    if (h->file_size % SECTOR)
        return refuse(path, err,
                      "is no known format (qcow2, vmdk, ova), and as a raw disk it would have a "
                      "multiple of 512 bytes; was the download cut short?");
    *size = h->file_size;
    return 0;
}

int lab_image_inspect(const char *path,
                      enum lab_image_format *format,
                      uint64_t *virtual_size,
                      struct lab_error *err)
{
    struct plat_stat st;
    if (plat_stat(path, &st) < 0)
        return lab_fail(err, LAB_HOST, "the image '%s' does not exist", path);
    if (st.is_dir)
        return refuse(path, err, "is a folder, not a file");
    if (!st.is_file)
        return refuse(path, err, "is a device or a pipe, not a file");
    if (st.size == 0)
        return refuse(path, err, "is empty");
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(LAB_IMAGE_HEAD);
    struct lab_image_head h = {.bytes = bytes, .file_size = st.size};
    if (read_head(path, &h, err) < 0)
        return -1;
    *virtual_size = 0;
    if (has(&h, 0, "QFI\xFB", 4)) {
        *format = LAB_IMAGE_QCOW2;
        return lab_image_qcow2(path, &h, virtual_size, err);
    }
    if (has(&h, 0, "KDMV", 4) || has(&h, 0, "# Disk DescriptorFile", 21)) {
        *format = LAB_IMAGE_VMDK;
        *virtual_size = lab_image_vmdk_size(&h);
        return 0;
    }
    if (is_ova(&h)) {
        *format = LAB_IMAGE_OVA;
        return 0;
    }
    *format = LAB_IMAGE_RAW;
    return inspect_raw(path, &h, virtual_size, err);
}
