/* What a guest tried, and what that means. Every record is one of seeds/guest/airgap's; what is not
 * there was not tried, and is not proved. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "run/airgap_priv.h"

/* The words of one record; the rest of the line is the last one. */
#define MAX_FIELDS 5
struct fields {
    char *line;
    const char *f[MAX_FIELDS]; /* "" when missing */
};

static bool next_fields(const char **at, const char *key, size_t n, struct fields *out)
{
    out->line = airgap_next(at, key);
    if (!out->line)
        return false;
    char *p = out->line;
    for (size_t i = 0; i < MAX_FIELDS; i++) {
        p += strspn(p, " ");
        out->f[i] = p;
        if (i + 1 < n)
            p += strcspn(p, " ");
        else
            p += strlen(p);
        if (*p)
            *p++ = '\0';
    }
    return true;
}

struct judge {
    struct lab_airgap *out;
    const struct lab_lint_lab *lab;
    const char *node, *text;
};

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* --- routes ------------------------------------------------------------------------------------
 */

/* The gateway of a "default via GATEWAY dev …" line, or NULL. Caller frees. */
static char *gateway_of(const char *route)
{
    static const char mark[] = "default via ";
    if (!lab_starts_with(route, mark))
        return NULL;
    return lab_strndup(route + strlen(mark), strcspn(route + strlen(mark), " "));
}

/* Whoever answers as the lab itself: its addresses, this guest, and the guest's own gateways, whose
 * refusal is the end of the way. */
static bool is_home(const struct judge *j, const char *address)
{
    const char *at = j->text;
    if (is(address, "self") || lab_lint_is_inside(j->lab, address))
        return true;
    for (;;) {
        LAB_AUTOFREE char *route = airgap_next(&at, "route");
        if (!route)
            return false;
        LAB_AUTOFREE char *gateway = gateway_of(route);
        if (gateway && is(gateway, address))
            return true;
    }
}

static void judge_routes(const struct judge *j)
{
    struct airgap_verdict v = {0};
    LAB_AUTO_STR struct lab_str ways = LAB_STR_INIT;
    const char *at = j->text;
    size_t routes = 0;
    for (;; routes++) {
        LAB_AUTOFREE char *route = airgap_next(&at, "route");
        if (!route)
            break;
        LAB_AUTOFREE char *gateway = gateway_of(route);
        if (gateway && !lab_lint_is_inside(j->lab, gateway))
            airgap_say(&v, LAB_AIRGAP_WARNING, "%s leads to no network of lab.yaml", route);
        else if (gateway)
            lab_str_addf(&ways, "%s%s", ways.len ? "; " : "", route);
        else if (lab_starts_with(route, "default dev"))
            airgap_say(&v, LAB_AIRGAP_WARNING, "%s takes every address for a neighbour", route);
    }
    if (!routes)
        airgap_say(&v, LAB_AIRGAP_NOT_PROVED, "the guest told of no routes");
    airgap_row(j->out, j->node, "routes", &v,
               lab_tr("see 'ip route' in the guest; a second network card may lead out"), "%s",
               ways.len ? lab_str_get(&ways) : lab_tr("no default route"));
}

/* --- TCP and ICMP ------------------------------------------------------------------------------
 */

struct tally {
    size_t tried, silent, unreachable;
};

/* What connections and echoes have in common. */
static void judge_answer(const struct judge *j,
                         struct airgap_verdict *v,
                         struct tally *t,
                         const char *what,
                         const char *result,
                         const char *from)
{
    t->tried++;
    if (is(result, "open"))
        airgap_say(v, LAB_AIRGAP_LEAK, "%s: connected", what);
    else if (is(result, "reply"))
        airgap_say(v, LAB_AIRGAP_LEAK, "%s replied", what);
    else if (is(result, "refused"))
        airgap_say(v, LAB_AIRGAP_WARNING, "%s: refused, so something answered for it", what);
    else if (is(result, "unreachable") && *from && !is_home(j, from))
        airgap_say(v, LAB_AIRGAP_LEAK, "%s: %s, beyond the lab, says that it cannot be reached",
                   what, from);
    else if (is(result, "unreachable"))
        t->unreachable++;
    else if (is(result, "silent"))
        t->silent++;
    else
        airgap_say(v, LAB_AIRGAP_NOT_PROVED, "%s was not asked", what);
}

