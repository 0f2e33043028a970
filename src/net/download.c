/* Several downloads at a time, each on a thread of its own. */
#include "net/download.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/work.h"
#include "net/download_priv.h"
#include "net/http.h"
#include "platform.h"

enum { PARALLEL = 4, TICK_MS = 100 };

struct job {
    struct lab_error err;
    struct lab_download_counts counts;
    bool failed;
};

struct batch {
    struct lab_download *list;
    struct job *jobs;
    size_t n, next;
    unsigned running;
    bool stop; /* one has failed */
    const struct lab_download_options *options;
    uv_mutex_t lock;
    uv_cond_t changed;
    uint64_t shown_done, shown_total;
};

static bool take(struct batch *b, size_t *i)
{
    uv_mutex_lock(&b->lock);
    bool more = !b->stop && b->next < b->n && !lab_work_cancelled();
    *i = more ? b->next++ : 0;
    uv_mutex_unlock(&b->lock);
    return more;
}

static int is_there(struct lab_download *d,
                    struct lab_download_counts *counts,
                    bool *there,
                    struct lab_error *err)
{
    struct plat_stat st;
    *there = false;
    if (!d->sha256 || plat_lstat(d->path, &st) < 0 || !st.is_file ||
        (d->size && st.size != d->size))
        return 0;
    if (lab_sha256_file(d->path, d->got, &d->bytes, err) < 0)
        return -1;
    *there = d->done = d->reused = strcmp(d->got, d->sha256) == 0;
    if (*there) {
        atomic_store(&counts->total, d->bytes);
        atomic_store(&counts->done, d->bytes);
    }
    return 0;
}

static int fetch(struct lab_download *d,
                 const struct lab_download_options *options,
                 struct lab_download_counts *counts,
                 struct lab_error *err)
{
    bool there;
    if (is_there(d, counts, &there, err) < 0)
        return -1;
    if (there)
        return 0;
    return lab_is_url(d->source) ? lab_download_one(d, options, counts, err)
                                 : lab_download_copy(d, counts, err);
}

static void work(void *arg)
{
    struct batch *b = arg;
    size_t i;
    while (take(b, &i)) {
        struct job *job = &b->jobs[i];
        int rc = fetch(&b->list[i], b->options, &job->counts, &job->err);
        uv_mutex_lock(&b->lock);
        job->failed = rc < 0;
        b->stop = b->stop || rc < 0;
        uv_mutex_unlock(&b->lock);
    }
    uv_mutex_lock(&b->lock);
    b->running--;
    uv_cond_signal(&b->changed);
    uv_mutex_unlock(&b->lock);
}

static void show(struct batch *b)
{
    uint64_t done = 0, total = 0;
    for (size_t i = 0; i < b->n; i++) {
        uint64_t had = atomic_load(&b->jobs[i].counts.done);
        uint64_t all = atomic_load(&b->jobs[i].counts.total);
        all = all ? all : b->list[i].size;
        done += had;
        total += all > had ? all : had;
    }
    /* A part that is begun anew takes bytes back; a bar that runs backwards helps nobody. */
    b->shown_done = done > b->shown_done ? done : b->shown_done;
    b->shown_total = total > b->shown_total ? total : b->shown_total;
    if (b->options->progress && b->shown_total)
        b->options->progress(b->options->arg, b->shown_done, b->shown_total);
}

static void follow(struct batch *b)
{
    uv_mutex_lock(&b->lock);
    while (b->running) {
        (void)uv_cond_timedwait(&b->changed, &b->lock, (uint64_t)TICK_MS * 1000000);
        uv_mutex_unlock(&b->lock);
        show(b);
        uv_mutex_lock(&b->lock);
    }
    uv_mutex_unlock(&b->lock);
    show(b);
}

static void run(struct batch *b, unsigned parallel)
{
    LAB_AUTOFREE uv_thread_t *threads = lab_calloc(parallel, sizeof(*threads));
    unsigned started = 0;
    b->running = parallel;
    while (started < parallel && uv_thread_create(&threads[started], work, b) == 0)
        started++;
    uv_mutex_lock(&b->lock);
    b->running -= parallel - started;
    uv_mutex_unlock(&b->lock);
    if (!started) {
        b->running = 1;
        work(b); /* without threads, one after the other */
    }
    follow(b);
    for (unsigned i = 0; i < started; i++)
        uv_thread_join(&threads[i]);
}

static int verdict(struct batch *b, struct lab_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->jobs[i].failed && rc == 0) {
            lab_error_move(err, &b->jobs[i].err);
            rc = -1;
        }
        lab_error_clear(&b->jobs[i].err);
    }
    if (rc == 0 && lab_work_cancelled())
        return lab_fail(err, LAB_CANCELLED, "interrupted while downloading");
    return rc;
}

int lab_download_all(struct lab_download *list,
                     size_t n,
                     const struct lab_download_options *options,
                     struct lab_error *err)
{
    struct batch b = {.list = list, .n = n, .options = options};
    unsigned parallel = options->parallel ? options->parallel : PARALLEL;
    if (n == 0)
        return 0;
    b.jobs = lab_calloc(n, sizeof(*b.jobs));
    uv_mutex_init(&b.lock);
    uv_cond_init(&b.changed);
    run(&b, parallel < n ? parallel : (unsigned)n);
    uv_cond_destroy(&b.changed);
    uv_mutex_destroy(&b.lock);
    int rc = verdict(&b, err);
    free(b.jobs);
    return rc;
}

uint64_t lab_download_length(const char *source)
{
    char reason[CURL_ERROR_SIZE];
    struct plat_stat st;
    curl_off_t length = 0;
    if (!lab_is_url(source))
        return plat_stat(source, &st) == 0 ? st.size : 0;
    CURL *curl = lab_http_new(source, reason);
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    curl_easy_cleanup(curl);
    return length > 0 ? (uint64_t)length : 0;
}
