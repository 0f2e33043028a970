#include "net/transfer.h"

#include <string.h>
#include <uv.h>

#include "base/i18n.h"
#include "base/io.h"
#include "base/work.h"
#include "platform.h"

int lab_transfer_refuse(struct lab_transfer *t, enum lab_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *why = lab_vtr(fmt, ap);
    va_end(ap);
    t->refused = -1;
    return lab_fail(t->err, code, "cannot use '%s': %s", t->d->source, why);
}

void lab_transfer_count(struct lab_transfer *t, uint64_t total)
{
    atomic_store(&t->counts->done, t->have);
    if (total)
        atomic_store(&t->counts->total, total);
}

void lab_transfer_forget(struct lab_transfer *t)
{
    char ignored[LAB_SHA256_HEX];
    lab_sha256_end(t->hash, ignored);
}

int lab_transfer_anew(struct lab_transfer *t)
{
    int rc = lab_io_resize(t->fd, 0);
    lab_transfer_forget(t);
    t->hash = lab_sha256_new();
    t->have = 0;
    t->joined = false;
    lab_note_clear(&t->note);
    (void)plat_remove(t->note_path, NULL);
    lab_transfer_count(t, 0);
    return rc < 0
               ? lab_transfer_refuse(t, LAB_HOST, "cannot empty '%s': %s", t->part, uv_strerror(rc))
               : 0;
}

/* What an earlier run left goes through the hash again. Whatever is odd about it: it is dropped. */
static bool take_up(struct lab_transfer *t)
{
    enum { BLOCK = 1 << 20 };
    struct plat_stat st;
    if (plat_lstat(t->part, &st) < 0 || !st.is_file || !st.size ||
        !lab_note_read(&t->note, t->note_path) || strcmp(t->note.source, t->d->source) != 0)
        return false;
    int fd = lab_io_open(t->part, NULL);
    LAB_AUTOFREE char *bytes = lab_alloc(BLOCK);
    int64_t n = fd < 0 ? -1 : 1;
    while (n > 0 && !lab_work_cancelled()) {
        n = lab_io_read(fd, bytes, BLOCK, -1);
        if (n > 0) {
            lab_sha256_add(t->hash, bytes, (size_t)n);
            t->have += (uint64_t)n;
        }
    }
    if (fd >= 0)
        lab_io_close(fd);
    return n == 0 && t->have == st.size;
}

int lab_transfer_open(struct lab_transfer *t)
{
    t->hash = lab_sha256_new();
    if (take_up(t)) {
        t->fd = lab_io_open_write(t->part, t->err);
        t->joined = true;
        lab_transfer_count(t, t->note.total);
    } else {
        lab_note_clear(&t->note);
        t->have = 0;
        lab_transfer_forget(t);
        t->hash = lab_sha256_new();
        if (plat_remove(t->note_path, t->err) < 0 || plat_remove(t->part, t->err) < 0)
            return -1;
        t->fd = plat_create(t->part, t->d->mode, t->err);
    }
    return t->fd < 0 ? -1 : 0;
}
