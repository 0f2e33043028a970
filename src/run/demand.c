#include "run/demand.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "media/iso.h"
#include "platform.h"

enum { SEED_BYTES = 1 << 20, ISO_FRAME_BYTES = 1 << 20 }; /* both are somewhat less */

struct lab_net lab_net_of(const struct lab_spec *spec, size_t network)
{
    const struct lab_network *n = &spec->networks.items[network];
    return (struct lab_net){.name = n->name,
                            .bridge = n->bridge,
                            .range = n->range,
                            .has_ipam = n->has_ipam,
                            .gateway = n->gateway};
}

static void
add_image(struct lab_demand *out, const struct lab_image *image, const char *sum, bool known)
{
    struct lab_demand_image *to = lab_vec_push(&out->images);
    to->path = image->path;
    if (sum)
        memcpy(to->sha256, sum, sizeof(to->sha256));
    else if (!known && image->path && !lab_digest_get(image->path, to->sha256))
        to->sha256[0] = '\0';
}

static void
add_node(struct lab_demand *out, const struct lab_node *node, const struct lab_vm_state *vm)
{
    struct lab_demand_node *to = lab_vec_push(&out->nodes);
    to->name = node->name;
    to->disk_bytes = node->disk_bytes;
    to->memory_bytes = node->memory_mib << 20;
    to->image = node->image;
    to->made = vm && vm->power != LAB_POWER_ABSENT;
    to->running = vm && (vm->power == LAB_POWER_ON || vm->power == LAB_POWER_PAUSED);
    if (!to->made)
        out->images.items[node->image].wanted = true;
}

static int count_payload(struct lab_demand *out, const char *dir, struct lab_error *err)
{
    struct lab_iso iso = {.label = "count"};
    int rc = lab_iso_add_tree(&iso, dir, err);
    out->payload_bytes = ISO_FRAME_BYTES;
    LAB_VEC_FOREACH (file, &iso.files)
        out->payload_bytes += file->size;
    lab_iso_clear(&iso);
    return rc;
}

int lab_demand_fill(struct lab_demand *out,
                    const struct lab_spec *spec,
                    struct lab_vm_states *vms,
                    char *const *sums,
                    const struct lab_run *run,
                    struct lab_error *err)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < spec->networks.len; i++)
        *lab_vec_push(&out->nets) = lab_net_of(spec, i);
    for (size_t i = 0; i < spec->images.len; i++)
        add_image(out, &spec->images.items[i], sums ? sums[i] : NULL, sums != NULL);
    LAB_VEC_FOREACH (node, &spec->nodes)
        if (!run || lab_run_targeted(run, node->name))
            add_node(out, node, vms ? lab_vm_states_find(vms, node->name) : NULL);
    if (!spec->payload.dir || !lab_demand_makes(out))
        return 0;
    return count_payload(out, spec->payload.dir, err);
}

void lab_demand_clear(struct lab_demand *demand)
{
    lab_vec_clear(&demand->nets);
    lab_vec_clear(&demand->images);
    lab_vec_clear(&demand->nodes);
}

bool lab_demand_makes(const struct lab_demand *demand)
{
    LAB_VEC_FOREACH (node, &demand->nodes)
        if (!node->made)
            return true;
    return false;
}

/* A payload medium that is there is built again only when the payload changed, and then its writer
 * looks for room by itself. */
void lab_demand_media(const struct lab_demand *demand, const char *home, struct lab_places *out)
{
    LAB_AUTOFREE char *media = lab_path_join(home, "media");
    LAB_AUTOFREE char *iso = lab_path_join(media, "payload.iso");
    struct lab_place *place = lab_places_add(out, media, lab_tr("seeds and payload"));
    LAB_VEC_FOREACH (node, &demand->nodes)
        place->now += node->made ? 0 : SEED_BYTES;
    if (lab_file_exists(iso))
        return;
    place->now += demand->payload_bytes;
    place->meanwhile = demand->payload_bytes; /* libarchive's spool file */
}
