#include "run/images.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "plan/plan.h"
#include "run/beside.h"
#include "spec/spec.h"
#include "state/state.h"

/* --- list ---------------------------------------------------------------------------------------
 */

static int unknown(const struct lab_cache *cache, const char *name, struct lab_error *err)
{
    const char *nearest = lab_cache_nearest(cache, name);
    if (nearest)
        lab_fail(err, LAB_USAGE, "no image '%s' in the image cache; did you mean '%s'?", name,
                 nearest);
    else
        lab_fail(err, LAB_USAGE, "no image '%s' in the image cache", name);
    return lab_error_hint(err, "'labctl image list' shows them by name and digest");
}

static void look(struct lab_image_row *row)
{
    struct lab_disk *disk;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    const struct lab_cached *e = row->cached;
    const char *path = e->path ? e->path : e->vmdk.path ? e->vmdk.path : e->raw.path;
    if (!e->path)
        row->note = lab_strdup(lab_tr("only what was made of it; the image itself is elsewhere"));
    if (lab_disk_open(&disk, path, &why)) {
        lab_assign(&row->note, why.message);
        return;
    }
    row->info = *lab_disk_info(disk);
    lab_disk_close(disk);
}

static void add_row(struct lab_image_rows *out, const struct lab_cached *cached)
{
    struct lab_image_row *row = lab_vec_push(&out->rows);
    row->cached = cached;
    look(row);
}

static bool is_made_from(const struct lab_node_records *records, const char *sha256)
{
    LAB_VEC_FOREACH (node, &records->list)
        if (lab_plan_provision_uses(node->provision_hash, sha256))
            return true;
    return false;
}

static int add_lab(struct lab_image_rows *out, const char *lab, struct lab_error *err)
{
    struct lab_state *st;
    struct lab_node_records records = {{0}};
    if (lab_state_open(&st, lab, LAB_STATE_READ, NULL, "image", err))
        return -1;
    int rc = lab_state_nodes(st, &records, err);
    LAB_VEC_FOREACH (row, &out->rows)
        if (rc == 0 && is_made_from(&records, row->cached->sha256))
            *lab_vec_push(&row->labs) = lab_strdup(lab);
    lab_node_records_clear(&records);
    lab_state_close(st);
    return rc;
}

static int add_labs(struct lab_image_rows *out, struct lab_error *err)
{
    struct lab_names labs = {{0}};
    if (lab_state_labs(&labs, err))
        return -1;
    LAB_VEC_FOREACH (lab, &labs.list) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        if (add_lab(out, *lab, &why))
            lab_assign(&out->unread, why.message);
    }
    lab_names_clear(&labs);
    return 0;
}

int lab_images_list(const char *const *names,
                    size_t n,
                    struct lab_image_rows *out,
                    struct lab_error *err)
{
    *out = (struct lab_image_rows){0};
    if (lab_cache_read(&out->cache, err))
        return -1;
    LAB_VEC_FOREACH (e, &out->cache.list)
        if (n == 0)
            add_row(out, e);
    for (size_t i = 0; i < n; i++) {
        const struct lab_cached *e = lab_cache_find(&out->cache, names[i]);
        if (!e)
            return unknown(&out->cache, names[i], err);
        add_row(out, e);
    }
    return add_labs(out, err);
}

static void clear_row(struct lab_image_row *row)
{
    LAB_VEC_FOREACH (lab, &row->labs)
        free(*lab);
    lab_vec_clear(&row->labs);
    free(row->note);
}

void lab_image_rows_clear(struct lab_image_rows *rows)
{
    LAB_VEC_FOREACH (row, &rows->rows)
        clear_row(row);
    lab_vec_clear(&rows->rows);
    lab_cache_clear(&rows->cache);
    free(rows->unread);
    rows->unread = NULL;
}

/* --- verify -------------------------------------------------------------------------------------
 */

struct verify {
    const struct lab_image_rows *rows;
    struct lab_image_verdicts *out;
    struct lab_meter meter;
};

static struct lab_image_verdict *judge(struct verify *v, const char *file, bool sound)
{
    struct lab_image_verdict *verdict = lab_vec_push(&v->out->list);
    verdict->file = lab_strdup(file);
    verdict->sound = sound;
    v->out->damaged += !sound;
    return verdict;
}