static const char way_out[] = LAB_N(
    "take the way: a lab's network has no NAT and no forwarding (bridge: an isolated network)");

static void judge_tcp(const struct judge *j, const char *by)
{
    struct airgap_verdict v = {0};
    struct tally t = {0};
    struct fields r;
    for (const char *at = j->text; next_fields(&at, "tcp", 4, &r); free(r.line)) {
        LAB_AUTOFREE char *what = lab_format(lab_tr("%s port %s"), r.f[0], r.f[1]);
        judge_answer(j, &v, &t, what, r.f[2], r.f[3]);
    }
    if (!t.tried)
        airgap_say(&v, LAB_AIRGAP_NOT_PROVED, "no connection was tried");
    airgap_row(j->out, j->node, "tcp", &v, way_out, "%zu tried by %s: %zu silent, %zu unreachable",
               t.tried, by, t.silent, t.unreachable);
}

static void judge_icmp(const struct judge *j)
{
    struct airgap_verdict v = {0};
    struct tally t = {0};
    struct fields r;
    for (const char *at = j->text; next_fields(&at, "icmp", 3, &r); free(r.line))
        judge_answer(j, &v, &t, r.f[0], r.f[1], r.f[2]);
    if (!t.tried)
        airgap_say(&v, LAB_AIRGAP_NOT_PROVED, "no echo was sent");
    airgap_row(j->out, j->node, "icmp", &v, way_out, "%zu echoes: %zu silent, %zu unreachable",
               t.tried, t.silent, t.unreachable);
}

/* --- DNS ---------------------------------------------------------------------------------------
 */

static void judge_server(const struct judge *j,
                         struct airgap_verdict *v,
                         struct tally *t,
                         const struct fields *r)
{
    const char *server = r->f[0], *name = r->f[1], *result = r->f[2], *words = r->f[3];
    bool refuses = is(result, "refused") || is(result, "servfail") || is(result, "error");
    t->tried++;
    if (is(result, "answer"))
        airgap_say(v, LAB_AIRGAP_LEAK, "%s knows %s (%s)", server, name, words);
    else if (is(result, "nxdomain") && lab_starts_with(words, "ra"))
        airgap_say(v, LAB_AIRGAP_LEAK, "%s, which asks on for others, says that %s does not exist",
                   server, name);
    else if (is(result, "nxdomain") || is(result, "empty"))
        airgap_say(v, LAB_AIRGAP_WARNING, "%s answers for %s (%s)", server, name, result);
    else if (refuses && !is_home(j, server))
        airgap_say(v, LAB_AIRGAP_WARNING, "%s: %s, so something answered for it", server, result);
    else if (is(result, "unreachable") && *words && !is_home(j, words))
        airgap_say(v, LAB_AIRGAP_LEAK, "%s, beyond the lab, says that %s cannot be reached", words,
                   server);
    else if (is(result, "silent"))
        t->silent++;
    else if (is(result, "unreachable") || refuses)
        t->unreachable++;
    else
        airgap_say(v, LAB_AIRGAP_NOT_PROVED, "%s could not be asked", server);
}

static void judge_dns(const struct judge *j, const char *by)
{
    struct airgap_verdict v = {0};
    struct tally t = {0};
    struct fields r;
    for (const char *at = j->text; next_fields(&at, "dns", 4, &r); free(r.line))
        judge_server(j, &v, &t, &r);
    for (const char *at = j->text; next_fields(&at, "resolve", 3, &r); free(r.line))
        if (is(r.f[1], "answer"))
            airgap_say(&v, LAB_AIRGAP_LEAK, "programs in the guest resolve %s (%s)", r.f[0],
                       r.f[2]);
    if (!t.tried)
        airgap_say(&v, LAB_AIRGAP_NOT_PROVED, "no server was asked");
    airgap_row(
        j->out, j->node, "dns", &v,
        lab_tr(
            "take the resolver's way out: libvirt's network with <dns enable='no'/>, dnsmasq with "
            "no-resolv, no nameservers in lab.yaml"),
        "%zu questions by %s: %zu silent, %zu refused", t.tried, by, t.silent, t.unreachable);
}

