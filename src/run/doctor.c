/* doctor: what this host has and lacks, for labs in general or for one lab.yaml. It looks only, and
 * goes on after every failure: the next one may have another fix. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "run/commands.h"
#include "run/demand.h"
#include "run/doctor.h"
#include "run/hypervisor.h"

/* The lab that is looked at; all NULL without one. */
struct subject {
    struct lab_spec *spec;
    struct lab_state *state; /* NULL: it was never made */
    char *home;
    struct lab_demand demand;
    bool demanded; /* demand is filled */
};

static void open_subject(struct subject *x, const char *file, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    x->spec = lab_doctor_load(file, out);
    if (!x->spec)
        return;
    x->home = lab_home_of(x->spec->name);
    LAB_AUTOFREE char *ledger = lab_path_join(x->home, "state.db");
    if (lab_file_exists(ledger) &&
        lab_state_open(&x->state, x->spec->name, LAB_STATE_READ, x->spec->path, "doctor", &err))
        lab_finding_looked(lab_found_error(out, LAB_N("ledger"), LAB_RESULT_FAIL, &err), "%s",
                           ledger);
    lab_doctor_files(x->spec, x->home, out);
    lab_doctor_registry(x->spec, out);
}

static void close_subject(struct subject *x)
{
    lab_demand_clear(&x->demand);
    lab_state_close(x->state);
    lab_spec_free(x->spec);
    free(x->home);
}

static int demand(struct subject *x, struct lab_vm_states *vms, struct lab_error *err)
{
    lab_demand_clear(&x->demand);
    return lab_demand_fill(&x->demand, x->spec, vms, NULL, NULL, err);
}

static struct lab_provider_config config_of(const struct subject *x)
{
    if (!x->spec)
        return (struct lab_provider_config){.owner = {"doctor", "", NULL}};
    return lab_provider_config_of(x->spec->name, x->home, x->spec, x->state);
}

/* --- hypervisors ------------------------------------------------------------------------------ */

struct verdict {
    const struct lab_provider_ops *ops;
    struct lab_findings findings;
};

struct verdicts {
    LAB_VEC(struct verdict) list;
};

/* The one that the lab is on or names; else all that this build has. */
static bool is_asked(const struct subject *x, const struct lab_provider_ops *ops)
{
    const char *before = x->state ? lab_state_get(x->state, "provider") : NULL;
    if (before)
        return strcmp(before, ops->name) == 0;
    return !x->spec || x->spec->provider == LAB_PROVIDER_AUTO || x->spec->provider == ops->kind;
}

static bool opens(const struct lab_provider_ops *ops, const struct lab_provider_config *config)
{
    struct lab_provider p = {ops, NULL};
    if (ops->open(&p, config, NULL))
        return false;
    p.ops->close(&p);
    return true;
}

/* One hypervisor is enough: faults of another are one line, and none of this lab's. */
static void take_over(struct verdict *v, bool needed, struct lab_findings *out)
{
    const struct lab_finding *fault = lab_findings_fault(&v->findings);
    if (fault && !needed) {
        struct lab_finding *f = lab_found(out, fault->check, LAB_RESULT_UNUSED, "%s", fault->found);
        lab_finding_looked(f, "%s", fault->looked ? fault->looked : "");
        lab_findings_clear(&v->findings);
        return;
    }
    LAB_VEC_FOREACH (f, &v->findings.list)
        *lab_vec_push(&out->list) = *f;
    lab_vec_clear(&v->findings.list);
}

static void refuse(const struct subject *x, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_provider_refuse(x->spec ? x->spec->provider : LAB_PROVIDER_AUTO, &err))
        lab_finding_looked(lab_found_error(out, LAB_N("provider"), LAB_RESULT_FAIL, &err),
                           "this build of labctl");
}

