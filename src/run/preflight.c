#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "platform.h"
#include "run/prepare.h"

struct look_work {
    struct lab_ladder *ladder;
};

static int look_fn(void *arg, struct lab_error *err)
{
    struct lab_ladder *l = ((struct look_work *)arg)->ladder;
    struct lab_provider *p = &l->run->provider;
    for (size_t i = 0; i < l->run->spec->networks.len; i++) {
        struct lab_net net = lab_net_of(l->run->spec, i);
        if (p->ops->look_network(p, &net, &l->nets[i], err))
            return -1;
    }
    return 0;
}

/* --- routes
 * ---------------------------------------------------------------------------------------- */

static int check_routes(struct lab_ladder *l, struct lab_error *err)
{
    struct plat_route *routes = NULL;
    size_t n = 0;
    if (plat_routes(&routes, &n, err))
        return -1;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < l->run->spec->networks.len; i++) {
        const struct lab_network *net = &l->run->spec->networks.items[i];
        const struct lab_net_state *state = &l->nets[i];
        if (!net->has_ipam || !state->made || state->active)
            continue;
        for (size_t r = 0; rc == 0 && r < n; r++) {
            struct lab_cidr route = {routes[r].network, routes[r].prefix};
            if (!lab_cidr_overlaps(route, net->range) ||
                (state->device && strcmp(state->device, routes[r].device) == 0))
                continue;
            char a[LAB_IPV4_TEXT], b[LAB_IPV4_TEXT];
            rc = lab_fail(err, LAB_CONFLICT,
                          "network '%s' (%s/%u) overlaps this host's route to %s/%u on %s",
                          net->name, lab_ipv4_format(net->range.network, a), net->range.prefix,
                          lab_ipv4_format(route.network, b), route.prefix, routes[r].device);
            lab_error_hint(err, "choose another ipam.range, or name the existing network or bridge "
                                "with 'bridge:'");
        }
    }
    free(routes);
    return rc;
}

/* --- addresses
 * --------------------------------------------------------------------------------------- */

static const unsigned answer_ms = 800;

struct probe {
    uv_tcp_t tcp;
    uv_connect_t request;
    const char *node;
    uint32_t ip;
    bool answers;
    unsigned char mac[6]; /* of the machine that was heard, if only that */
    bool has_mac;
};

/* A refused connection is an answer too: somebody is there. */
static void on_probe(uv_connect_t *request, int status)
{
    struct probe *p = request->data;
    p->answers = p->answers || status == 0 || status == UV_ECONNREFUSED;
}

