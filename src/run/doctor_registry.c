/* What labctl's own registry needs of this host. */
#include <stdlib.h>

#include "platform.h"
#include "run/doctor.h"
#include "run/registry_serve.h"

int lab_registry_cannot(struct lab_error *err)
{
    lab_fail(err, LAB_HOST, "on this host labctl cannot run a registry, as registry.serve wants");
    return lab_error_hint(err,
                          "let a guest run it (registry.node: NAME), or run one in WSL and name "
                          "its address (registry.address: HOST:PORT)");
}

int lab_registry_missing(struct lab_error *err)
{
    lab_fail(err, LAB_HOST, "there is no '%s' on this host, and lab.yaml wants labctl to run it",
             LAB_REGISTRY_PROGRAM);
    return lab_error_hint(err, "install it: sudo apt-get install docker-registry && sudo systemctl "
                               "disable --now docker-registry");
}

static void look_at_serve(struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *program = plat_find_program(LAB_REGISTRY_PROGRAM);
    struct lab_finding *f;
    if (!plat_can_serve())
        lab_registry_cannot(&err);
    else if (!program)
        lab_registry_missing(&err);
    f = err.code == LAB_OK ? lab_found(out, "registry", LAB_RESULT_OK, "labctl runs %s", program)
                           : lab_found_error(out, "registry", LAB_RESULT_FAIL, &err);
    lab_finding_looked(f, "PATH");
}

void lab_doctor_registry(const struct lab_spec *spec, struct lab_findings *out)
{
    const struct lab_registry_spec *r = &spec->registry;
    if (!spec->has_registry)
        return;
    if (r->serve) {
        look_at_serve(out);
    } else if (r->insecure) {
        struct lab_finding *f = lab_found(
            out, "registry", LAB_RESULT_WARNING,
            "INSECURE: nobody checks who %s is, so whoever is on the way to it can change images",
            r->address);
        lab_finding_looked(f, "registry.insecure in lab.yaml");
        lab_finding_fix(f,
                        "name the CA of its certificate with registry.ca, and remove 'insecure'");
    }
}
