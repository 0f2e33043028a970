/* One URL to one file, over as many connections as it takes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "net/transfer.h"
#include "platform.h"

enum { TRIES = 8, BACKOFF_MS = 250, BACKOFF_MAX_MS = 30000, TICK_MS = 50 };
#define PROGRESS_BYTES (64u << 10) /* fewer are not worth another round of tries */

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t e)
{
    (void)arg, (void)a, (void)b, (void)c, (void)e;
    return lab_work_cancelled(); /* non-zero ends the transfer */
}
static CURLcode one_connection(struct lab_transfer *t, char reason[CURL_ERROR_SIZE])
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
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, lab_transfer_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, lab_transfer_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    CURLcode rc = curl_easy_perform(curl);
    if (rc == CURLE_OK && !t->body && lab_transfer_body(t) < 0) /* an empty file */
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
static uint64_t backoff(const struct lab_transfer *t, unsigned in_vain)
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

static bool range_refused(const struct lab_transfer *t, CURLcode rc)
{
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    return t->asked_rest && (status == 416 || rc == CURLE_RANGE_ERROR);
}

static int transfer_all(struct lab_transfer *t)
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
        if (restart && lab_transfer_anew(t) < 0)
            return -1;
        mark = restart ? 0 : mark;
        pause_ms(wait);
    }
}

/* --- the whole file --------------------------------------------------------------------------- */

static int check_whole(struct lab_transfer *t)
{
    const struct lab_download *d = t->d;
    if (d->size && t->have != d->size)
        return lab_transfer_refuse(t, LAB_INTEGRITY, "%llu bytes came, and it should have %llu",
                                   (unsigned long long)t->have, (unsigned long long)d->size);
    lab_sha256_end(t->hash, t->d->got);
    t->hash = NULL;
    if (!d->sha256 || strcmp(d->sha256, d->got) == 0)
        return 0;
    return lab_transfer_refuse(t, LAB_INTEGRITY, "its SHA-256 is %s and should be %s", d->got,
                               d->sha256);
}

static int finish(struct lab_transfer *t)
{
    int rc = lab_io_sync(t->fd), closed = lab_io_close(t->fd);
    t->fd = -1;
    if (rc < 0 || closed < 0)
        return lab_transfer_refuse(t, LAB_HOST, "cannot finish writing '%s': %s", t->part,
                                   uv_strerror(rc < 0 ? rc : closed));
    if (plat_rename(t->part, t->d->path, t->err) < 0)
        return -1;
    (void)plat_remove(t->note_path, NULL);
    t->d->bytes = t->have;
    t->d->done = true;
    return 0;
}

static int fetch(struct lab_transfer *t)
{
    if (lab_transfer_open(t) < 0)
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
        if (lab_transfer_anew(t) == 0 && transfer_all(t) == 0 && check_whole(t) == 0)
            return finish(t);
    }
    return -1;
}

/* A part that can never become the file is of no use to the next run. */
static void clean_up(struct lab_transfer *t, int rc)
{
    if (t->fd >= 0)
        lab_io_close(t->fd);
    if (rc < 0 && t->err->code == LAB_INTEGRITY) {
        (void)plat_remove(t->part, NULL);
        (void)plat_remove(t->note_path, NULL);
    }
    if (t->hash)
        lab_transfer_forget(t);
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
    struct lab_transfer t = {.d = d, .options = options, .counts = counts, .err = err, .fd = -1};
    t.part = lab_format("%s.part", d->path);
    t.note_path = lab_format("%s.part.from", d->path);
    int rc = fetch(&t);
    clean_up(&t, rc);
    return rc;
}
