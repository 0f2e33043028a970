/* Groups to single nodes: names, numbers, addresses. Which address is allowed is looked at later
 * (addresses.c). */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "spec/draft.h"

static size_t count_places(const char *name)
{
    size_t n = 0;
    for (const char *s = name; (s = strchr(s, '%')); s++)
        n++;
    return n;
}

/* Whether a --replicas names this group: by its label as written, or without the place of the
 * number
 * ("k3s-worker" for "k3s-worker%d"). */
static bool is_called(const char *label, const char *wanted)
{
    const char *place = strstr(label, "%d");
    if (strcmp(label, wanted) == 0)
        return true;
    if (!place || place[2])
        return false;
    size_t n = (size_t)(place - label);
    if (strncmp(label, wanted, n) == 0 && !wanted[n])
        return true;
    return n && label[n - 1] == '-' && strncmp(label, wanted, n - 1) == 0 && !wanted[n - 1];
}

static void list_groups(const struct lab_spec *spec, struct lab_str *out)
{
    for (size_t i = 0; i < spec->groups.len; i++)
        lab_str_addf(out, "%s%s", i ? ", " : "", spec->groups.items[i].label);
}

static struct lab_group *find_group(struct lab_draft *d, const struct lab_replicas *r)
{
    struct lab_spec *spec = d->spec;
    const struct lab_pos nowhere = {0, 0};
    if (!r->group && spec->groups.len == 1)
        return &spec->groups.items[0];
    LAB_VEC_FOREACH (group, &spec->groups)
        if (r->group && is_called(group->label, r->group))
            return group;
    LAB_AUTO_STR struct lab_str groups = LAB_STR_INIT;
    list_groups(spec, &groups);
    if (!r->group)
        lab_draft_error(d, nowhere,
                        "--replicas %u: the lab has several groups; write GROUP=%u with "
                        "one of %s",
                        r->count, r->count, lab_str_get(&groups));
    else
        lab_draft_error(d, nowhere, "--replicas %s=%u: there is no such group; the lab has %s",
                        r->group, r->count, lab_str_get(&groups));
    return NULL;
}

static void override_replicas(struct lab_draft *d)
{
    for (size_t i = 0; i < d->options->replicas_len; i++) {
        const struct lab_replicas *r = &d->options->replicas[i];
        struct lab_group *group = find_group(d, r);
        if (group && (r->count < 1 || r->count > LAB_SPEC_MAX_NODES))
            lab_draft_error(d, (struct lab_pos){0, 0},
                            lab_tr("--replicas %s=%u: a whole number from 1 to %d is allowed"),
                            group->label, r->count, LAB_SPEC_MAX_NODES);
        else if (group)
            group->replicas = r->count;
    }
}

/* Caller frees. */
static char *node_name(const struct lab_yaml *yaml, unsigned number)
{
    const char *prefix = lab_yaml_text(yaml, "name_prefix"), *name = lab_yaml_text(yaml, "name");
    if (!name)
        return lab_format("%s-%02u", prefix ? prefix : "node", number);
    const char *place = strstr(name, "%d");
    if (!place)
        return lab_strdup(name);
    return lab_format("%.*s%u%s", (int)(place - name), name, number, place + 2);
}

/* Reports what is wrong with the group's name; false when no name can be made from it. */
static bool check_group_name(struct lab_draft *d,
                             const struct lab_draft_group *g,
                             const struct lab_group *group)
{
    const struct lab_yaml *prefix = lab_yaml_get(g->yaml, "name_prefix");
    const struct lab_yaml *name = lab_yaml_get(g->yaml, "name");
    if (prefix && name)
        lab_draft_error(d, prefix->pos, "'name' and 'name_prefix' both name these nodes; keep one");
    else if (!prefix && !name && g->yaml->kind == LAB_YAML_MAP && !g->yaml->broken)
        lab_draft_error(d, g->yaml->pos, "'name' is missing in node (or 'name_prefix')");
    const struct lab_yaml *value = name ? name : prefix;
    if (!value || (prefix && name) || !lab_yaml_text(g->yaml, name ? "name" : "name_prefix"))
        return false;
    LAB_AUTOFREE char *quoted = lab_quote(value->text);
    size_t places = count_places(value->text);
    if (name && (places > 1 || (places == 1 && !strstr(value->text, "%d")))) {
        lab_draft_error(d, value->pos,
                        "'name' is %s; one %%d at most, and no other '%%', is allowed", quoted);
        return false;
    }
    if (name && places == 0 && group->replicas > 1) {
        lab_draft_error(
            d, value->pos,
            "'name' is %s for %u nodes; write %%d where the number goes (\"%s%%d\"), or "
            "'name_prefix: %s'",
            quoted, group->replicas, value->text, value->text);
        return false;
    }
    /* The last name is the longest. */
    LAB_AUTOFREE char *longest = node_name(g->yaml, group->replicas);
    if (lab_is_label(longest) && (name || lab_is_label(value->text)))
        return true;
    if (name)
        lab_draft_error(
            d, value->pos,
            "'name' is %s; allowed are a-z, 0-9 and '-' (not first or last) and one %%d, "
            "at most 63 characters with the number",
            quoted);
    else
        lab_draft_error(d, value->pos,
                        "'name_prefix' is %s; allowed are a-z, 0-9 and '-' (not first or last); "
                        "labctl adds \"-01\", at most 63 characters with the number",
                        quoted);
    return false;
}

