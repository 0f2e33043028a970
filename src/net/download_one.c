/* One URL to one file, over as many connections as it takes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "net/download_priv.h"
#include "net/http.h"
#include "platform.h"

enum { TRIES = 8, BACKOFF_MS = 250, BACKOFF_MAX_MS = 30000, TICK_MS = 50 };
#define PROGRESS_BYTES (64u << 10) /* fewer are not worth another round of tries */

/* Headers of the answer that is being read; redirects have some of their own. */
struct answer {
    struct lab_note note;
    uint64_t from; /* of Content-Range */
    bool ranged;
};

struct transfer {
    struct lab_download *d;
    const struct lab_download_options *options;
    struct lab_download_counts *counts;
    struct lab_error *err;
    CURL *curl;
    char *part, *note_path;
    int fd;
    uint64_t have; /* bytes in the part, all of them in hash */
    struct lab_sha256 *hash;
    struct lab_note note; /* what the part is a part of; no source: nothing to go on with */
    struct answer answer;
    bool asked_rest, body;
    bool joined; /* the part is of more than one answer */
    bool anew;   /* the answer is no use to this part */
    int refused; /* -1: err is set, and trying again helps nobody */
};

static int refuse(struct transfer *t, enum lab_code code, const char *fmt, ...) LAB_PRINTF(3, 4);
static int refuse(struct transfer *t, enum lab_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *why = lab_vformat(fmt, ap);
    va_end(ap);
    t->refused = -1;
    return lab_fail(t->err, code, "cannot use '%s': %s", t->d->source, why);
}

/* --- the part --------------------------------------------------------------------------------- */

static void count(struct transfer *t, uint64_t total)
{
    atomic_store(&t->counts->done, t->have);
    if (total)
        atomic_store(&t->counts->total, total);
}

static void forget_hash(struct transfer *t)
{
    char ignored[LAB_SHA256_HEX];
    lab_sha256_end(t->hash, ignored);
}

static int begin_anew(struct transfer *t)
{
    int rc = lab_io_resize(t->fd, 0);
    forget_hash(t);
    t->hash = lab_sha256_new();
    t->have = 0;
    t->joined = false;
    lab_note_clear(&t->note);
    (void)plat_remove(t->note_path, NULL);
    count(t, 0);
    return rc < 0 ? refuse(t, LAB_HOST, "cannot empty '%s': %s", t->part, uv_strerror(rc)) : 0;
}

/* What an earlier run left goes through the hash again. Whatever is odd about it: it is dropped. */
static bool take_up(struct transfer *t)
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

static int open_part(struct transfer *t)
{
    t->hash = lab_sha256_new();
    if (take_up(t)) {
        t->fd = lab_io_open_write(t->part, t->err);
        t->joined = true;
        count(t, t->note.total);
    } else {
        lab_note_clear(&t->note);
        t->have = 0;
        forget_hash(t);
        t->hash = lab_sha256_new();
        if (plat_remove(t->note_path, t->err) < 0 || plat_remove(t->part, t->err) < 0)
            return -1;
        t->fd = plat_create(t->part, t->d->mode, t->err);
    }
    return t->fd < 0 ? -1 : 0;
}

/* --- one answer ------------------------------------------------------------------------------- */

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

static void take_range(struct answer *a, const char *text)
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

