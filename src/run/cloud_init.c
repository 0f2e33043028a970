#include "run/cloud_init.h"

#include <jansson.h>
#include <string.h>

#include "base/i18n.h"

/* The stages in their order; init-local also names the datasource search. */
static const char *const stages[] = {"init-local", "init", "modules-config", "modules-final"};

static void put_errors(struct lab_str *out, const json_t *errors)
{
    size_t i;
    const json_t *error;
    json_array_foreach(errors, i, error)
    {
        if (!json_is_string(error))
            continue;
        if (out->len)
            lab_str_add(out, "; ");
        lab_str_add(out, json_string_value(error));
    }
}

/* recoverable_errors: {"WARNING": ["…"], "ERROR": […]} per stage, since cloud-init 23.4. */
static bool put_recoverable(struct lab_str *out, const json_t *v1)
{
    for (size_t i = 0; i < LAB_ARRAY_LEN(stages); i++) {
        json_t *levels = json_object_get(json_object_get(v1, stages[i]), "recoverable_errors");
        const char *level;
        json_t *list;
        json_object_foreach(levels, level, list) put_errors(out, list);
    }
    return out->len > 0;
}

static enum lab_cloud_state read_result(const struct lab_cloud_facts *f, struct lab_str *detail)
{
    json_t *result = json_loads(f->result, 0, NULL);
    json_t *status = f->status ? json_loads(f->status, 0, NULL) : NULL;
    const json_t *v1 = json_object_get(result, "v1");
    const json_t *errors = json_object_get(v1, "errors");
    enum lab_cloud_state state = LAB_CLOUD_RUNNING;
    if (!v1 || !json_is_array(errors)) {
        lab_str_add(detail, lab_tr("result.json is not complete yet"));
    } else if (json_array_size(errors)) {
        put_errors(detail, errors);
        state = LAB_CLOUD_ERROR;
    } else if (put_recoverable(detail, json_object_get(status, "v1"))) {
        state = LAB_CLOUD_DEGRADED;
    } else {
        const char *source = json_string_value(json_object_get(v1, "datasource"));
        lab_str_addf(detail, lab_tr("done, datasource %s"), source ? source : lab_tr("unknown"));
        state = LAB_CLOUD_DONE;
    }
    json_decref(result);
    json_decref(status);
    return state;
}

enum lab_cloud_state lab_cloud_init_read(const struct lab_cloud_facts *f, struct lab_str *detail)
{
    if (f->result && *f->result == '{')
        return read_result(f, detail);
    if (f->installed && strcmp(f->installed, "no") == 0) {
        lab_str_add(detail, lab_tr("cloud-init is not installed in this image"));
        return LAB_CLOUD_NOT_INSTALLED;
    }
    if (f->enabled && strcmp(f->enabled, "disabled") == 0) {
        lab_str_add(detail,
                    lab_tr("cloud-init is disabled: it found no datasource (no 'cidata' medium was "
                           "visible at boot), or /etc/cloud/cloud-init.disabled exists"));
        return LAB_CLOUD_DISABLED;
    }
    if (f->stage && *f->stage && strcmp(f->stage, "none") != 0 && strcmp(f->stage, "null") != 0) {
        lab_str_addf(detail, lab_tr("running stage %s"), f->stage);
        return LAB_CLOUD_RUNNING;
    }
    if (f->status && *f->status == '{') {
        lab_str_add(detail, lab_tr("between two stages"));
        return LAB_CLOUD_RUNNING;
    }
    lab_str_add(detail, lab_tr("has not run yet on this boot"));
    return LAB_CLOUD_NOT_RUN;
}