static uint32_t clamp(uint64_t ip)
{
    return ip > UINT32_MAX ? UINT32_MAX : (uint32_t)ip; /* outside every range, and said so later */
}

/* The address of a NIC by the rules of design.md; 0 for DHCP or when something in it was refused.
 */
static uint32_t address_of(const struct lab_draft *d,
                           const struct lab_draft_group *g,
                           const struct lab_draft_nic *nic,
                           unsigned number,
                           uint32_t *next)
{
    if (nic->network == LAB_NO_INDEX)
        return 0;
    if (lab_yaml_get(nic->yaml, "ip"))
        return nic->ip;
    const struct lab_network *network = &d->spec->networks.items[nic->network];
    if (!network->range.prefix)
        return 0;
    if (g->start && lab_cidr_contains(network->range, g->start))
        return clamp((uint64_t)g->start + number - 1);
    /* A start that was refused: numbering in another way would only raise false alarms. */
    const struct lab_yaml *ipam = lab_yaml_get(d->networks.items[nic->network], "ipam");
    if ((lab_yaml_get(g->yaml, "start") && !g->start) ||
        (lab_yaml_get(ipam, "start") && !network->start))
        return 0;
    if (network->start &&
        (lab_draft_bad_host(network->range, network->start) || network->start == network->gateway))
        return 0;
    if (network->start)
        return clamp((uint64_t)network->start + next[nic->network]++);
    return clamp((uint64_t)network->range.network + 100 + number);
}

static void add_nics(struct lab_draft *d,
                     const struct lab_draft_group *g,
                     struct lab_node *node,
                     uint32_t *next)
{
    static const uint8_t no_mac[6];
    for (size_t i = 0; i < g->nics.len; i++) {
        const struct lab_draft_nic *from = &g->nics.items[i];
        struct lab_nic *nic = lab_vec_push(&node->nics);
        nic->network = from->network;
        nic->ip = address_of(d, g, from, node->number, next);
        memcpy(nic->mac, from->mac, 6);
        nic->mac_given = memcmp(nic->mac, no_mac, 6) != 0;
        nic->model = lab_strdup(lab_draft_nic_model(from));
        nic->default_route = from->default_route;
        nic->pos = from->yaml->pos;
    }
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

static uint64_t disk_bytes(const struct lab_draft *d, const struct lab_draft_group *g)
{
    uint64_t least = (uint64_t)10 << 30, image = 0;
    if (g->image != LAB_NO_INDEX)
        image = d->spec->images.items[g->image].virtual_size;
    return round_up(g->disk ? g->disk : image > least ? image : least, (uint64_t)1 << 20);
}

static struct lab_hardware hardware(const struct lab_spec *spec, const struct lab_draft_group *g)
{
    const struct lab_hardware *lab = &spec->hardware;
    struct lab_hardware out = g->hardware;
    if (!out.firmware)
        out.firmware = lab->firmware;
    if (!out.disk_bus)
        out.disk_bus = lab->disk_bus;
    if (!out.cd_bus)
        out.cd_bus = lab->cd_bus;
    return out;
}

static void add_node(struct lab_draft *d, size_t index, unsigned number, uint32_t *next)
{
    const struct lab_draft_group *g = &d->groups.items[index];
    struct lab_group *group = &d->spec->groups.items[index];
    struct lab_node *node = lab_vec_push(&d->spec->nodes);
    node->name = node_name(g->yaml, number);
    node->group = index;
    node->number = number;
    node->role = (enum lab_role)g->role;
    node->cpu = g->cpu;
    node->memory_mib = g->memory >> 20;
    node->disk_bytes = disk_bytes(d, g);
    if (g->disk)
        node->disk_pos = lab_yaml_pos(g->yaml, "disk_size");
    node->hardware = hardware(d->spec, g);
    node->image = g->image;
    node->pos = group->pos;
    if (group->cloud_init.kind != LAB_CLOUD_NONE)
        node->cloud_init = &group->cloud_init;
    else if (d->spec->cloud_init.kind != LAB_CLOUD_NONE)
        node->cloud_init = &d->spec->cloud_init;
    add_nics(d, g, node, next);
}

void lab_draft_expand(struct lab_draft *d)
{
    struct lab_spec *spec = d->spec;
    LAB_AUTOFREE uint32_t *next = lab_calloc(spec->networks.len, sizeof(*next));
    size_t total = 0;
    override_replicas(d);
    for (size_t i = 0; i < d->groups.len; i++) {
        struct lab_group *group = &spec->groups.items[i];
        total += group->replicas;
        if (total > LAB_SPEC_MAX_NODES) {
            lab_draft_error(d, group->pos, "more than %d nodes up to here", LAB_SPEC_MAX_NODES);
            return;
        }
        d->groups.items[i].named = check_group_name(d, &d->groups.items[i], group);
        for (unsigned number = 1; number <= group->replicas; number++)
            add_node(d, i, number, next);
    }
}
