/* The lab's networks: intent is recorded, then they are made or adopted. */
#include <stdlib.h>

#include "base/i18n.h"
#include "run/prepare.h"

struct network_work {
    struct lab_run *run;
    size_t index;
    struct lab_net_state *state;
    char *words;
};

static char *network_words(const struct lab_net_state *net)
{
    if (net->owner)
        return lab_format(lab_tr("%s (shared with lab '%s')"), net->name, net->owner);
    return lab_format("%s%s", net->name, net->made ? "" : lab_tr(" (yours, kept as it is)"));
}

static int network_fn(void *arg, struct lab_error *err)
{
    struct network_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    struct lab_net net = lab_net_of(w->run->spec, w->index);
    if (p->ops->ensure_network(p, &net, w->state, err))
        return -1;
    w->words = network_words(w->state);
    return 0;
}

static void forget_look(struct lab_net_state *state)
{
    lab_net_state_clear(state);
    *state = (struct lab_net_state){0};
}

/* What teardown has to look at: a network that another lab made may become ours when that lab goes.
 */
static int record_network(struct lab_run *run,
                          const struct lab_net_state *net,
                          bool there,
                          struct lab_error *err)
{
    if (!net->made && !net->owner)
        return 0;
    return lab_state_object_put(run->state, LAB_OBJECT_NETWORK, net->name,
                                there ? LAB_OBJECT_PRESENT : LAB_OBJECT_MAKING,
                                net->made ? "made" : "shared", err);
}

/* l->nets holds the look of the preflight: intent is written for what would be made. */
int lab_prepare_networks(struct lab_ladder *l, struct lab_error *err)
{
    struct lab_run *run = l->run;
    for (size_t i = 0; i < run->spec->networks.len; i++) {
        struct lab_net_state *net = &l->nets[i];
        if (record_network(run, net, false, err))
            return -1;
        forget_look(net);
        struct network_work work = {run, i, net, NULL};
        int rc = lab_await(run, "network", network_fn, &work, &work.words, err);
        free(work.words);
        if (rc == 0)
            rc = record_network(run, net, true, err);
        if (rc)
            return -1;
    }
    return 0;
}
