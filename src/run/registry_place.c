#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "platform.h"
#include "run/password.h"
#include "run/registry.h"

enum { CA_MAX = 256 * 1024, PASSWORD_MAX = 1024 };

const char *lab_registry_address(const struct lab_run *run)
{
    const struct lab_registry_spec *r =
        run->spec && run->spec->has_registry ? &run->spec->registry : NULL;
    if (!r || r->address)
        return r ? r->address : NULL;
    return run->state ? lab_state_get(run->state, "registry_address") : NULL;
}

static int own(struct lab_run *run, struct lab_registry_place *place, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    const struct lab_registry_spec *r = &run->spec->registry;
    const char *address = lab_registry_address(run);
    place->ours = true;
    place->node = lab_strdup(r->node);
    lab_registryd_files(&files, run->spec->name);
    if (address && lab_file_exists(files.ca)) {
        place->address = lab_strdup(address);
        return lab_registry_place_own(place, &files, r->auth, err);
    }
    lab_fail(err, LAB_USAGE, "the registry of lab '%s' was never up", run->spec->name);
    return lab_error_hint(err, "'%s registry up' starts it, and so does '%s up'", lab_run_self(run),
                          lab_run_self(run));
}

/* --- one that is there already ------------------------------------------------------------------
 */

/* The file is for later commands, which need neither terminal nor variable then. */
static int password_of(struct lab_run *run, char **out, struct lab_error *err)
{
    const struct lab_registry_spec *r = &run->spec->registry;
    const struct lab_password_source source = {
        .object = "registry",
        .what = lab_tr("registry's password"),
        .prompt = lab_tr("Password for the registry: "),
        .variable = "LABCTL_REGISTRY_PASSWORD",
        .file = r->password_file,
        .env = r->password_env,
    };
    LAB_AUTO_STR struct lab_str password = LAB_STR_MAX(PASSWORD_MAX);
    LAB_AUTOFREE char *dir = run->state ? lab_run_path(run, "keys") : NULL;
    LAB_AUTOFREE char *path = run->state ? lab_path_join(dir, "registry-password") : NULL;
    bool given;
    if (lab_password_given(run, &source, &password, &given, err))
        return -1;
    if (!given && path && lab_file_exists(path))
        return lab_secret_read(out, path, err);
    int rc = given ? 0 : lab_password_ask(&source, &password, err);
    /* reading commands leave no trace */
    if (rc == 0 && path && run->options->mode != LAB_STATE_READ)
        rc = plat_mkdirs(dir, 0700, err) ||
                     lab_file_replace(path, lab_str_get(&password), password.len, 0600, err)
                 ? -1
                 : 0;
    if (rc == 0)
        *out = lab_strdup(lab_str_get(&password));
    if (password.ptr)
        lab_wipe(password.ptr, password.len);
    return rc;
}

static int other(struct lab_run *run, struct lab_registry_place *place, struct lab_error *err)
{
    const struct lab_registry_spec *r = &run->spec->registry;
    place->address = lab_strdup(r->address);
    place->ca_pem = lab_strdup(r->ca_pem);
    place->insecure = r->insecure;
    place->username = lab_strdup(r->username);
    /* lab.yaml was read without looking at files */
    if (r->ca && !r->ca_pem) {
        LAB_AUTO_STR struct lab_str ca = LAB_STR_INIT;
        if (lab_file_read(r->ca, CA_MAX, &ca, err))
            return -1;
        place->ca_pem = lab_str_detach(&ca);
    }
    return r->username ? password_of(run, &place->password, err) : 0;
}

int lab_registry_place(struct lab_run *run, struct lab_registry_place *out, struct lab_error *err)
{
    if (!run->spec || !run->spec->has_registry) {
        lab_fail(err, LAB_USAGE, "the lab has no registry");
        return lab_error_hint(err,
                              "add 'registry: {serve: true}' to lab.yaml, or the address of one "
                              "that is there: 'registry: {address: HOST:PORT}'");
    }
    const struct lab_registry_spec *r = &run->spec->registry;
    return r->serve || r->node ? own(run, out, err) : other(run, out, err);
}
