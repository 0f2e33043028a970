#include "registry/threads.h"

#include <uv.h>

int lab_registry_threads(
    void (*fn)(void *arg), void *arg, unsigned wanted, size_t work, struct lab_error *err)
{
    uv_thread_t threads[LAB_REGISTRY_THREADS_MAX];
    unsigned most = wanted ? wanted : LAB_REGISTRY_THREADS, started = 0;
    int rc = 0;
    while (rc == 0 && started < most && started < work && started < LAB_REGISTRY_THREADS_MAX) {
        rc = uv_thread_create(&threads[started], fn, arg);
        started += rc == 0;
    }
    for (unsigned i = 0; i < started; i++)
        uv_thread_join(&threads[i]);
    if (started == 0 && work > 0)
        return lab_fail(err, LAB_HOST, "cannot start a thread: %s", uv_strerror(rc));
    return 0;
}