static void on_time(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void start_probe(struct lab_run *run, struct probe *p)
{
    struct sockaddr_in to;
    char address[LAB_IPV4_TEXT];
    p->request.data = p;
    uv_ip4_addr(lab_ipv4_format(p->ip, address), 22, &to);
    uv_tcp_init(&run->loop, &p->tcp);
    uv_tcp_connect(&p->request, &p->tcp, (const struct sockaddr *)&to, on_probe);
}

/* Only VMs that do not run yet. */
static bool is_off(const struct lab_ladder *l, const struct lab_climb *c)
{
    /* what is there now, even if it is to be replaced: our own VM may answer */
    const struct lab_vm_state *vm = lab_vm_states_find(&l->run->observed, c->record->name);
    return !(vm && vm->ours && (vm->power == LAB_POWER_ON || vm->power == LAB_POWER_PAUSED));
}

struct probes {
    LAB_VEC(struct probe) list;
    uint64_t began_ms;
};

/* Every address that will be ours, on networks that were there before us. */
static void choose_probes(const struct lab_ladder *l, struct probes *out)
{
    for (size_t i = 0; i < l->len; i++) {
        const struct lab_climb *c = &l->climbs[i];
        if (!c->node || c->error.code != LAB_OK || !is_off(l, c))
            continue;
        LAB_VEC_FOREACH (nic, &c->node->nics) {
            if (!nic->ip || !l->nets[nic->network].active)
                continue;
            struct probe *p = lab_vec_push(&out->list);
            p->node = c->record->name;
            p->ip = nic->ip;
        }
    }
}

static void run_probes(struct lab_run *run, struct probes *probes)
{
    bool over = false;
    uv_timer_t timer;
    LAB_VEC_FOREACH (p, &probes->list)
        start_probe(run, p);
    uv_timer_init(&run->loop, &timer);
    timer.data = &over;
    uv_timer_start(&timer, on_time, answer_ms, 0);
    while (!over && !run->interrupted)
        uv_run(&run->loop, UV_RUN_ONCE);
    LAB_VEC_FOREACH (p, &probes->list)
        uv_close((uv_handle_t *)&p->tcp, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&run->loop, UV_RUN_NOWAIT); /* the close callbacks, before the memory goes */
    uv_run(&run->loop, UV_RUN_NOWAIT);
}

/* A firewall keeps quiet about ports, but nobody works on a network without answering for the
 * address itself. Only answers to our probes count: a VM that went a moment ago is still listed. */
static void
listen_to_neighbours(struct probes *probes, const struct plat_neighbour *neighbours, size_t n)
{
    uint64_t since = plat_now_ms() - probes->began_ms;
    LAB_VEC_FOREACH (p, &probes->list)
        for (size_t i = 0; !p->answers && i < n; i++) {
            if (neighbours[i].address != p->ip || neighbours[i].age_ms > since)
                continue;
            p->answers = p->has_mac = true;
            memcpy(p->mac, neighbours[i].mac, sizeof(p->mac));
        }
}

static int fail_taken(const struct probe *p, struct lab_error *err)
{
    char address[LAB_IPV4_TEXT];
    const unsigned char *m = p->mac;
    LAB_AUTOFREE char *who = p->has_mac
                                 ? lab_format(lab_tr(" (%02x:%02x:%02x:%02x:%02x:%02x has it)"),
                                              m[0], m[1], m[2], m[3], m[4], m[5])
                                 : lab_strdup("");
    lab_fail(err, LAB_CONFLICT, "address %s of node '%s' already answers%s, and its VM is off",
             lab_ipv4_format(p->ip, address), p->node, who);
    return lab_error_hint(err,
                          "another machine has this address: stop it, or give the node another one "
                          "(ip: or start: in lab.yaml)");
}

static int probe_addresses(struct lab_ladder *l, struct probes *probes, struct lab_error *err)
{
    struct plat_neighbour *neighbours = NULL;
    size_t n = 0;
    choose_probes(l, probes);
    if (!probes->list.len)
        return 0;
    run_probes(l->run, probes);
    if (l->run->interrupted)
        return lab_run_interrupted(l->run, err);
    LAB_AUTO_ERROR struct lab_error deaf = LAB_ERROR_INIT;
    if (plat_neighbours(&neighbours, &n, &deaf))
        lab_log("%s", deaf.message);
    listen_to_neighbours(probes, neighbours, n);
    free(neighbours);
    return 0;
}

static const struct probe *first_answer(const struct probes *probes)
{
    LAB_VEC_FOREACH (p, &probes->list)
        if (p->answers)
            return p;
    return NULL;
}

/* A VM that was off a moment ago and now is on: it is there already, and not to be started. */
static void note_started(struct lab_ladder *l)
{
    for (size_t i = 0; i < l->len; i++) {
        struct lab_climb *c = &l->climbs[i];
        if (c->provision || c->power == LAB_POWER_ON || is_off(l, c))
            continue;
        c->power = LAB_POWER_ON;
        c->gates &= ~(LAB_GATE_BIT(LAB_GATE_DEFINED) | LAB_GATE_BIT(LAB_GATE_POWERED));
    }
}

/* Before a stranger is blamed, the hypervisor is asked again: a labctl that was killed may have
 * left a VM on its way up, or down. Of one that went down, the kernel may keep the hardware address
 * for half a minute; so that counts only as long as nothing else was heard. */
static int check_addresses(struct lab_ladder *l, struct lab_error *err)
{
    enum { TRIES = 4 };
    uint64_t began = plat_now_ms();
    for (int tries = 1;; tries++) {
        struct probes probes = {.began_ms = began};
        int rc = probe_addresses(l, &probes, err);
        const struct probe *taken = rc == 0 ? first_answer(&probes) : NULL;
        if (taken && !taken->has_mac)
            began = plat_now_ms();
        if (taken && tries == TRIES)
            rc = fail_taken(taken, err);
        lab_vec_clear(&probes.list);
        if (rc || !taken || lab_run_observe(l->run, err))
            return rc || taken ? -1 : 0;
        note_started(l);
    }
}

int lab_preflight(struct lab_ladder *l, struct lab_error *err)
{
    struct look_work work = {l};
    if (lab_await(l->run, NULL, look_fn, &work, NULL, err))
        return -1;
    if (check_routes(l, err))
        return -1;
    return check_addresses(l, err);
}
