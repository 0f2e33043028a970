#include "base/child.h"

#include <uv.h>

#include "base/child_env.h"
#include "base/log.h"
#include "base/text.h"

static void on_end(uv_process_t *process, int64_t status, int signal)
{
    struct lab_child *c = process->data;
    c->status = signal ? -1 : (int)status;
    c->signal = signal;
    uv_close((uv_handle_t *)process, NULL);
}

static int start(uv_loop_t *loop, uv_process_t *process, struct lab_child *c)
{
    uv_stdio_container_t stdio[3];
    for (int fd = 0; fd < 3; fd++) {
        stdio[fd].flags = UV_INHERIT_FD;
        stdio[fd].data.fd = fd;
    }
    char **env = lab_child_env_new(c->env);
    *lab_vec_push(&c->argv) = NULL;
    uv_process_options_t options = {
        .exit_cb = on_end,
        .file = c->argv.items[0],
        .args = c->argv.items,
        .env = env,
        .stdio_count = 3,
        .stdio = stdio,
    };
    process->data = c;
    int rc = uv_spawn(loop, process, &options);
    if (rc < 0)
        uv_close((uv_handle_t *)process, NULL);
    c->argv.len--;
    lab_child_env_free(env);
    return rc;
}

/* Not in a group of its own: only the terminal's foreground group may read from it. */
int lab_child_terminal(struct lab_child *c, struct lab_error *err)
{
    uv_loop_t loop;
    uv_process_t process;
    int rc = uv_loop_init(&loop);
    if (rc == 0) {
        rc = start(&loop, &process, c);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
    }
    if (rc < 0) {
        lab_fail(err, LAB_HOST, "cannot run '%s': %s", c->argv.items[0], uv_strerror(rc));
        return lab_error_hint(err, "install the package that has '%s', or add its folder to PATH",
                              c->argv.items[0]);
    }
    lab_log("%s had the terminal: exit status %d", c->argv.items[0], c->status);
    return 0;
}
