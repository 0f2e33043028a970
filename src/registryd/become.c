/* What the supervisor's child does before it is docker-registry. */
#include <stdlib.h>
#include <uv.h>

#include "base/text.h"
#include "platform.h"
#include "registryd/server.h"
#include "registryd/supervisor.h"

/* They would change the configuration that labctl wrote (docs: distribution, "Override specific
 * configuration options"). */
static void forget_variables(void)
{
    uv_env_item_t *items;
    int n;
    if (uv_os_environ(&items, &n) != 0)
        return;
    for (int i = 0; i < n; i++)
        if (lab_starts_with(items[i].name, "REGISTRY_"))
            uv_os_unsetenv(items[i].name);
    uv_os_free_environ(items, n);
}

int lab_registryd_become(const char *lab, uint64_t supervisor, struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    LAB_AUTOFREE char *program = NULL;
    char verb[] = "serve";
    if (lab_registryd_program(&program, err))
        return -1;
    lab_registryd_files(&files, lab);
    forget_variables();
    char *argv[] = {program, verb, files.config, NULL};
    return plat_become(argv, supervisor, err);
}
