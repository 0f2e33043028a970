/* registry up, down, status, logs: labctl's own server. */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/registry.h"
#include "cli/view.h"
#include "run/registry.h"

/* Verbs that take no names. */
static int check_alone(const struct lab_cli *cli, struct lab_error *err)
{
    if (cli->arguments.len == 1)
        return 0;
    return lab_fail(err, LAB_USAGE, "'labctl registry %s' takes no arguments, not '%s'",
                    cli->arguments.items[0], cli->arguments.items[1]);
}

/* The lab's ledger, without its hypervisor. */
static int
attach(struct lab_cli *cli, enum lab_state_mode mode, struct lab_run **out, struct lab_error *err)
{
    if (check_alone(cli, err) || lab_cli_open(cli, mode, true, out, err))
        return -1;
    if (lab_run_attach_ledger(*out, err) == 0)
        return 0;
    lab_run_close(*out);
    return -1;
}

static int check_served(const struct lab_run *run, const char *verb, struct lab_error *err)
{
    const struct lab_registry_spec *r = &run->spec->registry;
    if (r->serve)
        return 0;
    if (r->node)
        return lab_fail(err, LAB_USAGE, "the registry runs on node '%s', which 'labctl up' starts",
                        r->node);
    lab_fail(err, LAB_USAGE, "labctl does not run this lab's registry, so there is nothing to '%s'",
             verb);
    return lab_error_hint(err, "write 'registry: {serve: true}' into lab.yaml");
}

static void print_up(struct lab_cli *cli, struct lab_run *run)
{
    const char *address = lab_state_get(run->state, "registry_address");
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    lab_registryd_files(&files, lab_state_name(run->state));
    if (cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli, json_pack("{s:s, s:s}", "address", address, "ca", files.ca), NULL, NULL,
                      0);
    else if (!cli->quiet)
        printf(lab_tr("registry: %s\nCA:       %s\n"), address, files.ca);
    if (cli->output == LAB_OUTPUT_TABLE && !cli->quiet && run->spec->registry.auth)
        printf(lab_tr("login:    %s, password in %s\n"), LAB_REGISTRYD_USER, files.password);
}

int lab_registry_cmd_up(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    if (attach(cli, LAB_STATE_CREATE, &run, err))
        return -1;
    int rc = check_served(run, "up", err) || lab_registry_up(run, err) ? -1 : 0;
    lab_view_end(cli);
    if (rc == 0)
        print_up(cli, run);
    lab_run_close(run);
    return rc;
}

int lab_registry_cmd_down(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    bool was_up = false;
    if (attach(cli, LAB_STATE_WRITE, &run, err))
        return -1;
    int rc = lab_registry_down(run, &was_up, err);
    lab_view_end(cli);
    if (rc == 0 && cli->output != LAB_OUTPUT_TABLE)
        lab_cli_print(cli, json_pack("{s:b}", "was_up", was_up), NULL, NULL, 0);
    else if (rc == 0 && !cli->quiet)
        puts(was_up ? lab_tr("the registry is down; its images stay")
                    : lab_tr("the registry was not up"));
    lab_run_close(run);
    return rc;
}

/* --- status ----------------------------------------------------------------------------------- */

static json_t *time_or_null(int64_t ms)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (ms)
        lab_put_time(&text, ms);
    return lab_json_text(ms ? lab_str_get(&text) : NULL);
}

static json_t *status_json(const struct lab_registry_status *s)
{
    json_t *names = json_array();
    LAB_VEC_FOREACH (name, &s->server.names)
        json_array_append_new(names, lab_json_text(*name));
    return json_pack("{s:o, s:s, s:b, s:o, s:b, s:I, s:I, s:o, s:I, s:o, s:I, s:o, s:o}", "address",
                     lab_json_text(s->place.address), "runs", s->kind, "answers", s->answers,
                     "answer", lab_json_text(s->answer), "insecure", s->place.insecure, "pid",
                     (json_int_t)s->server.pid, "server_pid", (json_int_t)s->server.server_pid,
                     "since", time_or_null(s->server.since_ms), "restarts",
                     (json_int_t)s->server.restarts, "last_end", lab_json_text(s->server.last_end),
                     "storage_bytes", (json_int_t)s->server.storage_bytes, "certificate_names",
                     names, "certificate_ends", time_or_null(s->server.tls_ends_ms));
}

