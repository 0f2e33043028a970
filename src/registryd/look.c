/* What the files tell of the server. */
#include <stdlib.h>

#include "base/file.h"
#include "pki/ca.h"
#include "platform.h"
#include "registryd/server.h"

struct counting {
    const char *dir;
    uint64_t *bytes;
};

static int count(void *arg, const char *name)
{
    const struct counting *c = arg;
    LAB_AUTOFREE char *path = lab_path_join(c->dir, name);
    struct plat_stat st;
    if (plat_lstat(path, &st))
        return 0;
    struct counting below = {path, c->bytes};
    if (st.is_file)
        *c->bytes += st.size;
    else if (st.is_dir && plat_list_dir(path, count, &below, NULL))
        return 0; /* it goes away as we look */
    return 0;
}

void lab_registryd_look(const struct lab_registryd_files *files, struct lab_registryd_look *out)
{
    LAB_AUTO_CERT_LOOK struct lab_cert_look cert = {{0}, NULL, 0, 0};
    struct lab_registryd_running running;
    struct counting all = {files->data, &out->storage_bytes};
    out->pid = lab_registryd_supervisor(files);
    lab_registryd_running_read(files, &running);
    out->server_pid = out->pid ? running.server_pid : 0;
    out->since_ms = out->server_pid ? running.since_ms : 0;
    out->restarts = running.restarts;
    out->last_end = lab_steal(&running.last_end);
    if (lab_file_exists(files->data) && plat_list_dir(files->data, count, &all, NULL))
        out->storage_bytes = 0;
    if (lab_file_exists(files->certificate) &&
        lab_cert_look(&cert, files->certificate, NULL) == 0) {
        out->tls_ends_ms = cert.ends_ms;
        LAB_VEC_FOREACH (name, &cert.names)
            *lab_vec_push(&out->names) = lab_strdup(*name);
    }
}

void lab_registryd_look_clear(struct lab_registryd_look *look)
{
    LAB_VEC_FOREACH (name, &look->names)
        free(*name);
    lab_vec_clear(&look->names);
    free(look->last_end);
    *look = (struct lab_registryd_look){0};
}
