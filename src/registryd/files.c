#include "registryd/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "platform.h"
#include "state/state.h"

void lab_registryd_files(struct lab_registryd_files *out, const char *lab)
{
    LAB_AUTOFREE char *home = lab_home_of(lab);
    out->dir = lab_path_join(home, "registry");
    out->pki = lab_path_join(home, "pki");
    out->ca = lab_path_join(out->pki, "ca.crt");
    out->data = lab_path_join(out->dir, "data");
    out->config = lab_path_join(out->dir, "config.yml");
    out->certificate = lab_path_join(out->dir, "server.crt");
    out->key = lab_path_join(out->dir, "server.key");
    out->htpasswd = lab_path_join(out->dir, "htpasswd");
    out->password = lab_path_join(out->dir, "password");
    out->secret = lab_path_join(out->dir, "secret");
    out->log = lab_path_join(out->dir, "registry.log");
    out->lock = lab_path_join(out->dir, "lock");
    out->running = lab_path_join(out->dir, "running.json");
}

void lab_registryd_files_clear(struct lab_registryd_files *f)
{
    char **const all[] = {&f->dir,         &f->pki,  &f->ca,       &f->data,     &f->config,
                          &f->certificate, &f->key,  &f->htpasswd, &f->password, &f->secret,
                          &f->log,         &f->lock, &f->running};
    for (size_t i = 0; i < LAB_ARRAY_LEN(all); i++) {
        free(*all[i]);
        *all[i] = NULL;
    }
}

/* --- who runs --------------------------------------------------------------------------------- */

char *lab_registryd_holder(void)
{
    unsigned long pid = plat_pid();
    return lab_format("labctl registry serve (pid %lu, started %llu)", pid,
                      (unsigned long long)plat_process_started(pid));
}

/* Not by taking the lock: a supervisor that starts meanwhile would find it taken. */
uint64_t lab_registryd_supervisor(const struct lab_registryd_files *files)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    unsigned long long pid, started;
    if (!lab_file_exists(files->lock) || lab_file_read(files->lock, 512, &text, NULL) ||
        sscanf(lab_str_get(&text), "labctl registry serve (pid %llu, started %llu)", &pid,
               &started) != 2)
        return 0;
    return plat_process_lives(pid, started) ? pid : 0;
}

/* --- running.json ----------------------------------------------------------------------------- */

int lab_registryd_running_write(const struct lab_registryd_files *files,
                                const struct lab_registryd_running *r,
                                struct lab_error *err)
{
    json_t *value =
        json_pack("{s:I, s:I, s:I, s:s, s:s?}", "server_pid", (json_int_t)r->server_pid, "since_ms",
                  (json_int_t)r->since_ms, "restarts", (json_int_t)r->restarts, "digest", r->digest,
                  "last_end", r->last_end);
    char *text = json_dumps(value, JSON_INDENT(1));
    int rc = lab_file_replace(files->running, text, strlen(text), 0600, err);
    free(text);
    json_decref(value);
    return rc;
}

void lab_registryd_running_read(const struct lab_registryd_files *files,
                                struct lab_registryd_running *out)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    *out = (struct lab_registryd_running){0};
    if (!lab_file_exists(files->running) || lab_file_read(files->running, 65536, &text, NULL))
        return;
    json_t *value = json_loadb(lab_str_get(&text), text.len, 0, NULL);
    const char *digest = json_string_value(json_object_get(value, "digest"));
    out->server_pid = (uint64_t)json_integer_value(json_object_get(value, "server_pid"));
    out->since_ms = json_integer_value(json_object_get(value, "since_ms"));
    out->restarts = (unsigned)json_integer_value(json_object_get(value, "restarts"));
    out->last_end = lab_strdup(json_string_value(json_object_get(value, "last_end")));
    if (digest)
        snprintf(out->digest, sizeof(out->digest), "%s", digest);
    json_decref(value);
}

void lab_registryd_running_clear(struct lab_registryd_running *running)
{
    free(running->last_end);
    *running = (struct lab_registryd_running){0};
}
