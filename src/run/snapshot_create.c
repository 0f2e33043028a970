/* Making a snapshot: all nodes off, every disk kept, those that ran on again. */
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "base/time.h"
#include "platform.h"
#include "run/cut.h"
#include "run/power.h"
#include "run/roster.h"
#include "run/snapshot.h"

/* An earlier definition would bring a deleted seed back, and a disk in the middle of its first boot
 * is none to go back to. */
static int check_settled(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    LAB_VEC_FOREACH (r, &run->records.list) {
        const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, r->name);
        if (lab_roster_check(run, LAB_LADDER_UP, r, err))
            return -1;
        if (!r->detached || !r->restarted || vm->seed_attached || vm->payload_attached)
            lab_str_addf(&names, "%s%s", names.len ? ", " : "", r->name);
    }
    if (!names.len)
        return 0;
    lab_fail(err, LAB_CONFLICT,
             "no snapshot of this lab yet: its ISOs are not detached, or the restart after that is "
             "not proved, on %s",
             lab_str_get(&names));
    return lab_error_hint(err, "'%s up' brings them through, then try again", lab_run_self(run));
}

struct memory_work {
    struct lab_run *run;
    struct lab_str *names;
};

static int memory_fn(void *arg, struct lab_error *err)
{
    struct memory_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    LAB_VEC_FOREACH (r, &w->run->records.list) {
        LAB_AUTO_VM_SNAPSHOTS struct lab_vm_snapshots there = {{0}, false};
        if (p->ops->snapshots(p, r->name, &there, err))
            return -1;
        if (there.memory_kept)
            lab_str_addf(w->names, "%s%s", w->names->len ? ", " : "", r->name);
    }
    return 0;
}

/* Asked before any node is stopped: a hypervisor without snapshots says so here, too. */
static int check_memory(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str names = LAB_STR_INIT;
    struct memory_work work = {run, &names};
    if (lab_await(run, NULL, memory_fn, &work, NULL, err))
        return -1;
    if (!names.len)
        return 0;
    lab_fail(err, LAB_CONFLICT,
             "memory is kept beside the disk (suspended, or a managed save) of %s; without it the "
             "disk is that of a guest in the middle of its work",
             lab_str_get(&names));
    return lab_error_hint(err, "'%s start' lets it go on, then try again", lab_run_self(run));
}

/* "20261122-021103" from "2026-11-22T02:11:03.120Z". */
static char *name_of_now(void)
{
    LAB_AUTO_STR struct lab_str now = LAB_STR_INIT, name = LAB_STR_INIT;
    lab_put_time(&now, plat_wall_ms());
    for (const char *c = lab_str_get(&now); *c && *c != '.'; c++)
        if (*c == 'T')
            lab_str_addc(&name, '-');
        else if (*c >= '0' && *c <= '9')
            lab_str_addc(&name, *c);
    return lab_str_detach(&name);
}

static int check_name(const char *name, struct lab_error *err)
{
    if (lab_is_snapshot_name(name))
        return 0;
    lab_fail(err, LAB_USAGE, "'%s' cannot be the name of a snapshot", name);
    return lab_error_hint(err,
                          "use up to %d of a-z, 0-9, '.' and '-', with a letter or digit at "
                          "both ends",
                          LAB_SNAPSHOT_NAME_MAX);
}

static int
check_free(struct lab_run *run, struct lab_snapshots *all, const char *name, struct lab_error *err)
{
    const struct lab_snapshot *s = lab_snapshots_find(all, name);
    if (s && s->state == LAB_SNAPSHOT_PRESENT) {
        lab_fail(err, LAB_CONFLICT, "there is a snapshot '%s' already", name);
        return lab_error_hint(err, "choose another name, or delete it: '%s snapshot delete %s'",
                              lab_run_self(run), name);
    }
    LAB_VEC_FOREACH (other, &all->list) {
        if (!lab_snapshot_is_pending(run, other))
            continue;
        lab_fail(err, LAB_CONFLICT, "the restore of snapshot '%s' was cut off", other->name);
        return lab_error_hint(err, "finish it: '%s snapshot restore %s'", lab_run_self(run),
                              other->name);
    }
    return 0;
}

/* before: of that name and half-made, or NULL; who ran then is started, too. */
static void fill(struct lab_snapshot *out,
                 struct lab_run *run,
                 const char *name,
                 const struct lab_snapshot *before)
{
    char token[LAB_SNAPSHOT_TOKEN + 1];
    lab_random_hex(token, LAB_SNAPSHOT_TOKEN);
    out->name = lab_strdup(name);
    out->token = lab_strdup(token);
    out->state = LAB_SNAPSHOT_MAKING;
    out->made_ms = plat_wall_ms();
    LAB_VEC_FOREACH (r, &run->records.list) {
        struct lab_snapshot_node *node = lab_vec_push(&out->nodes);
        node->node = lab_strdup(r->name);
        node->generation = lab_strdup(r->generation);
        node->state = LAB_SNAPSHOT_MAKING;
        node->ran = lab_snapshot_is_on(run, r->name);
        for (size_t i = 0; before && i < before->nodes.len; i++)
            if (strcmp(before->nodes.items[i].node, r->name) == 0)
                node->ran = node->ran || before->nodes.items[i].ran;
    }
}

