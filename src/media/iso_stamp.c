/* What libarchive (3.6 to 3.8) lets nobody choose, and what therefore differs from run to run:
 *   volume descriptors     three dates each, of the moment, in local time
 *   directory records      a date in local time, so that TZ changes all of them
 *   Rock Ridge TF          the same; "now" for the root
 *   Rock Ridge PX          uid and gid of whoever runs us, for the root
 *   the system identifier  of the system that libarchive was built for
 *   the sector after them  one line with the date and libarchive's version
 * All are set here to fixed values, in place, before the image is read back. The primary label gets
 * its case back, too: libarchive keeps it only in Joliet.
 *
 * Layouts: ECMA-119 8.4 (descriptor), 9.1 (record), IEEE P1281 (CE), P1282 (PX, TF). */
#include "media/iso_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/time.h"

enum { VD_PRIMARY = 1, VD_SUPPLEMENTARY = 2, VD_TERMINATOR = 255 };
enum { MOST_DESCRIPTORS = 16, MOST_CONTINUATIONS = 32 };

#define VD_SYSTEM      8
#define VD_SYSTEM_LEN  32
#define VD_LABEL       40
#define VD_ROOT        156
#define VD_DATES       813 /* created, modified, expires, effective */
#define RECORD_MIN     34
#define RECORD_DATE    18
#define RECORD_FLAGS   25
#define RECORD_NAMELEN 32
#define RECORD_NAME    33
#define DATE_LEN       7
#define LONG_DATE_LEN  17
#define MOST_DIR_BYTES (1u << 30)

struct extent {
    uint32_t sector, size;
};

struct stamp {
    int fd;
    const char *label;
    unsigned char date[DATE_LEN];
    char long_date[LONG_DATE_LEN];
    bool rock_ridge;
    LAB_VEC(struct extent) dirs; /* found, in turn */
};

static uint32_t le32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int load(const struct stamp *s, void *bytes, size_t n, uint64_t offset)
{
    return lab_io_read_all(s->fd, bytes, n, (int64_t)offset);
}

static int store(const struct stamp *s, const void *bytes, size_t n, uint64_t offset)
{
    return lab_io_write_all(s->fd, bytes, n, (int64_t)offset);
}

/* --- dates ------------------------------------------------------------------------------------ */

static void set_dates(struct stamp *s, int64_t epoch)
{
    struct lab_date d = lab_date(epoch * 1000);
    const unsigned char date[DATE_LEN] = {(unsigned char)(d.year - 1900),
                                          (unsigned char)d.month,
                                          (unsigned char)d.day,
                                          (unsigned char)d.hour,
                                          (unsigned char)d.minute,
                                          (unsigned char)d.second,
                                          0};
    memcpy(s->date, date, sizeof(date));
    char text[32];
    snprintf(text, sizeof(text), "%04u%02u%02u%02u%02u%02u00", 1900u + date[0], (unsigned)date[1],
             (unsigned)date[2], (unsigned)date[3], (unsigned)date[4], (unsigned)date[5]);
    memcpy(s->long_date, text, 16); /* the last byte, the time zone, stays 0 */
}

/* --- Rock Ridge ------------------------------------------------------------------------------- */

static int stamp_entries(struct stamp *s, unsigned char *p, size_t n, int depth);

static int stamp_continuation(struct stamp *s, const unsigned char *ce, int depth)
{
    uint64_t at = (uint64_t)le32(ce + 4) * LAB_ISO_SECTOR + le32(ce + 12);
    size_t n = le32(ce + 20);
    if (depth >= MOST_CONTINUATIONS || n > LAB_ISO_SECTOR)
        return -1;
    unsigned char bytes[LAB_ISO_SECTOR];
    if (load(s, bytes, n, at) < 0 || stamp_entries(s, bytes, n, depth + 1) < 0)
        return -1;
    return store(s, bytes, n, at);
}

/* Mode and links stay; owner and group become root. Numbers are there twice, in both byte orders.
 */
static int stamp_entry(struct stamp *s, unsigned char *e, size_t len, int depth)
{
    if (e[0] == 'P' && e[1] == 'X' && len >= 36) {
        memset(e + 20, 0, 16);
        s->rock_ridge = true;
    } else if (e[0] == 'T' && e[1] == 'F' && len >= 5) {
        for (size_t at = 5; at + DATE_LEN <= len; at += DATE_LEN)
            memcpy(e + at, s->date, DATE_LEN);
    } else if (e[0] == 'C' && e[1] == 'E' && len >= 28) {
        return stamp_continuation(s, e, depth);
    }
    return 0;
}

static int stamp_entries(struct stamp *s, unsigned char *p, size_t n, int depth)
{
    while (n >= 4) {
        size_t len = p[2];
        if (len < 4) /* the padding behind the last one */
            return 0;
        if (len > n || stamp_entry(s, p, len, depth) < 0)
            return -1;
        p += len;
        n -= len;
    }
    return 0;
}

/* --- directories ------------------------------------------------------------------------------ */

