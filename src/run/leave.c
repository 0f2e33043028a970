#include "run/leave.h"

#include "base/i18n.h"
#include "run/commands.h"
#include "run/order.h"

static bool is_running(struct lab_run *run, const char *node)
{
    const struct lab_vm_state *vm = lab_vm_states_find(&run->observed, node);
    return vm && vm->ours && vm->power == LAB_POWER_ON;
}

static const struct lab_node_record *
master_that_stays(struct lab_run *run, bool (*stays)(const void *, const char *), const void *arg)
{
    LAB_VEC_FOREACH (r, &run->records.list)
        if (r->role == LAB_ROLE_MASTER && r->restarted && stays(arg, r->name) &&
            is_running(run, r->name))
            return r;
    return NULL;
}

/* kubectl's words end with the reason. */
static const char *last_line(struct lab_str *text)
{
    while (text->len && text->ptr[text->len - 1] == '\n')
        lab_str_truncate(text, text->len - 1);
    const char *start = lab_str_get(text);
    for (const char *p = start; *p; p++)
        if (*p == '\n')
            start = p + 1;
    return start;
}

static int kubectl(struct lab_run *run,
                   const char *master,
                   const char *what,
                   struct lab_str *said,
                   struct lab_error *err)
{
    LAB_AUTOFREE char *command = lab_format("sudo -n /usr/local/bin/k3s kubectl %s", what);
    return lab_exec_one(run, master, command, said, err);
}

/* Pods that will not go (a budget, a finalizer) must not keep the node for ever. A node that is off
 * confirms nothing: to drain it would only be to wait. */
static void drain(struct lab_run *run, const char *master, const char *node)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str said = LAB_STR_INIT;
    LAB_AUTOFREE char *what =
        lab_format("drain %s --ignore-daemonsets --delete-emptydir-data --force "
                   "--timeout=60s 2>&1",
                   node);
    lab_run_event(run, node, "drained", "waiting", lab_tr("its pods move to other nodes"));
    if (kubectl(run, master, what, &said, &err) == 0) {
        lab_run_event(run, node, "drained", "passed", last_line(&said));
        return;
    }
    lab_run_event(run, node, "drained", "failed", said.len ? last_line(&said) : err.message);
    lab_run_warning(run, "%s: not all of its pods moved to other nodes, they end with it: %s", node,
                    said.len ? last_line(&said) : err.message);
}

static void delete_entry(struct lab_run *run, const char *master, const char *node)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str said = LAB_STR_INIT;
    LAB_AUTOFREE char *what = lab_format("delete node %s --ignore-not-found 2>&1", node);
    if (kubectl(run, master, what, &said, &err))
        lab_run_warning(run,
                        "%s: it stays in the cluster's list of nodes (%s); by hand: '%s ssh %s -- "
                        "sudo k3s kubectl delete node %s'",
                        node, said.len ? last_line(&said) : err.message, lab_run_self(run), master,
                        node);
    else
        lab_run_event(run, node, "left the cluster", "passed", lab_tr("its entry is deleted"));
}

int lab_leave_cluster(struct lab_run *run,
                      const char *node,
                      bool (*stays)(const void *arg, const char *name),
                      const void *arg,
                      struct lab_error *err)
{
    const struct lab_node_record *record = lab_node_records_find(&run->records, node);
    if (!record || record->role == LAB_ROLE_NONE)
        return 0;
    LAB_AUTOFREE char *key = lab_joined_key(record);
    const struct lab_node_record *master = master_that_stays(run, stays, arg);
    if (!lab_state_get(run->state, key))
        return 0;
    if (!master) {
        lab_run_warning(run, "%s: no master runs that could take it out of the cluster's list",
                        node);
        return 0;
    }
    if (is_running(run, node))
        drain(run, master->name, node);
    if (!run->interrupted)
        delete_entry(run, master->name, node);
    return run->interrupted ? lab_run_interrupted(run, err) : 0;
}