static int take(struct lab_run *run, const struct lab_snapshot *s, struct lab_error *err)
{
    LAB_AUTOFREE char *handle = lab_snapshot_handle(s);
    LAB_VEC_FOREACH (node, &s->nodes)
        if (lab_snapshot_act(run, LAB_SNAPSHOT_TAKE, handle, node->node, err) ||
            lab_state_snapshot_mark(run->state, s->name, node->node, LAB_SNAPSHOT_PRESENT, err))
            return -1;
    return lab_state_snapshot_mark(run->state, s->name, NULL, LAB_SNAPSHOT_PRESENT, err);
}

/* What stopped them decides; that they did not come back as well is said beside it. */
static int start_again(struct lab_run *run,
                       const struct lab_snapshot *s,
                       int rc,
                       struct lab_report *report,
                       struct lab_error *err)
{
    LAB_VEC(const char *) ran = {0};
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    const struct lab_run_options *before = run->options;
    struct lab_run_options options = *before;
    LAB_VEC_FOREACH (node, &s->nodes)
        if (node->ran)
            *lab_vec_push(&ran) = node->node;
    options.targets = ran.len < s->nodes.len ? ran.items : NULL;
    options.targets_len = ran.len < s->nodes.len ? ran.len : 0;
    run->options = &options;
    bool back = !ran.len || run->interrupted || lab_power_up(run, report, &why) == 0;
    run->options = before;
    lab_vec_clear(&ran);
    if (back)
        return rc;
    if (rc)
        lab_run_warning(run, "%s", why.message);
    else
        lab_error_move(err, &why);
    return -1;
}

/* The intent: who ran, and until it has gone the token of what was left half-made. */
static int note(struct lab_run *run,
                const struct lab_snapshot *fresh,
                const struct lab_snapshot *before,
                struct lab_error *err)
{
    struct lab_snapshot first = *fresh;
    first.token = before ? before->token : fresh->token;
    return lab_state_snapshot_put(run->state, &first, err);
}

/* What `stop` could not ask is said of the disk for as long as the snapshot is there. */
static int note_cuts(struct lab_run *run, struct lab_snapshot *s, struct lab_error *err)
{
    LAB_VEC_FOREACH (node, &s->nodes) {
        node->cut = lab_was_cut(run, node->node);
        if (node->cut)
            lab_run_warning(run,
                            "the power of %s was cut: its disk is kept as after a loss of power",
                            node->node);
    }
    return lab_state_snapshot_put(run->state, s, err);
}

static int keep_disks(struct lab_run *run,
                      struct lab_snapshot *s,
                      const struct lab_snapshot *before,
                      bool *begun, /* there may be a part of it */
                      struct lab_error *err)
{
    struct lab_report down = {0};
    int rc = lab_power_down(run, &down, err);
    lab_report_clear(&down);
    if (rc || (before && lab_snapshot_drop_disks(run, before, err)) || note_cuts(run, s, err))
        return -1;
    *begun = true;
    return take(run, s, err);
}

static bool some_on(struct lab_run *run)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    bool on = false;
    if (run->interrupted || lab_run_observe(run, &why))
        return false;
    LAB_VEC_FOREACH (r, &run->records.list)
        on = on || lab_snapshot_is_on(run, r->name);
    return on;
}

static void give_up(struct lab_run *run,
                    const struct lab_snapshot *s,
                    const struct lab_snapshot *before,
                    bool begun)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (begun ? lab_snapshot_drop(run, s, &why)
              : !before && lab_state_snapshot_gone(run->state, s->name, &why))
        lab_run_warning(run, "%s", why.message);
}

/* A labctl that was killed may have left a start under way: then a node comes up only when all were
 * off, and is stopped like the others. */
static int make(struct lab_run *run,
                struct lab_snapshot *s,
                const struct lab_snapshot *before,
                struct lab_report *report,
                struct lab_error *err)
{
    bool begun = false;
    int rc = keep_disks(run, s, before, &begun, err);
    if (rc && err->code == LAB_HYPERVISOR && some_on(run)) {
        lab_error_clear(err);
        rc = keep_disks(run, s, before, &begun, err);
    }
    if (rc && !run->interrupted) /* else it stays, as half-made */
        give_up(run, s, before, begun);
    return start_again(run, s, rc, report, err);
}

static int create(struct lab_run *run,
                  const char *name,
                  struct lab_snapshots *all,
                  struct lab_report *report,
                  struct lab_error *err)
{
    struct lab_snapshot fresh = {0};
    const struct lab_snapshot *before = lab_snapshots_find(all, name);
    if (check_name(name, err) || check_free(run, all, name, err) || check_settled(run, err) ||
        check_memory(run, err))
        return -1;
    fill(&fresh, run, name, before);
    int rc = note(run, &fresh, before, err) || make(run, &fresh, before, report, err) ? -1 : 0;
    lab_snapshot_clear(&fresh);
    return rc;
}

int lab_snapshot_create(struct lab_run *run,
                        const char *name,
                        char **made,
                        struct lab_report *report,
                        struct lab_error *err)
{
    struct lab_snapshots all;
    uint64_t began = plat_now_ms();
    LAB_AUTOFREE char *chosen = name ? lab_strdup(name) : name_of_now();
    if (lab_need_lab(run, err) || lab_run_observe(run, err) ||
        lab_state_snapshots(run->state, &all, err))
        return -1;
    int rc = lab_state_run_begin(run->state, "snapshot create", err);
    if (rc == 0)
        rc = lab_snapshot_ended(run, create(run, chosen, &all, report, err), err);
    lab_snapshots_clear(&all);
    report->took_ms = plat_now_ms() - began;
    if (rc == 0)
        *made = lab_steal(&chosen);
    return rc;
}
