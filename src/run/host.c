#include "run/host.h"

#include <stdlib.h>

#include "base/finding.h"
#include "base/log.h"
#include "run/demand.h"
#include "run/doctor.h"
#include "run/hypervisor.h"

struct look {
    struct lab_run *run;
    struct lab_demand demand;
    struct lab_places places;
    struct lab_findings findings;
};

/* Not knowing the room is no reason to stop: who runs out of it says so. */
static int look_fn(void *arg, struct lab_error *err)
{
    struct look *w = arg;
    struct lab_run *run = w->run;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *home = lab_home_of(run->spec->name);
    const struct lab_provider_config config =
        lab_provider_config_of(run->spec->name, home, run->spec, run->state);
    (void)err;
    lab_doctor_registry(run->spec, &w->findings);
    run->provider.ops->diagnose(&config, &w->demand, true, &w->findings);
    if (run->provider.ops->room(&run->provider, &w->demand, &w->places, &why)) {
        lab_log("%s", why.message);
        return 0;
    }
    if (lab_demand_makes(&w->demand)) {
        lab_demand_media(&w->demand, home, &w->places);
        lab_doctor_disk(&w->places, &w->findings);
    }
    if (!w->places.elsewhere)
        lab_doctor_memory(&w->demand, &w->findings);
    return 0;
}

static int stop(const struct lab_finding *f, struct lab_error *err)
{
    lab_fail(err, LAB_HOST, "%s: %s", f->check, f->found);
    return f->fix ? lab_error_hint(err, "%s", f->fix) : -1;
}

static int heed(struct look *w, struct lab_error *err)
{
    const struct lab_finding *fault = lab_findings_fault(&w->findings);
    if (fault)
        return stop(fault, err);
    LAB_VEC_FOREACH (f, &w->findings.list)
        if (f->result == LAB_RESULT_WARNING)
            lab_run_warning(w->run, "%s: %s", f->check, f->found);
    return 0;
}

/* Nothing to make and nothing to start: then the host has what it takes. */
static bool is_up(const struct lab_demand *demand)
{
    LAB_VEC_FOREACH (node, &demand->nodes)
        if (!node->running)
            return false;
    return true;
}

int lab_check_host(struct lab_run *run, char *const *sums, struct lab_error *err)
{
    struct look work = {.run = run};
    int rc = lab_demand_fill(&work.demand, run->spec, &run->observed, sums, run, err);
    if (rc == 0 && !is_up(&work.demand))
        rc = lab_await(run, NULL, look_fn, &work, NULL, err);
    if (rc == 0)
        rc = heed(&work, err);
    lab_demand_clear(&work.demand);
    lab_places_clear(&work.places);
    lab_findings_clear(&work.findings);
    return rc;
}
