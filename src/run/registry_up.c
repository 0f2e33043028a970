/* The lab's registry in a run: where it is to be, brought up or looked at, ended. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/ipv4.h"
#include "registryd/probe.h"
#include "run/registry.h"

/* --- the end ---------------------------------------------------------------------------------- */

struct down_work {
    const char *lab;
    bool was_up;
};

static int down_fn(void *arg, struct lab_error *err)
{
    struct down_work *w = arg;
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    lab_registryd_files(&files, w->lab);
    return lab_registryd_end(&files, &w->was_up, err);
}

int lab_registry_down(struct lab_run *run, bool *was_up, struct lab_error *err)
{
    struct down_work work = {lab_state_name(run->state), false};
    int rc = lab_await(run, NULL, down_fn, &work, NULL, err);
    *was_up = work.was_up;
    return rc;
}

/* --- its address ------------------------------------------------------------------------------ */

static const char *gateway(const struct lab_spec *spec, char text[LAB_IPV4_TEXT])
{
    LAB_VEC_FOREACH (network, &spec->networks)
        if (network->gateway)
            return lab_ipv4_format(network->gateway, text);
    return NULL;
}

/* Once chosen it stays, since the guests know it; another gateway is another registry. */
static int choose_address(struct lab_run *run, char **address, struct lab_error *err)
{
    char text[LAB_IPV4_TEXT];
    const char *given = run->spec->registry.address, *host = gateway(run->spec, text);
    const char *recorded = lab_state_get(run->state, "registry_address");
    size_t n = host ? strlen(host) : 0;
    if (given)
        *address = lab_strdup(given);
    else if (recorded && host && strncmp(recorded, host, n) == 0 && recorded[n] == ':')
        *address = lab_strdup(recorded);
    else if (host)
        return lab_registry_free_port(host, address, err);
    else
        return lab_fail(err, LAB_USAGE, "no network has a gateway to run the registry at");
    return 0;
}

/* --- the start -------------------------------------------------------------------------------- */

struct up_work {
    const char *lab, *address;
    bool auth;
    char *words;
};

static int up_fn(void *arg, struct lab_error *err)
{
    struct up_work *w = arg;
    bool started;
    if (lab_registryd_start(w->lab, w->address, w->auth, &started, err))
        return -1;
    w->words = started ? lab_format(lab_tr("%s started"), w->address) : lab_strdup(w->address);
    return 0;
}

static int up_here(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTOFREE char *address = NULL;
    LAB_AUTOFREE char *program = NULL;
    const char *lab = lab_state_name(run->state);
    if (lab_registryd_program(&program, err) || choose_address(run, &address, err) ||
        lab_state_set(run->state, "registry_address", address, err) ||
        lab_state_object_put(run->state, LAB_OBJECT_REGISTRY, "registry", LAB_OBJECT_MAKING,
                             address, err))
        return -1;
    struct up_work work = {.lab = lab, .address = address, .auth = run->spec->registry.auth};
    int rc = lab_await(run, "registry", up_fn, &work, &work.words, err);
    free(work.words);
    return rc ? -1
              : lab_state_object_put(run->state, LAB_OBJECT_REGISTRY, "registry",
                                     LAB_OBJECT_PRESENT, NULL, err);
}

/* --- in a guest ----------------------------------------------------------------------------------
 */

static int check_payload(const struct lab_run *run, struct lab_error *err)
{
    LAB_AUTOFREE char *program =
        lab_path_join(run->spec->payload.dir, "registry/" LAB_REGISTRYD_PROGRAM);
    if (lab_file_exists(program))
        return 0;
    lab_fail(err, LAB_USAGE, "the payload has no '%s', which node '%s' is to run", program,
             run->spec->registry.node);
    return lab_error_hint(err, "copy it there from a Linux machine that has the package "
                               "docker-registry: /usr/bin/docker-registry");
}

static char *guest_address(const struct lab_spec *spec)
{
    char text[LAB_IPV4_TEXT];
    const struct lab_node *node = lab_spec_node(spec, spec->registry.node);
    return spec->registry.address
               ? lab_strdup(spec->registry.address)
               : lab_format("%s:%d", lab_ipv4_format(node->nics.items[0].ip, text),
                            LAB_REGISTRYD_PORT);
}

/* Only the files: the seed takes them to the guest. */
static int write_for_guest(struct lab_run *run, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    LAB_AUTOFREE char *address = guest_address(run->spec);
    const char *lab = lab_state_name(run->state);
    lab_registryd_files(&files, lab);
    return check_payload(run, err) ||
                   lab_registryd_write(&files, lab, address, run->spec->registry.auth, true, err) ||
                   lab_state_set(run->state, "registry_address", address, err)
               ? -1
               : 0;
}

/* --- one that is there already ------------------------------------------------------------------
 */

struct look_work {
    struct lab_registry_place place;
    enum lab_registry_answer answer;
    char *words;
};

static int look_fn(void *arg, struct lab_error *err)
{
    struct look_work *w = arg;
    (void)err;
    w->answer = lab_registry_probe(&w->place, &w->words);
    return 0;
}

/* It is somebody else's to start, perhaps later. */
static int look_at_other(struct lab_run *run, struct lab_error *err)
{
    struct look_work work = {.answer = LAB_REGISTRY_NOBODY};
    int rc = lab_registry_place(run, &work.place, err);
    if (rc == 0)
        rc = lab_await(run, NULL, look_fn, &work, NULL, err);
    if (rc == 0 && work.answer != LAB_REGISTRY_ANSWERS)
        lab_run_warning(run, "the registry at %s cannot be used now: %s", work.place.address,
                        work.words);
    lab_registry_place_clear(&work.place);
    free(work.words);
    return rc;
}

int lab_registry_up(struct lab_run *run, struct lab_error *err)
{
    if (!run->spec->has_registry)
        return 0;
    if (run->spec->registry.serve)
        return up_here(run, err);
    return run->spec->registry.node ? write_for_guest(run, err) : look_at_other(run, err);
}
