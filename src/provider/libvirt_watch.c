#include <stdlib.h>
#include <uv.h>

#include "base/log.h"
#include "base/work.h"
#include "provider/libvirt_upload.h"

enum { SMALL_BYTES = 32 << 20 };
#define PERIOD_NS (1000ull * 1000 * 1000)

struct lab_libvirt_watch {
    struct lab_libvirt *lv;
    const struct lab_libvirt_upload *u;
    const char *volume;
    uint64_t total;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    bool end;
};

void lab_libvirt_report(const struct lab_libvirt_upload *u, uint64_t done, uint64_t total)
{
    if (u->progress && u->progress->fn)
        u->progress->fn(u->progress->arg, done < total ? done : total, total);
}

static void look(struct lab_libvirt_watch *w)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    uint64_t allocated;
    if (lab_libvirt_volume_number(w->lv, w->u->pool, w->volume, LAB_VOLUME_ALLOCATED, &allocated,
                                  &err) == 0)
        lab_libvirt_report(w->u, allocated, w->total);
}

static void watch(void *arg)
{
    struct lab_libvirt_watch *w = arg;
    uv_mutex_lock(&w->lock);
    while (!w->end) {
        bool woken = uv_cond_timedwait(&w->wake, &w->lock, PERIOD_NS) == 0;
        if (woken || w->end)
            continue;
        uv_mutex_unlock(&w->lock);
        if (!lab_work_cancelled())
            look(w);
        uv_mutex_lock(&w->lock);
    }
    uv_mutex_unlock(&w->lock);
}

struct lab_libvirt_watch *lab_libvirt_watch_begin(struct lab_libvirt *lv,
                                                  const struct lab_libvirt_upload *u,
                                                  const char *volume,
                                                  uint64_t total)
{
    if (!u->progress || !u->progress->fn || total < SMALL_BYTES)
        return NULL;
    struct lab_libvirt_watch *w = lab_alloc(sizeof(*w));
    *w = (struct lab_libvirt_watch){.lv = lv, .u = u, .volume = volume, .total = total};
    uv_mutex_init(&w->lock);
    uv_cond_init(&w->wake);
    if (uv_thread_create(&w->thread, watch, w) == 0)
        return w;
    lab_log("no thread to watch the upload of '%s'", u->file);
    uv_cond_destroy(&w->wake);
    uv_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void lab_libvirt_watch_end(struct lab_libvirt_watch *w)
{
    if (!w)
        return;
    uv_mutex_lock(&w->lock);
    w->end = true;
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->lock);
    uv_thread_join(&w->thread);
    uv_cond_destroy(&w->wake);
    uv_mutex_destroy(&w->lock);
    free(w);
}
