#include "provider/virsh_lost.h"

#include <stdatomic.h>
#include <string.h>
#include <uv.h>

#include "base/error.h"
#include "base/work.h"
#include "platform.h"

enum { PAUSE_MS = 500, TICK_MS = 100 };

static _Atomic bool answered;
static _Atomic uint64_t lost_ms; /* since when nobody has had an answer; 0: all is well */

bool lab_virsh_lost(const char *errout)
{
    static const char *const words[] = {
        "failed to connect to the hypervisor",
        "Failed to reconnect to the hypervisor",
        "error: Disconnected from ",
        "Cannot recv data: ",
        "Cannot write data: ",
        "End of file while reading data",
        "client socket is closed",
    };
    for (size_t i = 0; i < LAB_ARRAY_LEN(words); i++) {
        if (strstr(errout, words[i]))
            return true;
    }
    return false;
}

void lab_virsh_forget(void)
{
    atomic_store(&answered, false);
    atomic_store(&lost_ms, 0);
}

void lab_virsh_answered(void)
{
    atomic_store(&answered, true);
    atomic_store(&lost_ms, 0);
}

bool lab_virsh_known(void)
{
    return atomic_load(&answered);
}

/* Both count: who never comes back is waited for once, not once for every call; and a call that
 * itself ends libvirtd is not made for ever because others are answered in between. */
static bool is_late(uint64_t since)
{
    uint64_t now = plat_now_ms(), never = 0;
    atomic_compare_exchange_strong(&lost_ms, &never, now);
    uint64_t first = atomic_load(&lost_ms);
    if (!first || first > since)
        first = since;
    return now - first >= LAB_VIRSH_PATIENCE_MS;
}

bool lab_virsh_wait(uint64_t *since)
{
    if (!*since)
        *since = plat_now_ms();
    if (!atomic_load(&answered) || is_late(*since))
        return false;
    for (int waited = 0; waited < PAUSE_MS && !lab_work_cancelled(); waited += TICK_MS)
        uv_sleep(TICK_MS);
    return !lab_work_cancelled();
}