/* --- what is configured, and services -----------------------------------------------------------
 */

static void judge_proxies(const struct judge *j)
{
    struct airgap_verdict v = {0};
    struct fields r;
    for (const char *at = j->text; next_fields(&at, "proxy", 3, &r); free(r.line)) {
        if (is(r.f[2], "tunnel"))
            airgap_say(&v, LAB_AIRGAP_LEAK, "%s (%s) connects to the outside", r.f[1], r.f[0]);
        else if (is(r.f[2], "unasked"))
            airgap_say(&v, LAB_AIRGAP_NOT_PROVED, "%s (%s) was not tried", r.f[1], r.f[0]);
        else
            airgap_say(&v, LAB_AIRGAP_WARNING, "%s (%s) is configured, %s", r.f[1], r.f[0],
                       is(r.f[2], "answers") ? lab_tr("and lets nothing out")
                                             : lab_tr("and does not answer"));
    }
    airgap_row(j->out, j->node, "proxies", &v, lab_tr("remove the setting from the file"),
               "none configured");
}

static void judge_time(const struct judge *j)
{
    struct airgap_verdict v = {0};
    struct fields r;
    size_t servers = 0;
    for (const char *at = j->text; next_fields(&at, "ntp", 2, &r); free(r.line), servers++)
        if (!lab_lint_is_inside(j->lab, r.f[1]))
            airgap_say(&v, LAB_AIRGAP_WARNING, "%s (%s) will never answer", r.f[1], r.f[0]);
    airgap_row(j->out, j->node, "time", &v,
               lab_tr("remove it, or name a server of the lab; labctl sets the clock"),
               servers ? "only servers of the lab" : lab_tr("no servers configured"));
}

static void judge_units(const struct judge *j)
{
    struct airgap_verdict v = {0};
    struct fields r;
    for (const char *at = j->text; next_fields(&at, "unit", 3, &r); free(r.line))
        if (is(r.f[2], "network"))
            airgap_say(&v, LAB_AIRGAP_WARNING, "%s is %s, and waits for a network", r.f[0], r.f[1]);
    airgap_row(j->out, j->node, "services", &v, lab_tr("systemctl disable it, or see its journal"),
               "none fails for want of a network");
}

/* ------------------------------------------------------------------------------------------------
 */

static void judge_one(struct lab_airgap *out,
                      const struct lab_lint_lab *lab,
                      const struct lab_airgap_look *look,
                      const struct lab_airgap_look *looks,
                      size_t n)
{
    const struct judge j = {out, lab, look->node, look->text};
    LAB_AUTOFREE char *end = look->text ? airgap_first(look->text, "end") : NULL;
    if (!end) {
        struct airgap_verdict v = {0};
        airgap_say(&v, LAB_AIRGAP_NOT_PROVED, "%s",
                   look->untold ? look->untold : lab_tr("its answer broke off"));
        airgap_row(out, look->node, "guest", &v, lab_tr("'labctl status' shows whether it runs"),
                   "asked");
        return;
    }
    LAB_AUTOFREE char *who = airgap_first(look->text, "by");
    const char *by = who ? who : "nobody";
    judge_routes(&j);
    judge_tcp(&j, by);
    judge_icmp(&j);
    judge_dns(&j, by);
    judge_proxies(&j);
    judge_time(&j);
    airgap_judge_images(out, lab, look, looks, n);
    judge_units(&j);
}

void lab_airgap_judge(struct lab_airgap *out,
                      const struct lab_lint_lab *lab,
                      const struct lab_airgap_look *looks,
                      size_t n)
{
    for (size_t i = 0; i < n; i++)
        judge_one(out, lab, &looks[i], looks, n);
}
