#include <stdlib.h>

#include "base/i18n.h"
#include "registryd/probe.h"
#include "run/registry.h"

static int status_fn(void *arg, struct lab_error *err)
{
    struct lab_registry_status *s = arg;
    (void)err;
    s->answers = lab_registry_probe(&s->place, &s->answer) == LAB_REGISTRY_ANSWERS;
    return 0;
}

int lab_registry_status(struct lab_run *run, struct lab_registry_status *out, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    LAB_AUTO_ERROR struct lab_error never = LAB_ERROR_INIT;
    const struct lab_registry_spec *r = &run->spec->registry;
    bool ours = run->spec->has_registry && (r->serve || r->node);
    out->kind = r->serve ? LAB_N("on this host") : r->node ? LAB_N("in a guest") : "external";
    lab_registryd_files(&files, run->spec->name);
    if (r->serve)
        lab_registryd_look(&files, &out->server);
    if (lab_registry_place(run, &out->place, &never)) {
        out->answer = lab_strdup(never.message);
        if (ours && never.code == LAB_USAGE)
            return 0;
        lab_error_move(err, &never);
        return -1;
    }
    return lab_await(run, NULL, status_fn, out, NULL, err);
}

void lab_registry_status_clear(struct lab_registry_status *status)
{
    lab_registry_place_clear(&status->place);
    lab_registryd_look_clear(&status->server);
    free(status->answer);
    *status = (struct lab_registry_status){0};
}
