#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/io.h"
#include "pki/ca.h"
#include "platform.h"
#include "run/registry.h"
#include "run/registry_probe.h"

/* --- status ----------------------------------------------------------------------------------- */

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

static void look_at_files(const struct lab_registry_files *files, struct lab_registry_status *out)
{
    LAB_AUTO_CERT_LOOK struct lab_cert_look cert = {{0}, NULL, 0, 0};
    struct lab_registry_running running;
    struct counting all = {files->data, &out->storage_bytes};
    out->pid = lab_registry_supervisor(files);
    lab_registry_running_read(files, &running);
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

static int status_fn(void *arg, struct lab_error *err)
{
    struct lab_registry_status *s = arg;
    (void)err;
    s->answers = lab_registry_probe(&s->place, &s->answer) == LAB_REGISTRY_ANSWERS;
    return 0;
}

int lab_registry_status(struct lab_run *run, struct lab_registry_status *out, struct lab_error *err)
{
    LAB_AUTO_REGISTRY_FILES struct lab_registry_files files = {0};
    LAB_AUTO_ERROR struct lab_error never = LAB_ERROR_INIT;
    const struct lab_registry_spec *r = &run->spec->registry;
    bool ours = run->spec->has_registry && (r->serve || r->node);
    out->kind = r->serve ? "on this host" : r->node ? "in a guest" : "external";
    lab_registry_files(&files, run->spec->name);
    if (r->serve)
        look_at_files(&files, out);
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
    LAB_VEC_FOREACH (name, &status->names)
        free(*name);
    lab_vec_clear(&status->names);
    free(status->last_end);
    free(status->answer);
    *status = (struct lab_registry_status){0};
}

/* --- logs ------------------------------------------------------------------------------------- */

enum { FOLLOW_MS = 200, READ_SIZE = 64 * 1024 };

/* The rest of an open file; *at moves on. */
static int put_rest(int fd, int64_t *at, void (*put)(const char *, size_t), struct lab_error *err)
{
    LAB_AUTOFREE char *bytes = lab_alloc(READ_SIZE);
    int64_t n;
    while ((n = lab_io_read(fd, bytes, READ_SIZE, *at)) > 0) {
        put(bytes, (size_t)n);
        *at += n;
    }
    return n == 0 ? 0 : lab_fail(err, LAB_HOST, "cannot read the log: %s", uv_strerror((int)n));
}

static int put_file(const char *path, void (*put)(const char *, size_t), struct lab_error *err)
{
    int64_t at = 0;
    int fd = lab_io_open(path, err);
    if (fd < 0)
        return -1;
    int rc = put_rest(fd, &at, put, err);
    lab_io_close(fd);
    return rc;
}

/* Another file has the name now: this one was put aside. */
static bool was_rotated(int fd, const char *path)
{
    uv_fs_t req;
    struct plat_stat st;
    uint64_t ours = 0;
    if (uv_fs_fstat(NULL, &req, fd, NULL) == 0)
        ours = req.statbuf.st_ino;
    uv_fs_req_cleanup(&req);
    return plat_stat(path, &st) == 0 && st.inode != ours;
}

static int follow_one(const char *path,
                      void (*put)(const char *, size_t),
                      bool (*cancelled)(void),
                      struct lab_error *err)
{
    int64_t at = 0;
    int fd = lab_io_open(path, err), rc = fd < 0 ? -1 : 0;
    while (rc == 0 && !cancelled()) {
        bool rotated = was_rotated(fd, path); /* before the last read */
        rc = put_rest(fd, &at, put, err);
        if (rotated)
            break;
        uv_sleep(FOLLOW_MS);
    }
    if (fd >= 0)
        lab_io_close(fd);
    return rc;
}

int lab_registry_logs(const char *lab,
                      bool follow,
                      void (*put)(const char *bytes, size_t n),
                      bool (*cancelled)(void),
                      struct lab_error *err)
{
    LAB_AUTO_REGISTRY_FILES struct lab_registry_files files = {0};
    lab_registry_files(&files, lab);
    LAB_AUTOFREE char *older = lab_format("%s.1", files.log);
    if (!lab_file_exists(files.log)) {
        lab_fail(err, LAB_USAGE, "the registry of lab '%s' has no log: it was never up", lab);
        return lab_error_hint(err, "'labctl registry up' starts it");
    }
    if (lab_file_exists(older) && put_file(older, put, err))
        return -1;
    if (!follow)
        return put_file(files.log, put, err);
    while (!cancelled())
        if (follow_one(files.log, put, cancelled, err))
            return -1;
    return lab_fail(err, LAB_CANCELLED, "interrupted");
}
