/* teardown --orphans. Where no lab of that name is there besides, a ledger with their id is written
 * first and the usual teardown works it off: killed at any point, the next teardown goes on. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "run/hypervisor.h"
#include "run/orphans.h"
#include "run/remove.h"
#include "run/report.h"

static int
ask(struct lab_run *run, const struct lab_orphans *orphans, bool yes, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    lab_str_addf(&text, lab_tr("Remove what is left of lab '%s' for good, with all disks?"), name);
    lab_orphans_list(&text, orphans);
    return lab_confirm(run, yes, lab_str_get(&text),
                       lab_tr("nothing was removed: teardown wants a yes"), err);
}

/* --- as a lab -----------------------------------------------------------------------------------
 */

struct record {
    struct lab_run *run;
    struct lab_state *st;
    const struct lab_orphans *orphans;
};

static const char going_key[] = "orphans";

static int record_fn(void *arg, struct lab_error *err)
{
    struct record *r = arg;
    return lab_orphans_record(r->run, r->st, r->orphans, err) ||
                   lab_state_set(r->st, going_key, "removing", err)
               ? -1
               : 0;
}

bool lab_orphans_unfinished(const char *lab)
{
    struct lab_state *st = NULL;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT; /* teardown says it */
    enum lab_ledger ledger = lab_state_peek(lab); /* empty when only its folder is left to go */
    if ((ledger != LAB_LEDGER_FILLED && ledger != LAB_LEDGER_EMPTY) ||
        lab_state_open(&st, lab, LAB_STATE_READ, NULL, "", &err))
        return false;
    struct lab_node_records nodes = {{0}}; /* an `up` has made a lab of it since */
    bool going = lab_state_get(st, going_key) && lab_state_nodes(st, &nodes, &err) == 0 &&
                 nodes.list.len == 0;
    lab_node_records_clear(&nodes);
    lab_state_close(st);
    return going;
}

static int write_ledger(struct lab_run *run,
                        const struct lab_orphans *orphans,
                        const char *id,
                        struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    LAB_AUTOFREE char *aside = NULL;
    struct record r = {run, NULL, orphans};
    const char *source = run->spec ? run->spec->path : NULL;
    if (lab_state_adopt(&r.st, name, id, source, "teardown --orphans", &aside, err))
        return -1;
    int rc = lab_state_together(r.st, record_fn, &r, err);
    lab_state_close(r.st);
    if (aside)
        lab_run_warning(run, "the damaged ledger is '%s' now", aside);
    return rc;
}

static int remove_lab(struct lab_run *run,
                      const struct lab_orphans *orphans,
                      const char *id,
                      struct lab_report *report,
                      struct lab_error *err)
{
    if (write_ledger(run, orphans, id, err) || lab_run_attach(run, err))
        return -1;
    int rc = lab_teardown(run, true, report, err);
    /* for the next id */
    run->provider.ops->close(&run->provider);
    run->provider_open = false;
    return rc;
}

/* --- beside a lab -------------------------------------------------------------------------------
 */

struct removal {
    struct lab_provider provider;
    const struct lab_tagged *tagged; /* NULL: the storage */
};

static int remove_fn(void *arg, struct lab_error *err)
{
    struct removal *r = arg;
    const struct lab_provider_ops *ops = r->provider.ops;
    if (!r->tagged)
        return ops->remove_lab(&r->provider, err);
    return r->tagged->kind == LAB_TAGGED_VM
               ? ops->destroy(&r->provider, r->tagged->name, err)
               : ops->remove_network(&r->provider, r->tagged->name, err);
}

static int remove_kind(struct lab_run *run,
                       struct removal *r,
                       const struct lab_orphans *orphans,
                       enum lab_tagged_kind kind,
                       struct lab_report *report,
                       struct lab_error *err)
{
    const char *what = kind == LAB_TAGGED_VM ? "VM" : "network";
    LAB_VEC_FOREACH (o, &orphans->list) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        if (o->tagged.kind != kind)
            continue;
        r->tagged = &o->tagged;
        if (lab_await(run, NULL, remove_fn, r, NULL, &why) == 0) {
            lab_report_removed(report, "%s %s of id %s", what, o->tagged.name, o->tagged.id);
        } else if (why.code == LAB_CONFLICT) {
            lab_report_kept(report, "%s %s: %s", what, o->tagged.name, why.message);
        } else {
            lab_error_move(err, &why);
            return -1;
        }
    }
    return 0;
}

static int remove_beside(struct lab_run *run,
                         const struct lab_orphans *orphans,
                         const char *id,
                         struct lab_report *report,
                         struct lab_error *err)
{
    struct removal r = {0};
    if (lab_run_open_provider_as(run, id, &r.provider, err))
        return -1;
    int rc = remove_kind(run, &r, orphans, LAB_TAGGED_VM, report, err);
    if (rc == 0)
        rc = remove_kind(run, &r, orphans, LAB_TAGGED_NETWORK, report, err);
    r.tagged = NULL;
    if (rc == 0)
        rc = lab_await(run, NULL, remove_fn, &r, NULL, err);
    r.provider.ops->close(&r.provider);
    return rc;
}

/* --- all ----------------------------------------------------------------------------------------
 */

static struct lab_orphan copy_of(const struct lab_orphan *o)
{
    const struct lab_tagged *t = &o->tagged;
    return (struct lab_orphan){{t->kind, lab_strdup(t->name), lab_strdup(t->where),
                                lab_strdup(t->id), lab_strdup(t->home)},
                               o->home};
}

static int remove_id(struct lab_run *run,
                     const struct lab_orphans *all,
                     const char *id,
                     bool beside,
                     struct lab_report *report,
                     struct lab_error *err)
{
    struct lab_orphans some = {.provider = all->provider};
    LAB_VEC_FOREACH (o, &all->list)
        if (strcmp(o->tagged.id, id) == 0)
            *lab_vec_push(&some.list) = copy_of(o);
    int rc = beside ? remove_beside(run, &some, id, report, err)
                    : remove_lab(run, &some, id, report, err);
    lab_orphans_clear(&some);
    return rc;
}

static bool is_first_of_id(const struct lab_orphans *orphans, const struct lab_orphan *o)
{
    LAB_VEC_FOREACH (before, &orphans->list)
        if (strcmp(before->tagged.id, o->tagged.id) == 0)
            return before == o;
    return false;
}

static int remove_all(struct lab_run *run,
                      const struct lab_orphans *orphans,
                      struct lab_report *report,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    bool beside = lab_state_peek(name) == LAB_LEDGER_FILLED;
    LAB_VEC_FOREACH (o, &orphans->list)
        if (is_first_of_id(orphans, o) &&
            remove_id(run, orphans, o->tagged.id, beside, report, err))
            return -1;
    report->changed = report->removed.len > 0;
    return 0;
}

int lab_orphans_remove(
    struct lab_run *run, const char *id, bool yes, struct lab_report *report, struct lab_error *err)
{
    struct lab_orphans orphans = {0};
    int rc = lab_orphans_find(run, &orphans, err);
    if (rc == 0)
        lab_orphans_select(&orphans, id);
    if (rc == 0 && orphans.list.len)
        rc = ask(run, &orphans, yes, err) || remove_all(run, &orphans, report, err) ? -1 : 0;
    lab_orphans_clear(&orphans);
    return rc;
}