static size_t on_header(char *line, size_t one, size_t count_, void *arg)
{
    struct transfer *t = arg;
    struct answer *a = &t->answer;
    size_t n = one * count_;
    char *text = NULL;
    if (n > 5 && memcmp(line, "HTTP/", 5) == 0) {
        lab_note_clear(&a->note);
        *a = (struct answer){0};
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
static int note_answer(struct transfer *t)
{
    const struct lab_note *from = &t->answer.note;
    if (t->have > 0 && begin_anew(t) < 0)
        return -1;
    lab_note_clear(&t->note);
    t->note = (struct lab_note){lab_strdup(t->d->source), one_line(from->etag),
                                one_line(from->modified), from->total};
    if (lab_note_write(&t->note, t->note_path, t->err) == 0)
        return 0;
    t->refused = -1;
    return -1;
}

static int check_total(struct transfer *t, uint64_t total)
{
    const struct lab_download *d = t->d;
    if (d->size && total && total != d->size)
        return refuse(t, LAB_INTEGRITY,
                      "the server says that it has %" PRIu64 " bytes, and it should have %" PRIu64,
                      total, d->size);
    if (d->max_bytes && total > d->max_bytes)
        return refuse(t, LAB_INTEGRITY,
                      "the server says that it has %" PRIu64 " bytes, and at most %" PRIu64
                      " can be right",
                      total, d->max_bytes);
    return 0;
}

/* Before the first byte of a body. -1 ends the transfer. */
static int begin_body(struct transfer *t)
{
    long status = 0;
    struct answer *a = &t->answer;
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
    count(t, t->note.total);
    return check_total(t, t->note.total);
}

static size_t on_bytes(char *bytes, size_t one, size_t count_, void *arg)
{
    struct transfer *t = arg;
    const struct lab_download *d = t->d;
    size_t n = one * count_;
    if (!t->body && begin_body(t) < 0)
        return 0; /* ends the transfer */
    uint64_t most = d->size ? d->size : d->max_bytes;
    if (most && t->have + n > most) {
        refuse(t, LAB_INTEGRITY, "more than %" PRIu64 " bytes came", most);
        return 0;
    }
    int rc = lab_io_write_all(t->fd, bytes, n, (int64_t)t->have);
    if (rc < 0) {
        refuse(t, LAB_HOST, "cannot write '%s': %s", t->part, uv_strerror(rc));
        return 0;
    }
    lab_sha256_add(t->hash, bytes, n);
    t->have += n;
    count(t, 0);
    return n;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t e)
{
    (void)arg, (void)a, (void)b, (void)c, (void)e;
    return lab_work_cancelled(); /* non-zero ends the transfer */
}

static CURLcode one_connection(struct transfer *t, char reason[CURL_ERROR_SIZE])
{
    const char *validator = lab_note_validator(&t->note);
    struct curl_slist *headers = NULL;
    LAB_AUTOFREE char *range = lab_format("%" PRIu64 "-", t->have);
    LAB_AUTOFREE char *if_range = validator ? lab_format("If-Range: %s", validator) : NULL;
    CURL *curl = t->curl = lab_http_new(t->d->source, reason);
    t->body = t->anew = false;
    /* Of a file on this machine nothing is noted that would tell two versions apart. */
    t->asked_rest =
        t->have > 0 && (validator || t->d->sha256) && !lab_starts_with(t->d->source, "file:");
    if (t->asked_rest) {
        curl_easy_setopt(curl, CURLOPT_RANGE, range);
        if (if_range)
            headers = curl_slist_append(NULL, if_range);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
    if (t->options->stall_s)
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)t->options->stall_s);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    CURLcode rc = curl_easy_perform(curl);
    if (rc == CURLE_OK && !t->body && begin_body(t) < 0) /* an empty file */
        rc = CURLE_WRITE_ERROR;
    curl_slist_free_all(headers);
    return rc;
}

/* --- again and again -------------------------------------------------------------------------- */

static void pause_ms(uint64_t ms)
{
    for (uint64_t end = plat_now_ms() + ms; plat_now_ms() < end && !lab_work_cancelled();)
        uv_sleep(TICK_MS);
}

/* How long to wait after so many tries in vain; a server may ask for more. */
static uint64_t backoff(const struct transfer *t, unsigned in_vain)
{
    uint64_t ms = t->options->backoff_ms ? t->options->backoff_ms : BACKOFF_MS;
    curl_off_t asked = 0;
    for (unsigned i = 1; i < in_vain && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &asked);
    if (asked > 0 && (uint64_t)asked * 1000 > ms)
        ms = (uint64_t)asked * 1000;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static bool range_refused(const struct transfer *t, CURLcode rc)
{
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    return t->asked_rest && (status == 416 || rc == CURLE_RANGE_ERROR);
}

static int transfer_all(struct transfer *t)
{
    unsigned tries = t->options->tries ? t->options->tries : TRIES, in_vain = 0;
    uint64_t mark = t->have;
    for (;;) {
        char reason[CURL_ERROR_SIZE];
        CURLcode rc = one_connection(t, reason);
        bool again = t->anew || range_refused(t, rc);
        uint64_t wait = 0;
        if (t->have >= mark + PROGRESS_BYTES) {
            mark = t->have;
            in_vain = 0;
        }
        if (rc != CURLE_OK && !t->refused) {
            in_vain++;
            again = (again || lab_http_may_pass(t->curl, rc)) && in_vain < tries;
            wait = again ? backoff(t, in_vain) : 0;
        }
        bool restart = t->anew || range_refused(t, rc);
        curl_easy_cleanup(t->curl);
        if (t->refused)
            return -1;
        if (rc == CURLE_OK)
            return 0;
        if (!again || rc == CURLE_ABORTED_BY_CALLBACK)
            return lab_http_fail(t->err, rc, t->d->source, reason);
        lab_log("download of '%s' broke off at %" PRIu64 " bytes: %s; again in %" PRIu64 " ms",
                t->d->source, t->have, *reason ? reason : curl_easy_strerror(rc), wait);
        if (restart && begin_anew(t) < 0)
            return -1;
        mark = restart ? 0 : mark;
        pause_ms(wait);
    }
}

/* --- the whole file --------------------------------------------------------------------------- */

static int check_whole(struct transfer *t)
{
    const struct lab_download *d = t->d;
    if (d->size && t->have != d->size)
        return refuse(t, LAB_INTEGRITY, "%" PRIu64 " bytes came, and it should have %" PRIu64,
                      t->have, d->size);
    lab_sha256_end(t->hash, t->d->got);
    t->hash = NULL;
    if (!d->sha256 || strcmp(d->sha256, d->got) == 0)
        return 0;
    return refuse(t, LAB_INTEGRITY, "its SHA-256 is %s and should be %s", d->got, d->sha256);
}

static int finish(struct transfer *t)
{
    int rc = lab_io_sync(t->fd), closed = lab_io_close(t->fd);
    t->fd = -1;
    if (rc < 0 || closed < 0)
        return refuse(t, LAB_HOST, "cannot finish writing '%s': %s", t->part,
                      uv_strerror(rc < 0 ? rc : closed));
    if (plat_rename(t->part, t->d->path, t->err) < 0)
        return -1;
    (void)plat_remove(t->note_path, NULL);
    t->d->bytes = t->have;
    t->d->done = true;
    return 0;
}

static int fetch(struct transfer *t)
{
    if (open_part(t) < 0)
        return -1;
    bool whole = t->d->sha256 && t->have && t->have == t->note.total; /* but for its name */
    if (!whole && transfer_all(t) < 0)
        return -1;
    bool joined = t->joined;
    if (check_whole(t) == 0)
        return finish(t);
    /* Parts of two versions may have been put together: once more, from the beginning. */
    if (joined && t->err->code == LAB_INTEGRITY) {
        lab_error_clear(t->err);
        t->refused = 0;
        if (!t->hash)
            t->hash = lab_sha256_new();
        if (begin_anew(t) == 0 && transfer_all(t) == 0 && check_whole(t) == 0)
            return finish(t);
    }
    return -1;
}

/* A part that can never become the file is of no use to the next run. */
static void clean_up(struct transfer *t, int rc)
{
    if (t->fd >= 0)
        lab_io_close(t->fd);
    if (rc < 0 && t->err->code == LAB_INTEGRITY) {
        (void)plat_remove(t->part, NULL);
        (void)plat_remove(t->note_path, NULL);
    }
    if (t->hash)
        forget_hash(t);
    lab_note_clear(&t->note);
    lab_note_clear(&t->answer.note);
    free(t->part);
    free(t->note_path);
}

int lab_download_one(struct lab_download *d,
                     const struct lab_download_options *options,
                     struct lab_download_counts *counts,
                     struct lab_error *err)
{
    struct transfer t = {.d = d, .options = options, .counts = counts, .err = err, .fd = -1};
    t.part = lab_format("%s.part", d->path);
    t.note_path = lab_format("%s.part.from", d->path);
    int rc = fetch(&t);
    clean_up(&t, rc);
    return rc;
}