static void found_dir(struct stamp *s, const unsigned char *record)
{
    struct extent *dir = lab_vec_push(&s->dirs);
    dir->sector = le32(record + 2);
    dir->size = le32(record + 10);
}

static int stamp_record(struct stamp *s, unsigned char *r, size_t len)
{
    size_t name_len = r[RECORD_NAMELEN];
    size_t used = RECORD_NAME + name_len + (name_len % 2 == 0);
    if (used > len)
        return -1;
    memcpy(r + RECORD_DATE, s->date, DATE_LEN);
    /* The names of "." and ".." are the bytes 0 and 1. */
    if ((r[RECORD_FLAGS] & 2) && !(name_len == 1 && r[RECORD_NAME] <= 1))
        found_dir(s, r);
    return stamp_entries(s, r + used, len - used, 0);
}

/* Records do not cross sectors; a length of 0 means that the rest of the sector is empty. */
static int stamp_dir(struct stamp *s, struct extent dir)
{
    if (dir.size > MOST_DIR_BYTES)
        return -1;
    uint64_t offset = (uint64_t)dir.sector * LAB_ISO_SECTOR;
    LAB_AUTOFREE unsigned char *bytes = lab_alloc(dir.size + 1);
    if (load(s, bytes, dir.size, offset) < 0)
        return -1;
    for (size_t at = 0; at < dir.size;) {
        size_t room = LAB_ISO_SECTOR - at % LAB_ISO_SECTOR;
        size_t len = bytes[at];
        if (len == 0) {
            at += room;
            continue;
        }
        if (len < RECORD_MIN || len > room || len > dir.size - at ||
            stamp_record(s, bytes + at, len) < 0)
            return -1;
        at += len;
    }
    return store(s, bytes, dir.size, offset);
}

/* --- volume descriptors ----------------------------------------------------------------------- */

/* What libarchive writes on Linux, for whose guests the images are; in Joliet with two bytes each.
 */
static void set_system(unsigned char *vd)
{
    bool wide = vd[0] == VD_SUPPLEMENTARY;
    const char *name = wide ? "Linux" : "LINUX";
    unsigned char *at = vd + VD_SYSTEM;
    for (size_t i = 0, n = 0; i < VD_SYSTEM_LEN; i++) {
        if (wide && i % 2 == 0)
            at[i] = 0;
        else
            at[i] = (unsigned char)(n < strlen(name) ? name[n++] : ' ');
    }
}

static int stamp_descriptor(struct stamp *s, unsigned char *vd)
{
    memcpy(vd + VD_ROOT + RECORD_DATE, s->date, DATE_LEN);
    for (int i = 0; i < 4; i++)
        if (i != 2) /* "expires" is not set */
            memcpy(vd + VD_DATES + LONG_DATE_LEN * i, s->long_date, LONG_DATE_LEN);
    if (vd[0] == VD_PRIMARY) {
        memset(vd + VD_LABEL, ' ', LAB_ISO_LABEL_MAX);
        memcpy(vd + VD_LABEL, s->label, strlen(s->label));
    }
    set_system(vd);
    found_dir(s, vd + VD_ROOT);
    return 0;
}

static int stamp_all(struct stamp *s)
{
    unsigned char sector[LAB_ISO_SECTOR];
    uint64_t offset = LAB_ISO_SYSTEM * LAB_ISO_SECTOR;
    for (int i = 0; i < MOST_DESCRIPTORS; i++, offset += LAB_ISO_SECTOR) {
        if (load(s, sector, sizeof(sector), offset) < 0 || memcmp(sector + 1, "CD001", 5) != 0)
            return -1;
        if (sector[0] == VD_TERMINATOR)
            break;
        if (sector[0] != VD_PRIMARY && sector[0] != VD_SUPPLEMENTARY)
            continue;
        if (stamp_descriptor(s, sector) < 0 || store(s, sector, sizeof(sector), offset) < 0)
            return -1;
    }
    offset += LAB_ISO_SECTOR;
    if (load(s, sector, sizeof(sector), offset) < 0 || memcmp(sector, "INFO ", 5) != 0)
        return -1;
    memset(sector, 0, sizeof(sector));
    if (store(s, sector, sizeof(sector), offset) < 0)
        return -1;
    for (size_t i = 0; i < s->dirs.len; i++)
        if (stamp_dir(s, s->dirs.items[i]) < 0)
            return -1;
    return s->rock_ridge ? 0 : -1;
}

int lab_iso_stamp(int fd, const char *path, const char *label, int64_t epoch, struct lab_error *err)
{
    struct stamp s = {.fd = fd, .label = label};
    set_dates(&s, epoch);
    int rc = stamp_all(&s);
    lab_vec_clear(&s.dirs);
    if (rc == 0)
        return 0;
    lab_fail(err, LAB_INTERNAL,
             "cannot set the dates inside the image '%s': it cannot be read or written, or this "
             "libarchive lays images out in another way",
             path);
    return lab_error_hint(err, "check the disk; with a newer libarchive, report this to labctl");
}
