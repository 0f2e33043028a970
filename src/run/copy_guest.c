/* One script on the guest: its command line, its streams, its end. */
#include <string.h>

#include "base/template.h"
#include "base/text.h"
#include "run/copy_priv.h"

enum { WINDOW = 256 * 1024, BLOCK = 32 * 1024 };

static void on_data(void *arg, int fd, const char *bytes, size_t n)
{
    struct lab_copy_call *call = arg;
    if (fd == 2)
        lab_str_addn(&call->complaint, bytes, n);
    else if (!call->data)
        lab_str_addn(&call->out, bytes, n);
    else if (call->error.code == LAB_OK && call->data(call, bytes, n, &call->error)) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        lab_error_copy(&err, &call->error);
        lab_stream_abort(call->stream, &err);
    }
}

static void on_ready(void *arg)
{
    struct lab_copy_call *call = arg;
    char bytes[BLOCK];
    while (call->feed && call->error.code == LAB_OK && lab_stream_waiting(call->stream) < WINDOW) {
        int64_t n = call->feed(call, bytes, sizeof(bytes), &call->error);
        if (n > 0) {
            lab_stream_write(call->stream, bytes, (size_t)n);
            continue;
        }
        call->feed = NULL;
        if (n == 0)
            lab_stream_end(call->stream);
    }
    if (call->error.code == LAB_OK)
        return;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    lab_error_copy(&err, &call->error);
    lab_stream_abort(call->stream, &err);
}

static void on_done(void *arg, const struct lab_exec_result *result, const struct lab_error *err)
{
    struct lab_copy_call *call = arg;
    call->stream = NULL;
    call->ended = true;
    call->status = result->status;
    if (err && call->error.code == LAB_OK)
        lab_error_copy(&call->error, err);
}

static void put_command(struct lab_str *out, const struct lab_copy_call *call)
{
    lab_str_add(out, "# cp\n"); /* what messages call the command by */
    lab_str_add(out, call->copier->sudo ? "sudo -n sh -c " : "sh -c ");
    lab_escape(out, LAB_ESCAPE_SHELL_ENV, call->script);
    lab_str_add(out, " sh");
    for (const char *const *arg = call->args; *arg; arg++) {
        lab_str_addc(out, ' ');
        lab_escape(out, LAB_ESCAPE_SHELL_ENV, *arg);
    }
}

static void wait_for(struct lab_copy_call *call)
{
    const struct lab_copier *c = call->copier;
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    bool told = false;
    while (!call->ended) {
        uv_run(c->loop, UV_RUN_ONCE);
        if (call->ended || told || !c->stop || !c->stop(c->arg, &why))
            continue;
        told = true;
        lab_error_clear(&call->error);
        lab_error_copy(&call->error, &why);
        lab_stream_abort(call->stream, &why);
    }
}

static void put_hint(const struct lab_copy_call *call, struct lab_error *err)
{
    const char *said = lab_str_get(&call->complaint);
    if (strncmp(said, "sudo:", 5) == 0)
        lab_error_hint(err, "the guest's user may not use sudo without a password");
    else if (strstr(said, "Permission denied") && !call->copier->sudo)
        lab_error_hint(err, "with --sudo it is done as root");
    else if (strstr(said, "No space left"))
        lab_error_hint(err, "make room in the guest; the same command then goes on");
}

static int judge(struct lab_copy_call *call, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str said = LAB_STR_INIT;
    enum lab_code code = call->status == LAB_COPY_DIFFERS  ? LAB_INTEGRITY
                         : call->status == LAB_COPY_LOCKED ? LAB_CONFLICT
                         : call->status == LAB_COPY_USAGE  ? LAB_USAGE
                                                           : LAB_GUEST;
    if (call->status == 0)
        return 0;
    lab_put_printable(&said, lab_str_get(&call->complaint), call->complaint.len, 300);
    if (said.len)
        lab_fail(err, code, "the guest says: %s", lab_str_get(&said));
    else
        lab_fail(err, code, "the guest's command ended with status %d", call->status);
    put_hint(call, err);
    return -1;
}

int lab_copy_call(struct lab_copy_call *call, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str command = LAB_STR_INIT;
    call->complaint.max = 4096;
    put_command(&command, call);
    const struct lab_exec exec = {.command = lab_str_get(&command),
                                  .timeout_ms = UINT64_MAX,
                                  .data = on_data,
                                  .done = on_done,
                                  .arg = call};
    bool feeds = call->feed != NULL;
    call->stream = lab_guest_stream(call->copier->guest, &exec, on_ready);
    if (!feeds)
        lab_stream_end(call->stream);
    wait_for(call);
    if (call->error.code != LAB_OK) {
        if (err)
            lab_error_move(err, &call->error);
        return -1;
    }
    if (call->status == 0 && !lab_str_ok(&call->out))
        return lab_fail(err, LAB_GUEST, "the guest's answer has no end");
    return judge(call, err);
}

void lab_copy_call_clear(struct lab_copy_call *call)
{
    lab_str_clear(&call->out);
    lab_str_clear(&call->complaint);
    lab_error_clear(&call->error);
}
