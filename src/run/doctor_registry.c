/* What labctl's own registry needs of this host. */
#include <stdlib.h>

#include "base/i18n.h"
#include "registryd/server.h"
#include "run/doctor.h"

static void look_at_serve(struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *program = NULL;
    struct lab_finding *f =
        lab_registryd_program(&program, &err) == 0
            ? lab_found(out, LAB_N("registry"), LAB_RESULT_OK, "labctl runs %s", program)
            : lab_found_error(out, LAB_N("registry"), LAB_RESULT_FAIL, &err);
    lab_finding_looked(f, "PATH");
}

char *lab_registry_insecure(const struct lab_registry_spec *registry)
{
    if (!registry->insecure)
        return NULL;
    return lab_format(
        lab_tr("INSECURE: nobody checks who %s is, so whoever is on the way to it can change "
               "images%s"),
        registry->address, registry->username ? lab_tr(" and read the password") : "");
}

void lab_doctor_registry(const struct lab_spec *spec, struct lab_findings *out)
{
    const struct lab_registry_spec *r = &spec->registry;
    if (!spec->has_registry)
        return;
    if (r->serve) {
        look_at_serve(out);
    } else if (r->insecure) {
        LAB_AUTOFREE char *words = lab_registry_insecure(r);
        struct lab_finding *f = lab_found(out, LAB_N("registry"), LAB_RESULT_WARNING, "%s", words);
        lab_finding_looked(f, "registry.insecure in lab.yaml");
        lab_finding_fix(f,
                        "name the CA of its certificate with registry.ca, and remove 'insecure'");
    }
}