static int verify_made(struct verify *v, const struct lab_cached_made *made, struct lab_error *err)
{
    bool sound;
    if (!made->path)
        return 0;
    if (lab_cache_check_made(made, &sound, lab_meter_feed, &v->meter, err))
        return -1;
    judge(v, made->path, sound)->removed = !sound;
    return 0;
}

static int verify_image(struct verify *v, const struct lab_cached *e, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    if (!e->path)
        return 0;
    if (lab_cache_copy(e->path, NULL, hex, lab_meter_feed, &v->meter, err))
        return -1;
    /* The next `up` believes this, and refuses a damaged image. */
    lab_digest_put(e->path, hex);
    judge(v, e->path, strcmp(hex, e->sha256) == 0);
    return 0;
}

/* Several names may stand for what was made once. */
static bool is_first(const struct lab_image_rows *rows, const struct lab_image_row *row)
{
    for (const struct lab_image_row *r = rows->rows.items; r < row; r++)
        if (strcmp(r->cached->sha256, row->cached->sha256) == 0)
            return false;
    return true;
}

static int verify_fn(void *arg, struct lab_error *err)
{
    struct verify *v = arg;
    LAB_VEC_FOREACH (row, &v->rows->rows) {
        if (verify_image(v, row->cached, err))
            return -1;
        if (is_first(v->rows, row) &&
            (verify_made(v, &row->cached->vmdk, err) || verify_made(v, &row->cached->raw, err)))
            return -1;
    }
    return 0;
}

int lab_images_verify(const struct lab_image_rows *rows,
                      lab_cache_progress *progress,
                      void *progress_arg,
                      struct lab_image_verdicts *out,
                      struct lab_error *err)
{
    struct verify v = {.rows = rows, .out = out};
    *out = (struct lab_image_verdicts){{0}, 0};
    return lab_beside(verify_fn, &v, &v.meter, progress, progress_arg, err);
}

void lab_image_verdicts_clear(struct lab_image_verdicts *verdicts)
{
    LAB_VEC_FOREACH (verdict, &verdicts->list)
        free(verdict->file);
    lab_vec_clear(&verdicts->list);
}

/* --- rm, prune ----------------------------------------------------------------------------------
 */

static int check_known(const struct lab_image_rows *rows, struct lab_error *err)
{
    return rows->unread ? lab_fail(err, LAB_CONFLICT,
                                   "cannot tell which images the labs here use: %s", rows->unread)
                        : 0;
}

static int used(const struct lab_image_row *row, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str labs = LAB_STR_INIT;
    const char *name = row->cached->name ? row->cached->name : row->cached->sha256;
    LAB_VEC_FOREACH (lab, &row->labs)
        lab_str_addf(&labs, "%s'%s'", labs.len ? ", " : "", *lab);
    if (row->labs.len == 1)
        lab_fail(err, LAB_CONFLICT, "the image '%s' is used by lab %s", name, lab_str_get(&labs));
    else
        lab_fail(err, LAB_CONFLICT, "the image '%s' is used by labs %s", name, lab_str_get(&labs));
    return lab_error_hint(err,
                          "its VMs have disks of their own and would run on, but 'up' could not "
                          "add or make anew a node without it; --force removes it all the same");
}

int lab_images_remove(const struct lab_image_rows *rows, bool force, struct lab_error *err)
{
    if (!force && check_known(rows, err))
        return -1;
    LAB_VEC_FOREACH (row, &rows->rows)
        if (!force && row->labs.len)
            return used(row, err);
    lab_cache_sweep();
    LAB_VEC_FOREACH (row, &rows->rows)
        if (lab_cache_remove(row->cached, err))
            return -1;
    return 0;
}

int lab_images_keep_unused(struct lab_image_rows *rows, struct lab_error *err)
{
    size_t kept = 0;
    if (check_known(rows, err))
        return -1;
    LAB_VEC_FOREACH (row, &rows->rows) {
        if (row->labs.len)
            clear_row(row);
        else
            rows->rows.items[kept++] = *row;
    }
    rows->rows.len = kept;
    return 0;
}
