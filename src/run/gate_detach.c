/* The ISO leaves while the VM is off: the definition is changed, then proved by asking the
 * hypervisor again; only then is the seed, which holds the host key and hashes, deleted everywhere.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"
#include "run/climb.h"
#include "run/seed.h"

enum { DEFINING, PROVING, CLEANING };

static int clean_fn(void *arg, struct lab_error *err)
{
    struct lab_climb *c = arg;
    struct lab_run *run = c->ladder->run;
    LAB_AUTOFREE char *iso = lab_seed_path(run, c->record->name);
    LAB_AUTOFREE char *medium = lab_seed_medium(c->record->name);
    if (run->provider.ops->remove_medium(&run->provider, medium, err))
        return -1;
    return plat_remove(iso, err);
}

void lab_enter_detached(struct lab_climb *c)
{
    lab_climb_step(c, DEFINING, "changing the definition");
    lab_climb_work(c, lab_vm_define_bare);
}

static enum lab_answer proving(struct lab_climb *c)
{
    if (!lab_climb_looked(c))
        return LAB_WAIT;
    if (c->media_attached)
        return lab_climb_fail(c, LAB_HYPERVISOR,
                              "the definition of '%s' still names an ISO after it was changed",
                              c->record->name);
    c->record->cpu = c->node->cpu;
    c->record->memory_mib = c->node->memory_mib;
    c->record->disk_bytes = c->node->disk_bytes;
    lab_climb_step(c, CLEANING, "removing the seed");
    lab_climb_work(c, clean_fn);
    return LAB_WAIT;
}

static enum lab_answer cleaned(struct lab_climb *c)
{
    if (!c->worked)
        return LAB_WAIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_state_object_gone(c->ladder->run->state, LAB_OBJECT_MEDIUM, c->record->name, &err))
        return lab_climb_fail(c, err.code, "%s", err.message);
    c->record->detached = true;
    lab_climb_save(c);
    lab_climb_see(c, "no ISO in the definition");
    return LAB_PASS;
}

static enum lab_answer observed(struct lab_climb *c)
{
    if (!lab_climb_looked(c))
        return LAB_WAIT;
    lab_climb_see(c, "%s",
                  c->media_attached ? lab_tr("an ISO is still attached")
                                    : lab_tr("no ISO in the definition"));
    return c->media_attached ? LAB_WAIT : LAB_PASS;
}

enum lab_answer lab_check_detached(struct lab_climb *c)
{
    if (c->ladder->observe)
        return observed(c);
    switch (c->step) {
    case DEFINING:
        if (c->worked) {
            lab_climb_look_again(c);
            lab_climb_step(c, PROVING, "asking the hypervisor again");
        }
        return LAB_WAIT;
    case PROVING:
        return proving(c);
    default:
        return cleaned(c);
    }
}
