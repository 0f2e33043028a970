#include <stdlib.h>
#include <string.h>

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
    char address[LAB_IPV4_TEXT];
    bool answers;
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

static void start_probe(struct lab_run *run, struct probe *p, const struct lab_climb *c)
{
    struct sockaddr_in to;
    p->node = c->record->name;
    p->request.data = p;
    lab_ipv4_format(c->node->nics.items[0].ip, p->address);
    uv_ip4_addr(p->address, 22, &to);
    uv_tcp_init(&run->loop, &p->tcp);
    uv_tcp_connect(&p->request, &p->tcp, (const struct sockaddr *)&to, on_probe);
}

/* Only VMs that do not run yet, on networks that were there before us. */
static bool must_probe(const struct lab_ladder *l, const struct lab_climb *c)
{
    /* what is there now, even if it is to be replaced: our own VM may answer */
    const struct lab_vm_state *vm = lab_vm_states_find(&l->run->observed, c->record->name);
    bool runs = vm && vm->ours && (vm->power == LAB_POWER_ON || vm->power == LAB_POWER_PAUSED);
    return c->node && !runs && c->node->nics.len && c->node->nics.items[0].ip &&
           l->nets[c->node->nics.items[0].network].active;
}

static int check_addresses(struct lab_ladder *l, struct lab_error *err)
{
    struct lab_run *run = l->run;
    LAB_AUTOFREE struct probe *probes = lab_calloc(l->len, sizeof(*probes));
    size_t n = 0;
    for (size_t i = 0; i < l->len; i++)
        if (must_probe(l, &l->climbs[i]))
            start_probe(run, &probes[n++], &l->climbs[i]);
    if (!n)
        return 0;
    bool over = false;
    uv_timer_t timer;
    uv_timer_init(&run->loop, &timer);
    timer.data = &over;
    uv_timer_start(&timer, on_time, answer_ms, 0);
    while (!over)
        uv_run(&run->loop, UV_RUN_ONCE);
    for (size_t i = 0; i < n; i++)
        uv_close((uv_handle_t *)&probes[i].tcp, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&run->loop, UV_RUN_NOWAIT); /* the close callbacks, before the memory goes */
    uv_run(&run->loop, UV_RUN_NOWAIT);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (!probes[i].answers)
            continue;
        rc = lab_fail(err, LAB_CONFLICT,
                      "address %s of node '%s' already answers, and its VM is off",
                      probes[i].address, probes[i].node);
        lab_error_hint(err,
                       "another machine has this address: stop it, or give the node another one "
                       "(ip: or start: in lab.yaml)");
    }
    return rc;
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
