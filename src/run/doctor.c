/* doctor: what this host has and lacks, each finding with its next step. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform.h"
#include "run/commands.h"

static void
add(struct lab_doctor *out, const char *check, bool fine, const char *finding, const char *next)
{
    struct lab_doctor_finding *f = lab_vec_push(&out->findings);
    f->check = check;
    f->fine = fine;
    f->finding = lab_strdup(finding ? finding : "");
    f->next = lab_strdup(next ? next : "");
}

static void check_libvirt(struct lab_doctor *out)
{
    struct lab_provider p = {lab_provider_by_kind(LAB_PROVIDER_LIBVIRT), NULL};
    struct lab_provider_config config = {.owner = {"doctor", ""}, .home = ""};
    struct lab_host_info host = {0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!p.ops ? lab_provider_refuse(LAB_PROVIDER_LIBVIRT, &err) : p.ops->open(&p, &config, &err)) {
        add(out, "libvirt", false, err.message, err.hint);
        return;
    }
    if (p.ops->probe(&p, &host, &err)) {
        add(out, "libvirt", false, err.message, err.hint);
    } else {
        out->usable = true;
        add(out, "libvirt", true, host.hypervisor, NULL);
        add(out, "virtual CPUs", host.accelerated,
            host.accelerated ? "KVM ran a virtual CPU" : host.why,
            host.accelerated ? NULL : "labs run here, but emulated: about ten times slower");
    }
    p.ops->close(&p);
    free(host.hypervisor);
    free(host.why);
}

static void check_home(struct lab_doctor *out)
{
    static const uint64_t enough = (uint64_t)4 << 30;
    LAB_AUTOFREE char *home = lab_home();
    uint64_t bytes = 0;
    /* the folder is made by the first `up`; until then its nearest parent tells */
    LAB_AUTOFREE char *at = lab_strdup(home);
    while (plat_free_space(at, &bytes, NULL) && strrchr(at, '/') && strrchr(at, '/') != at)
        *strrchr(at, '/') = '\0';
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_str_addf(&text, "%s, ", home);
    lab_put_size(&text, bytes);
    lab_str_add(&text, " free");
    add(out, "LABCTL_HOME", bytes >= enough, lab_str_get(&text),
        bytes >= enough ? NULL : "free some space, or set LABCTL_HOME to a larger disk");
}

void lab_doctor(struct lab_doctor *out)
{
    check_libvirt(out);
    check_home(out);
}

void lab_doctor_clear(struct lab_doctor *out)
{
    LAB_VEC_FOREACH (f, &out->findings) {
        free(f->finding);
        free(f->next);
    }
    lab_vec_clear(&out->findings);
}
