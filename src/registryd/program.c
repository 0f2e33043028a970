/* What this host lacks: doctor, `up` and the supervisor refuse it in the same words. */
#include "platform.h"
#include "registryd/server.h"

int lab_registryd_program(char **path, struct lab_error *err)
{
    if (!plat_can_serve()) {
        lab_fail(err, LAB_HOST,
                 "on this host labctl cannot run a registry, as registry.serve wants");
        return lab_error_hint(
            err, "let a guest run it (registry.node: NAME), or run one in WSL and name "
                 "its address (registry.address: HOST:PORT)");
    }
    *path = plat_find_program(LAB_REGISTRYD_PROGRAM);
    if (*path)
        return 0;
    lab_fail(err, LAB_HOST, "there is no '%s' on this host, and lab.yaml wants labctl to run it",
             LAB_REGISTRYD_PROGRAM);
    return lab_error_hint(err, "install it: sudo apt-get install docker-registry && sudo systemctl "
                               "disable --now docker-registry");
}
