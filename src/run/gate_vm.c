/* The gates that the provider opens: defined, powered on, restarted. Work functions run on worker
 * threads: they read the climb and write nothing of it. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"
#include "run/climb.h"
#include "run/cut.h"
#include "run/refresh.h"
#include "run/seed.h"

/* A VM as the provider wants it; with_media false: the definition after the detach. */
static int define_vm(struct lab_climb *c, const char *seed_ref, struct lab_error *err)
{
    struct lab_ladder *l = c->ladder;
    struct lab_run *run = l->run;
    const struct lab_node *node = c->node;
    char uuid[LAB_UUID_TEXT];
    LAB_AUTOFREE char *identity = lab_format("%s/%s", lab_state_id(run->state), node->name);
    LAB_AUTOFREE char *console = lab_run_path(run, "console/%s.log", node->name);
    LAB_AUTOFREE struct lab_vm_nic *nics = lab_calloc(node->nics.len, sizeof(*nics));
    LAB_AUTOFREE char *macs = lab_calloc(node->nics.len, LAB_MAC_TEXT);
    lab_uuid_named(identity, uuid);
    for (size_t i = 0; i < node->nics.len; i++) {
        const struct lab_nic *nic = &node->nics.items[i];
        const struct lab_net_state *net = &l->nets[nic->network];
        char *mac = macs + i * LAB_MAC_TEXT;
        lab_mac_format(nic->mac, mac);
        nics[i] = (struct lab_vm_nic){net->name, net->is_bridge, mac, nic->model};
    }
    struct lab_vm vm = {
        .name = node->name,
        .uuid = uuid,
        .generation = c->record->generation,
        .cpu = node->cpu,
        .memory_mib = node->memory_mib,
        .disk_bytes = node->disk_bytes,
        .base = l->base_refs[node->image],
        .nics = nics,
        .nics_len = node->nics.len,
        .seed = seed_ref,
        .payload = seed_ref ? l->payload_ref : NULL,
        .console = console,
        .hardware = node->hardware,
    };
    return run->provider.ops->define(&run->provider, &vm, err);
}

static int fresh_console(struct lab_climb *c, struct lab_error *err)
{
    LAB_AUTOFREE char *dir = lab_run_path(c->ladder->run, "console");
    LAB_AUTOFREE char *path = lab_path_join(dir, c->record->name);
    LAB_AUTOFREE char *log = lab_format("%s.log", path);
    if (plat_mkdirs(dir, 0700, err))
        return -1;
    /* virtlogd would replace it at 2 MiB by one that only root can read */
    struct plat_stat st;
    bool keep = plat_stat(log, &st) == 0 && st.size < (1u << 20);
    return keep ? 0 : lab_file_replace(log, "", 0, 0600, err);
}

/* As it is to be: of this generation, and on. A labctl that was killed may have left its start
 * under way, and the VM came up behind our back. */
static bool came_up(struct lab_climb *c)
{
    struct lab_provider *p = &c->ladder->run->provider;
    const char *generation = c->record->generation;
    struct lab_vm_states states = {0};
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    bool up = false;
    if (p->ops->query(p, (const char *const *)&c->record->name, 1, &states, &why) == 0) {
        const struct lab_vm_state *vm = lab_vm_states_find(&states, c->record->name);
        up = vm && vm->ours && vm->power == LAB_POWER_ON && vm->generation && generation &&
             strcmp(vm->generation, generation) == 0;
    }
    lab_vm_states_clear(&states);
    return up;
}

static int define_fn(void *arg, struct lab_error *err)
{
    struct lab_climb *c = arg;
    struct lab_run *run = c->ladder->run;
    struct lab_provider *p = &run->provider;
    LAB_AUTOFREE char *seed_ref = NULL;
    if (c->provision && p->ops->destroy(p, c->record->name, err))
        return -1;
    if (fresh_console(c, err) || lab_seed_make(c, &seed_ref, err))
        return -1;
    if (define_vm(c, seed_ref, err) == 0)
        return 0;
    if (err->code != LAB_HYPERVISOR || c->provision || !came_up(c))
        return -1;
    lab_error_clear(err);
    return 0;
}

