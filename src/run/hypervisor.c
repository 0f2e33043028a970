/* Which hypervisor a lab lives on: chosen once, recorded, and from then on the same. */
#include "run/hypervisor.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "state/state.h"

static const char *recorded(const struct lab_run *run, const char *key)
{
    return run->state ? lab_state_get(run->state, key) : NULL;
}

/* lab.yaml may not name another place than the one where the lab's VMs are. */
static int check_place(const struct lab_run *run,
                       const char *key,
                       const char *what,
                       const char *wanted,
                       struct lab_error *err)
{
    const char *before = recorded(run, key);
    if (!before || !run->spec || strcmp(before, wanted) == 0)
        return 0;
    lab_fail(err, LAB_USAGE, "lab '%s' was made with %s '%s'; lab.yaml now says '%s'",
             lab_state_name(run->state), what, *before ? before : "default",
             *wanted ? wanted : "default");
    return lab_error_hint(err, "tear the lab down first, or set %s back", what);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static int check_record(const struct lab_run *run, struct lab_error *err)
{
    const struct lab_spec *spec = run->spec;
    const char *provider = recorded(run, "provider");
    if (spec && spec->provider != LAB_PROVIDER_AUTO && provider &&
        check_place(run, "provider", "provider", lab_provider_kind_name(spec->provider), err))
        return -1;
    if (!spec || check_place(run, "uri", "libvirt.uri", or_empty(spec->libvirt_uri), err))
        return spec ? -1 : 0;
    return check_place(run, "vm_dir", "vm_dir", or_empty(spec->vm_dir), err);
}

int lab_run_record_provider(struct lab_run *run, struct lab_error *err)
{
    const struct lab_spec *spec = run->spec;
    if (lab_state_set(run->state, "provider", run->provider.ops->name, err) ||
        lab_state_set(run->state, "uri", or_empty(spec->libvirt_uri), err))
        return -1;
    if (spec->vm_dir && !recorded(run, "vm_dir") && !lab_file_exists(spec->vm_dir) &&
        lab_state_set(run->state, "vm_dir_made", "yes", err))
        return -1;
    return lab_state_set(run->state, "vm_dir", or_empty(spec->vm_dir), err);
}

/* --- choosing --------------------------------------------------------------------------------- */

static const struct lab_provider_ops *by_name(const char *name)
{
    const struct lab_provider_ops *ops = NULL;
    for (size_t i = 0; (ops = lab_provider_at(i)) && strcmp(ops->name, name) != 0;)
        i++;
    return ops;
}

/* What the record or lab.yaml say; *any: neither does. */
static int choose(const struct lab_run *run,
                  const struct lab_provider_ops **ops,
                  bool *any,
                  struct lab_error *err)
{
    const char *before = recorded(run, "provider");
    enum lab_provider_kind kind = run->spec ? run->spec->provider : LAB_PROVIDER_AUTO;
    *any = !before && kind == LAB_PROVIDER_AUTO;
    *ops = before ? by_name(before) : lab_provider_by_kind(kind);
    if (*ops || *any)
        return 0;
    if (!before)
        return lab_provider_refuse(kind, err);
    return lab_fail(err, LAB_HOST, "lab '%s' lives on '%s', which this build of labctl has not",
                    lab_state_name(run->state), before);
}

static void on_notice(void *arg, const char *text)
{
    struct lab_run *run = arg;
    uv_mutex_lock(&run->notice_lock);
    *lab_vec_push(&run->notices) = lab_strdup(text);
    uv_mutex_unlock(&run->notice_lock);
}

struct open_work {
    struct lab_provider *provider;
    const struct lab_provider_ops *ops; /* NULL: the first that is here */
    const struct lab_provider_config *config;
};

/* The first that answers. When none does, what the first one lacks is what this host should get. */
static int open_any(const struct open_work *w, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error first = LAB_ERROR_INIT;
    const struct lab_provider_ops *ops;
    for (size_t i = 0; (ops = lab_provider_at(i)); i++) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        w->provider->ops = ops;
        if (ops->open(w->provider, w->config, &why) == 0)
            return 0;
        if (why.code != LAB_HOST || lab_work_cancelled()) {
            lab_error_move(err, &why);
            return -1;
        }
        if (i == 0)
            lab_error_move(&first, &why);
    }
    lab_error_move(err, &first);
    return lab_error_wrap(err, "no hypervisor is here that labctl can use");
}

static int open_fn(void *arg, struct lab_error *err)
{
    struct open_work *w = arg;
    if (!w->ops)
        return open_any(w, err);
    w->provider->ops = w->ops;
    return w->ops->open(w->provider, w->config, err);
}

/* The recorded value, since the lab may be known without its lab.yaml; NULL when empty. */
static const char *place(struct lab_state *state, const char *key, const char *wanted)
{
    const char *before = state ? lab_state_get(state, key) : NULL;
    const char *value = before ? before : or_empty(wanted);
    return *value ? value : NULL;
}

struct lab_provider_config lab_provider_config_of(const char *lab,
                                                  const char *home,
                                                  const struct lab_spec *spec,
                                                  struct lab_state *state)
{
    return (struct lab_provider_config){
        .owner = {lab, state ? lab_state_id(state) : "", NULL},
        .homes = state ? lab_state_get(state, "homes") : NULL,
        .uri = place(state, "uri", spec ? spec->libvirt_uri : NULL),
        .home = home,
        .vm_dir = place(state, "vm_dir", spec ? spec->vm_dir : NULL),
        .vm_dir_made = state && lab_state_get(state, "vm_dir_made"),
    };
}

int lab_run_open_provider_as(struct lab_run *run,
                             const char *lab_id,
                             struct lab_provider *out,
                             struct lab_error *err)
{
    const struct lab_provider_ops *ops;
    bool any;
    if (check_record(run, err) || choose(run, &ops, &any, err))
        return -1;
    LAB_AUTOFREE char *name = lab_run_lab_name(run);
    LAB_AUTOFREE char *home = lab_home_of(name);
    struct lab_provider_config config = lab_provider_config_of(name, home, run->spec, run->state);
    LAB_AUTOFREE char *tag = lab_home_tag();
    config.owner.lab_id = lab_id;
    config.owner.home = tag;
    config.notice = on_notice;
    config.notice_arg = run;
    struct open_work work = {out, any ? NULL : ops, &config};
    return lab_await(run, NULL, open_fn, &work, NULL,
                     err); /* may take a minute: Ctrl-C must work */
}

/* The folder may have moved since the VMs were tagged. An older ledger does not know where it was.
 */
static int note_home(const struct lab_run *run, struct lab_error *err)
{
    const char *homes = run->state ? lab_state_get(run->state, "homes") : NULL;
    LAB_AUTOFREE char *here = lab_home_tag();
    if (!homes || run->options->mode == LAB_STATE_READ || lab_has_line(homes, here))
        return 0;
    LAB_AUTOFREE char *all = lab_format("%s\n%s", homes, here);
    return lab_state_set(run->state, "homes", all, err);
}

int lab_run_open_provider(struct lab_run *run, struct lab_error *err)
{
    const char *id = run->state ? lab_state_id(run->state) : "";
    if (note_home(run, err) || lab_run_open_provider_as(run, id, &run->provider, err))
        return -1;
    run->provider_open = true;
    return run->spec ? lab_spec_fit(run->spec, run->provider.ops->kind, err) : 0;
}
