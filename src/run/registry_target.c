#include "run/registry_target.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "oci/ref.h"
#include "run/registry.h"

/* Where it is stands in lab.yaml; of one that labctl runs, the ledger and its files know as much.
 */
static int no_spec(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    LAB_AUTOFREE char *lab = lab_run_lab_name(run);
    const char *source = run->state ? lab_state_get(run->state, "source") : NULL;
    const char *address = run->state ? lab_state_get(run->state, "registry_address") : NULL;
    if (source)
        lab_fail(err, LAB_USAGE, "the lab.yaml of lab '%s' cannot be read: '%s'", lab ? lab : "?",
                 source);
    else
        lab_fail(err, LAB_USAGE, "the lab.yaml of lab '%s' cannot be read", lab ? lab : "?");
    if (lab)
        lab_registryd_files(&files, lab);
    if (!lab || !address || !lab_file_exists(files.ca))
        return lab_error_hint(err, "name it with -f FILE, or the registry itself with --to "
                                   "HOST:PORT and --ca FILE");
    bool login = lab_file_exists(files.password);
    return login
               ? lab_error_hint(
                     err,
                     "name it with -f FILE, or the registry itself: --to %s --ca '%s' --username %s --password-file '%s'",
                     address, files.ca, LAB_REGISTRYD_USER, files.password)
               : lab_error_hint(err,
                                "name it with -f FILE, or the registry itself: --to %s --ca '%s'",
                                address, files.ca);
}

int lab_registry_target(struct lab_run *run, struct lab_registry_target *out, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_PLACE struct lab_registry_place place = {0};
    *out = (struct lab_registry_target){0};
    if (!run->spec)
        return no_spec(run, err);
    if (lab_registry_place(run, &place, err))
        return -1;
    *out = (struct lab_registry_target){.address = lab_steal(&place.address),
                                        .ca_pem = lab_steal(&place.ca_pem),
                                        .username = lab_steal(&place.username),
                                        .password = lab_steal(&place.password),
                                        .insecure = place.insecure};
    return 0;
}

int lab_registry_target_parse(struct lab_registry_target *out,
                              const char *text,
                              struct lab_error *err)
{
    const char *scheme = strstr(text, "://"), *slash = strchr(scheme ? scheme + 3 : text, '/');
    *out = (struct lab_registry_target){0};
    out->address = lab_strndup(text, slash ? (size_t)(slash - text) : strlen(text));
    if (!slash || !slash[1])
        return 0;
    out->prefix = lab_strndup(slash + 1, strlen(slash + 1) - lab_ends_with(slash + 1, "/"));
    if (lab_is_repository(out->prefix))
        return 0;
    lab_fail(err, LAB_USAGE, "'%s' is no prefix of repositories", out->prefix);
    return lab_error_hint(err, "it is lower-case words with '/' between them, as in "
                               "192.168.6.1:5000/mirror/quay");
}

int lab_registry_target_password(struct lab_registry_target *out,
                                 const char *path,
                                 struct lab_error *err)
{
    lab_secret_clear(&out->password);
    return lab_secret_read(&out->password, path, err);
}

void lab_registry_target_clear(struct lab_registry_target *target)
{
    lab_secret_free(target->password);
    free(target->username);
    free(target->ca_file);
    free(target->ca_pem);
    free(target->prefix);
    free(target->address);
    *target = (struct lab_registry_target){0};
}
