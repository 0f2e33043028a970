/* The end of labctl's own registry. */
#include <uv.h>

#include "base/file.h"
#include "platform.h"
#include "registryd/server.h"

enum {
    MERCY_MS = 15000, /* a supervisor that was asked to end; its child gets ten seconds */
    LOOK_MS = 50      /* between two looks */
};

static int end_supervisor(const struct lab_registryd_files *files, struct lab_error *err)
{
    uint64_t deadline = plat_now_ms() + MERCY_MS;
    bool asked = false, killed = false;
    for (uint64_t pid; (pid = lab_registryd_supervisor(files)) != 0;) {
        bool late = plat_now_ms() >= deadline;
        if (late && killed)
            return lab_fail(err, LAB_HOST, "the registry's supervisor (pid %llu) does not end",
                            (unsigned long long)pid);
        if (!asked || late)
            plat_end_process(pid, late);
        if (late) {
            deadline += MERCY_MS;
            killed = true;
        }
        asked = true;
        uv_sleep(LOOK_MS);
    }
    return 0;
}

int lab_registryd_end(const struct lab_registryd_files *files, bool *was_up, struct lab_error *err)
{
    if (was_up)
        *was_up = lab_registryd_supervisor(files) != 0;
    return end_supervisor(files, err);
}

/* Holds the lock meanwhile, so that none can start. */
int lab_registryd_remove(const char *lab, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    struct plat_lock *lock = NULL;
    uint64_t deadline = plat_now_ms() + MERCY_MS;
    lab_registryd_files(&files, lab);
    if (!lab_file_exists(files.dir))
        return 0;
    while (!lock) {
        LAB_AUTO_ERROR struct lab_error held = LAB_ERROR_INIT;
        if (end_supervisor(&files, err))
            return -1;
        if (plat_lock_take(&lock, files.lock, "labctl teardown", &held) == 0)
            break;
        /* one that starts at this moment has not written its name yet */
        if (plat_now_ms() >= deadline) {
            lab_error_move(err, &held);
            return -1;
        }
        uv_sleep(LOOK_MS);
    }
    int rc = plat_remove_tree(files.dir, err);
    plat_lock_drop(lock);
    return rc;
}
