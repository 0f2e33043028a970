#include "net/transfer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/io.h"
#include "base/text.h"

static bool take_header(const char *line, size_t n, const char *name, char **value)
{
    size_t len = strlen(name);
    if (n <= len || line[len] != ':')
        return false;
    for (size_t i = 0; i < len; i++)
        if ((line[i] | 0x20) != name[i] && line[i] != name[i])
            return false;
    const char *from = line + len + 1, *to = line + n;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (unsigned char)to[-1] <= ' ')
        to--;
    free(*value);
    *value = lab_strndup(from, (size_t)(to - from));
    return true;
}

static void take_range(struct lab_answer *a, const char *text)
{
    unsigned long long from, to, total = 0;
    char *end;
    if (!lab_starts_with(text, "bytes "))
        return;
    from = strtoull(text + 6, &end, 10);
    if (*end != '-')
        return;
    to = strtoull(end + 1, &end, 10);
    if (*end == '/' && end[1] != '*')
        total = strtoull(end + 1, NULL, 10);
    if (to < from || (total && to >= total))
        return;
    a->ranged = true;
    a->from = from;
    a->note.total = total;
}

size_t lab_transfer_header(char *line, size_t one, size_t count_, void *arg)
{
    struct lab_transfer *t = arg;
    struct lab_answer *a = &t->answer;
    size_t n = one * count_;
    char *text = NULL;
    if (n > 5 && memcmp(line, "HTTP/", 5) == 0) {
        lab_note_clear(&a->note);
        *a = (struct lab_answer){0};
    } else if (take_header(line, n, "etag", &a->note.etag) ||
               take_header(line, n, "last-modified", &a->note.modified)) {
        return n;
    } else if (take_header(line, n, "content-range", &text)) {
        take_range(a, text);
    } else if (take_header(line, n, "content-length", &text) && !a->ranged) {
        if (lab_parse_uint(text, UINT64_MAX >> 1, &a->note.total) < 0)
            a->note.total = 0;
    }
    free(text);
    return n;
}

static char *one_line(const char *text)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    lab_put_printable(&line, text ? text : "", text ? strlen(text) : 0, 1000);
    return lab_str_detach(&line);
}

/* A whole file comes: what it is a part of, in case it breaks off. */
static int note_answer(struct lab_transfer *t)
{
    const struct lab_note *from = &t->answer.note;
    if (t->have > 0 && lab_transfer_anew(t) < 0)
        return -1;
    lab_note_clear(&t->note);
    t->note = (struct lab_note){lab_strdup(t->d->source), one_line(from->etag),
                                one_line(from->modified), from->total};
    if (lab_note_write(&t->note, t->note_path, t->err) == 0)
        return 0;
    t->refused = -1;
    return -1;
}

static int check_total(struct lab_transfer *t, uint64_t total)
{
    const struct lab_download *d = t->d;
    if (d->size && total && total != d->size)
        return lab_transfer_refuse(
            t, LAB_INTEGRITY, "the server says that it has %llu bytes, and it should have %llu",
            (unsigned long long)total, (unsigned long long)d->size);
    if (d->max_bytes && total > d->max_bytes)
        return lab_transfer_refuse(
            t, LAB_INTEGRITY,
            "the server says that it has %llu bytes, and at most %llu can be right",
            (unsigned long long)total, (unsigned long long)d->max_bytes);
    return 0;
}

/* Before the first byte of a body. -1 ends the transfer. */
int lab_transfer_body(struct lab_transfer *t)
{
    long status = 0;
    struct lab_answer *a = &t->answer;
    t->body = true;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    bool rest = t->asked_rest && status == 206;
    if (rest && (!a->ranged || a->from != t->have ||
                 (t->note.total && a->note.total && a->note.total != t->note.total))) {
        t->anew = true; /* another place, or another file, than was asked for */
        return -1;
    }
    t->joined = t->joined || rest;
    if (!rest) {
        a->note.total = a->ranged ? 0 : a->note.total;
        if (note_answer(t) < 0)
            return -1;
    }
    lab_transfer_count(t, t->note.total);
    return check_total(t, t->note.total);
}

size_t lab_transfer_bytes(char *bytes, size_t one, size_t count_, void *arg)
{
    struct lab_transfer *t = arg;
    const struct lab_download *d = t->d;
    size_t n = one * count_;
    if (!t->body && lab_transfer_body(t) < 0)
        return 0; /* ends the transfer */
    uint64_t most = d->size ? d->size : d->max_bytes;
    if (most && t->have + n > most) {
        lab_transfer_refuse(t, LAB_INTEGRITY, "more than %llu bytes came",
                            (unsigned long long)most);
        return 0;
    }
    int rc = lab_io_write_all(t->fd, bytes, n, (int64_t)t->have);
    if (rc < 0) {
        lab_transfer_refuse(t, LAB_HOST, "cannot write '%s': %s", t->part, uv_strerror(rc));
        return 0;
    }
    lab_sha256_add(t->hash, bytes, n);
    t->have += n;
    lab_transfer_count(t, 0);
    return n;
}