/* Returns the one that `up` would use, the first that answers; when none does, the first. */
static const struct lab_provider_ops *check_hypervisors(const struct subject *x,
                                                        struct lab_findings *out)
{
    struct verdicts verdicts = {{0}};
    const struct lab_provider_ops *ops, *chosen = NULL;
    const struct lab_provider_config config = config_of(x);
    for (size_t i = 0; (ops = lab_provider_at(i)); i++) {
        if (!is_asked(x, ops))
            continue;
        struct verdict *v = lab_vec_push(&verdicts.list);
        v->ops = ops;
        ops->diagnose(&config, x->demanded ? &x->demand : NULL, false, &v->findings);
        if (!chosen && opens(ops, &config))
            chosen = ops;
    }
    if (!verdicts.list.len)
        refuse(x, out);
    LAB_VEC_FOREACH (v, &verdicts.list)
        take_over(v, !chosen || chosen == v->ops, out);
    if (!chosen && verdicts.list.len)
        chosen = verdicts.list.items[0].ops;
    lab_vec_clear(&verdicts.list);
    return chosen;
}

/* --- room ------------------------------------------------------------------------------------- */

static int look_at_vms(struct subject *x, struct lab_provider *p, struct lab_error *err)
{
    struct lab_vm_states vms = {{0}};
    LAB_VEC(const char *) names = {0};
    LAB_VEC_FOREACH (node, &x->spec->nodes)
        *lab_vec_push(&names) = node->name;
    int rc = p->ops->query(p, names.items, names.len, &vms, err);
    if (rc == 0)
        rc = demand(x, &vms, err);
    lab_vec_clear(&names);
    lab_vm_states_clear(&vms);
    return rc;
}

/* What is there already, and where the rest will go. */
static int ask_provider(struct subject *x,
                        struct lab_provider *p,
                        struct lab_places *places,
                        struct lab_error *err)
{
    const struct lab_provider_config config = config_of(x);
    if (p->ops->open(p, &config, err))
        return -1;
    int rc = look_at_vms(x, p, err) || p->ops->room(p, &x->demand, places, err) ? -1 : 0;
    p->ops->close(p);
    return rc;
}

static void
check_room(struct subject *x, const struct lab_provider_ops *ops, struct lab_findings *out)
{
    LAB_AUTO_PLACES struct lab_places places = {{0}, false};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_provider p = {ops, NULL};
    if (ops && ask_provider(x, &p, &places, &err))
        lab_found(out, LAB_N("disk"), LAB_RESULT_UNKNOWN, "where the VMs' disks will be: %s",
                  err.message);
    lab_demand_media(&x->demand, x->home, &places);
    lab_doctor_disk(&places, out);
    if (!places.elsewhere)
        lab_doctor_memory(&x->demand, out);
    else
        lab_found(out, LAB_N("memory"), LAB_RESULT_UNKNOWN,
                  "the VMs are on another host, whose disks and memory are not looked at");
}

/* *file NULL: there is none, and none was asked for. */
static int choose_file(const char *named, const char *lab, char **file, struct lab_error *err)
{
    struct lab_state *state;
    if (lab) {
        if (lab_state_open(&state, lab, LAB_STATE_READ, NULL, "doctor", err))
            return -1;
        *file = lab_strdup(lab_state_get(state, "source"));
        lab_state_close(state);
    } else if (named || lab_file_exists("lab.yaml")) {
        *file = lab_strdup(named ? named : "lab.yaml");
    }
    if ((!named && !lab) || (*file && lab_file_exists(*file)))
        return 0;
    lab_fail(err, LAB_USAGE, "cannot find '%s'", *file ? *file : "lab.yaml");
    return lab_error_hint(err, "name the file with -f FILE");
}

static void examine(const char *file, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct subject x = {0};
    lab_doctor_machine(out);
    if (file)
        open_subject(&x, file, out);
    else
        lab_finding_looked(lab_found(out, LAB_N("lab.yaml"), LAB_RESULT_UNUSED,
                                     "none here: what a lab needs was left out (-f FILE)"),
                           "the current folder");
    x.demanded = x.spec && demand(&x, NULL, &err) == 0;
    const struct lab_provider_ops *ops = check_hypervisors(&x, out);
    if (x.demanded) {
        check_room(&x, ops, out);
    } else {
        lab_doctor_home(out);
        lab_doctor_memory(NULL, out);
    }
    close_subject(&x);
}

int lab_doctor(const char *file, const char *lab, struct lab_findings *out, struct lab_error *err)
{
    LAB_AUTOFREE char *chosen = NULL;
    if (choose_file(file, lab, &chosen, err))
        return -1;
    examine(chosen, out);
    return 0;
}
