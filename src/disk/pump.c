#include "disk/pump.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/work.h"

#define PIECE   ((size_t)LAB_DISK_CLUSTER_MAX)
#define SLOTS   8
#define READERS 4

/* FREE -> (a reader claims it) READING -> READY -> (the caller has used it) FREE */
struct slot {
    enum { FREE, READING, READY } state;
    struct lab_disk_piece piece;
    int rc;
    struct lab_error err;
};

struct pump {
    struct lab_disk *disk;
    size_t unit;
    uv_mutex_t lock; /* for all below */
    uv_cond_t changed;
    struct slot slots[SLOTS]; /* piece i is in slot i % SLOTS */
    uint64_t claimed, used;   /* pieces */
    uint64_t at;              /* where the next one is looked for */
    bool ended;               /* no more are claimed */
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int check_cancelled(const struct pump *p, struct lab_error *err)
{
    if (!lab_work_cancelled())
        return 0;
    return lab_fail(err, LAB_CANCELLED, "reading '%s' was interrupted", p->disk->files.items[0]);
}

/* Finds the next data at or behind *at and its length; 0 at the end of the disk. Pieces do not go
 * beyond a multiple of PIECE, so that no cluster is in two. */
static int find(struct pump *p, struct lab_disk_piece *piece, struct lab_error *err)
{
    struct lab_disk_extent extent = {0, true};
    uint64_t size = p->disk->info.size;
    piece->n = 0;
    while (p->at < size && extent.zero) {
        if (check_cancelled(p, err) < 0 || lab_disk_map(p->disk, p->at, &extent, err) < 0)
            return -1;
        if (extent.zero)
            p->at += extent.length;
    }
    if (p->at >= size || extent.zero)
        return 0;
    /* p->at is behind the last piece's end, a multiple of unit, so this does not go back over it.
     */
    uint64_t start = p->at / p->unit * p->unit;
    uint64_t end = lab_round_up(p->at + least(extent.length, PIECE), p->unit);
    end = least(least(end, (start / PIECE + 1) * PIECE), size);
    piece->offset = start;
    piece->n = (size_t)(end - start);
    p->at = end;
    return 0;
}

static void fill(struct pump *p, struct slot *slot)
{
    struct lab_disk_piece *piece = &slot->piece;
    size_t whole = (size_t)lab_round_up(piece->n, p->unit);
    slot->rc = lab_disk_read(p->disk, piece->offset, piece->bytes, piece->n, &slot->err);
    memset(piece->bytes + piece->n, 0, whole - piece->n);
}

/* The slot of the next piece; NULL when there is none. Called with the lock held. A failure becomes
 * a piece too, the last one. */
static struct slot *claim(struct pump *p)
{
    while (!p->ended && p->slots[p->claimed % SLOTS].state != FREE)
        uv_cond_wait(&p->changed, &p->lock);
    if (p->ended)
        return NULL;
    struct slot *slot = &p->slots[p->claimed % SLOTS];
    slot->rc = find(p, &slot->piece, &slot->err);
    p->ended = slot->rc < 0 || slot->piece.n == 0;
    if (slot->rc == 0 && p->ended)
        return NULL;
    slot->state = READING;
    p->claimed++;
    return slot;
}

static void read_pieces(void *arg)
{
    struct pump *p = arg;
    struct slot *slot;
    uv_mutex_lock(&p->lock);
    while ((slot = claim(p))) {
        uv_mutex_unlock(&p->lock);
        if (slot->rc == 0)
            fill(p, slot);
        uv_mutex_lock(&p->lock);
        slot->state = READY;
        uv_cond_broadcast(&p->changed);
    }
    uv_cond_broadcast(&p->changed);
    uv_mutex_unlock(&p->lock);
}

/* The next piece in order, or NULL at the end. */
static struct slot *next(struct pump *p)
{
    struct slot *slot = &p->slots[p->used % SLOTS];
    uv_mutex_lock(&p->lock);
    while (slot->state != READY && !(p->ended && p->used == p->claimed))
        uv_cond_wait(&p->changed, &p->lock);
    bool ready = slot->state == READY;
    uv_mutex_unlock(&p->lock);
    return ready ? slot : NULL;
}

static void release(struct pump *p, struct slot *slot)
{
    uv_mutex_lock(&p->lock);
    slot->state = FREE;
    p->used++;
    uv_cond_broadcast(&p->changed);
    uv_mutex_unlock(&p->lock);
}

static void stop(struct pump *p)
{
    uv_mutex_lock(&p->lock);
    p->ended = true;
    uv_cond_broadcast(&p->changed);
    uv_mutex_unlock(&p->lock);
}

static int use_all(struct pump *p, lab_disk_piece_fn *fn, void *arg, struct lab_error *err)
{
    struct slot *slot;
    while ((slot = next(p))) {
        if (slot->rc < 0) {
            lab_error_move(err, &slot->err);
            return -1;
        }
        if (check_cancelled(p, err) < 0 || fn(arg, &slot->piece, err) < 0)
            return -1;
        release(p, slot);
    }
    return check_cancelled(p, err);
}

static int run(struct pump *p, lab_disk_piece_fn *fn, void *arg, struct lab_error *err)
{
    uv_thread_t threads[READERS];
    int started = 0, rc = 0;
    while (started < READERS && rc == 0) {
        rc = uv_thread_create(&threads[started], read_pieces, p);
        started += rc == 0;
    }
    if (started == 0)
        rc = lab_fail(err, LAB_HOST, "cannot start a thread: %s", uv_strerror(rc));
    else
        rc = use_all(p, fn, arg, err); /* one reader will do */
    stop(p);
    while (started > 0)
        uv_thread_join(&threads[--started]);
    return rc;
}

int lab_disk_pump(
    struct lab_disk *disk, size_t unit, lab_disk_piece_fn *fn, void *arg, struct lab_error *err)
{
    struct pump p = {.disk = disk, .unit = unit};
    uv_mutex_init(&p.lock);
    uv_cond_init(&p.changed);
    for (size_t i = 0; i < SLOTS; i++)
        p.slots[i].piece.bytes = lab_alloc(PIECE);
    int rc = run(&p, fn, arg, err);
    for (size_t i = 0; i < SLOTS; i++) {
        free(p.slots[i].piece.bytes);
        lab_error_clear(&p.slots[i].err);
    }
    uv_cond_destroy(&p.changed);
    uv_mutex_destroy(&p.lock);
    return rc;
}