static void print_server(const struct lab_registryd_look *s)
{
    LAB_AUTO_STR struct lab_str since = LAB_STR_INIT, ends = LAB_STR_INIT, size = LAB_STR_INIT;
    lab_put_time(&since, s->since_ms);
    lab_put_time(&ends, s->tls_ends_ms);
    lab_put_size(&size, s->storage_bytes);
    if (s->server_pid)
        printf(s->restarts == 1
                   ? lab_tr("since        %s (pid %llu, supervisor %llu, %u restart)\n")
                   : lab_tr("since        %s (pid %llu, supervisor %llu, %u restarts)\n"),
               lab_str_get(&since), (unsigned long long)s->server_pid, (unsigned long long)s->pid,
               s->restarts);
    else
        fputs(s->pid ? lab_tr("since        it is not running, its supervisor tries again\n")
                     : lab_tr("since        it is not running\n"),
              stdout);
    if (s->last_end)
        printf(lab_tr("last end     %s\n"), s->last_end);
    printf(lab_tr("storage      %s\n"), lab_str_get(&size));
    if (!s->tls_ends_ms)
        return;
    printf(lab_tr("certificate  until %s, for"), lab_str_get(&ends));
    LAB_VEC_FOREACH (name, &s->names)
        printf(" %s", *name);
    putchar('\n');
}

static void print_status(const struct lab_registry_status *s)
{
    printf(lab_tr("address      %s\nruns         %s\nanswers      %s\n"),
           s->place.address ? s->place.address : "-", lab_tr(s->kind),
           s->answers  ? lab_tr("yes")
           : s->answer ? s->answer
                       : lab_tr("no"));
    if (s->place.insecure)
        puts(lab_tr("INSECURE     nobody checks who this registry is (registry.insecure)"));
    if (strcmp(s->kind, "on this host") == 0)
        print_server(&s->server);
}

int lab_registry_cmd_status(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    struct lab_registry_status status = {0};
    if (attach(cli, LAB_STATE_READ, &run, err))
        return -1;
    int rc = lab_registry_status(run, &status, err);
    lab_view_end(cli);
    if (rc == 0 && cli->output == LAB_OUTPUT_TABLE)
        print_status(&status);
    else if (rc == 0)
        lab_cli_print(cli, status_json(&status), NULL, NULL, 0);
    lab_registry_status_clear(&status);
    lab_run_close(run);
    return rc;
}

/* --- logs, and the supervisor -------------------------------------------------------------------
 */

static void put(const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, stdout);
    fflush(stdout);
}

static bool never(void)
{
    return false; /* Ctrl-C ends a reader at once */
}

int lab_registry_cmd_logs(struct lab_cli *cli, struct lab_error *err)
{
    struct lab_run *run;
    if (check_alone(cli, err) || lab_cli_open(cli, LAB_STATE_READ, false, &run, err))
        return -1;
    LAB_AUTOFREE char *lab = lab_run_lab_name(run);
    lab_view_end(cli);
    lab_run_close(run); /* its loop would keep Ctrl-C for itself */
    if (!lab)
        return lab_fail(err, LAB_USAGE, "which lab? name it with --lab, or its file with -f");
    return lab_registryd_logs(lab, lab_cli_flag(cli, "follow"), put, never, err);
}

int lab_registry_cmd_serve(struct lab_cli *cli, struct lab_error *err)
{
    const char *parent = lab_cli_value(cli, "child-of");
    uint64_t pid = 0;
    if (check_alone(cli, err))
        return -1;
    if (!cli->lab || !lab_is_label(cli->lab) || (parent && lab_parse_uint(parent, INT32_MAX, &pid)))
        return lab_fail(err, LAB_USAGE, "'labctl registry serve' is labctl's own, with --lab NAME");
    return parent ? lab_registryd_become(cli->lab, pid, err) : lab_registryd_serve(cli->lab, err);
}