void lab_enter_defined(struct lab_climb *c)
{
    struct lab_run *run = c->ladder->run;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_state_object_put(run->state, LAB_OBJECT_VM, c->record->name, LAB_OBJECT_MAKING, NULL,
                             &err) ||
        lab_state_object_put(run->state, LAB_OBJECT_MEDIUM, c->record->name, LAB_OBJECT_MAKING,
                             NULL, &err) ||
        (c->provision && lab_state_gates_forget(run->state, c->record->name, &err))) {
        lab_error_move(&c->error, &err);
        return;
    }
    lab_climb_save(c);
    lab_climb_see(c, "writing the seed and the definition");
    lab_climb_work(c, define_fn);
}

enum lab_answer lab_check_worked(struct lab_climb *c)
{
    if (c->ladder->observe)
        return c->power == LAB_POWER_ABSENT && lab_climb_looked(c) ? LAB_WAIT : LAB_PASS;
    if (!c->worked)
        return LAB_WAIT;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_state_object_put(c->ladder->run->state, LAB_OBJECT_VM, c->record->name,
                             LAB_OBJECT_PRESENT, NULL, &err))
        return lab_climb_fail(c, err.code, "%s", err.message);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_put_size(&text, c->record->memory_mib << 20);
    lab_climb_see(c, "%u cpu, %s", c->record->cpu, lab_str_get(&text));
    c->provision = false;
    lab_refresh_made(c);
    return LAB_PASS;
}

/* --- power ------------------------------------------------------------------------------------ */

static int start_fn(void *arg, struct lab_error *err)
{
    struct lab_climb *c = arg;
    struct lab_provider *p = &c->ladder->run->provider;
    return fresh_console(c, err) ? -1 : p->ops->start(p, c->record->name, err);
}

static enum lab_answer check_started(struct lab_climb *c)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (!c->worked)
        return LAB_WAIT;
    if (lab_note_cut(c->ladder->run, c->record->name, false, &err))
        return lab_climb_fail(c, err.code, "%s", err.message);
    c->power = LAB_POWER_ON;
    lab_climb_look_again(c);
    lab_climb_see(c, "running");
    return LAB_PASS;
}

void lab_enter_powered(struct lab_climb *c)
{
    if (!c->powered_ms)
        c->powered_ms = plat_now_ms();
    lab_enter_restarted(c);
}

enum lab_answer lab_check_powered(struct lab_climb *c)
{
    if (c->ladder->observe) {
        if (!c->powered_ms)
            c->powered_ms = plat_now_ms();
        lab_climb_see(c, "the VM is %s", lab_power_name(c->power));
        return c->power == LAB_POWER_ON ? LAB_PASS : LAB_WAIT;
    }
    return check_started(c);
}

void lab_enter_restarted(struct lab_climb *c)
{
    lab_climb_boots_anew(c);
    lab_climb_see(c, "starting");
    lab_climb_work(c, start_fn);
}

enum lab_answer lab_check_restarted(struct lab_climb *c)
{
    if (c->ladder->observe)
        return c->power == LAB_POWER_ON && !c->media_attached ? LAB_PASS : LAB_WAIT;
    return check_started(c);
}

/* The definition without media, with cpu, memory and disk as lab.yaml has them now. */
int lab_vm_define_bare(void *arg, struct lab_error *err)
{
    struct lab_climb *c = arg;
    struct lab_provider *p = &c->ladder->run->provider;
    if (c->node->disk_bytes > c->record->disk_bytes &&
        p->ops->grow_disk(p, c->record->name, c->node->disk_bytes, err))
        return -1;
    return define_vm(c, NULL, err);
}
