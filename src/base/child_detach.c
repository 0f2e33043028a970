#include "base/child.h"

#include <uv.h>

#include "base/child_env.h"
#include "base/log.h"

/* The loop goes at once and nobody waits for the child: until labctl ends, one that has ended is a
 * zombie, which plat_process_lives() counts as gone. */
int lab_child_detach(struct lab_child *c, uint64_t *pid, struct lab_error *err)
{
    uv_loop_t loop;
    uv_process_t process;
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}};
    char **env = lab_child_env_new(c->env);
    *lab_vec_push(&c->argv) = NULL;
    uv_process_options_t options = {
        .file = c->argv.items[0],
        .args = c->argv.items,
        .env = env,
        .flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int rc = uv_loop_init(&loop);
    if (rc == 0) {
        rc = uv_spawn(&loop, &process, &options);
        *pid = rc == 0 ? (uint64_t)process.pid : 0;
        uv_close((uv_handle_t *)&process, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
    }
    c->argv.len--;
    lab_child_env_free(env);
    if (rc < 0)
        return lab_fail(err, LAB_HOST, "cannot start '%s': %s", c->argv.items[0], uv_strerror(rc));
    lab_log("%s: started, pid %llu", c->argv.items[0], (unsigned long long)*pid);
    return 0;
}
