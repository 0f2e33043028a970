#include <stdlib.h>

#include "base/i18n.h"
#include "run/roster.h"
#include "run/snapshot.h"

/* Words that programs compare: never translated. */
static const char *const states[] = {
    [LAB_SNAPSHOT_MAKING] = "half-made",
    [LAB_SNAPSHOT_PRESENT] = "ready",
    [LAB_SNAPSHOT_RESTORING] = "restore cut off",
    [LAB_SNAPSHOT_REMOVING] = "half-deleted",
};

/* One line of what is said in several. */
static char *joined(const struct lab_str *lines)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    for (const char *c = lab_str_get(lines); *c; c++) {
        if (*c != '\n') {
            lab_str_addc(&text, *c);
            continue;
        }
        lab_str_add(&text, text.len ? "; " : "");
        while (c[1] == ' ')
            c++;
    }
    return lab_str_detach(&text);
}

static int add(struct lab_run *run,
               const struct lab_snapshot *s,
               struct lab_snapshot_list *out,
               struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str why = LAB_STR_INIT, cut = LAB_STR_INIT;
    struct lab_snapshot_row *row = lab_vec_push(&out->rows);
    row->name = lab_strdup(s->name);
    row->made_ms = s->made_ms;
    row->nodes = s->nodes.len;
    /* of nodes that were all made anew since nothing is left to be finished */
    enum lab_snapshot_state state =
        s->state == LAB_SNAPSHOT_RESTORING && !lab_snapshot_is_pending(run, s)
            ? LAB_SNAPSHOT_PRESENT
            : s->state;
    row->state = states[state];
    if (state == LAB_SNAPSHOT_MAKING || state == LAB_SNAPSHOT_REMOVING)
        row->note =
            lab_format(lab_tr("'%s snapshot delete %s' removes it"), lab_run_self(run), s->name);
    if (state == LAB_SNAPSHOT_RESTORING)
        row->note =
            lab_format(lab_tr("'%s snapshot restore %s' finishes it"), lab_run_self(run), s->name);
    if (state != LAB_SNAPSHOT_PRESENT)
        return 0;
    lab_snapshot_differences(run, s, &why);
    if (!why.len && lab_snapshot_missing(run, s, &why, err))
        return -1;
    if (why.len) {
        row->state = "unusable";
        row->note = joined(&why);
        return 0;
    }
    LAB_VEC_FOREACH (part, &s->nodes)
        if (part->cut)
            lab_str_addf(&cut, "%s%s", cut.len ? ", " : "", part->node);
    if (cut.len)
        row->note = lab_format(lab_tr("as after a loss of power: %s"), lab_str_get(&cut));
    return 0;
}

int lab_snapshot_list(struct lab_run *run, struct lab_snapshot_list *out, struct lab_error *err)
{
    struct lab_snapshots all;
    int rc = 0;
    if (lab_need_lab(run, err) || lab_state_snapshots(run->state, &all, err))
        return -1;
    LAB_VEC_FOREACH (s, &all.list)
        if (rc == 0)
            rc = add(run, s, out, err);
    lab_snapshots_clear(&all);
    return rc;
}

void lab_snapshot_list_clear(struct lab_snapshot_list *list)
{
    LAB_VEC_FOREACH (row, &list->rows) {
        free(row->name);
        free(row->note);
    }
    lab_vec_clear(&list->rows);
}
