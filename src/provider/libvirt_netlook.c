#include "provider/libvirt_netlook.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/virsh.h"

bool lab_netlook_host_has(const char *device, const char *what)
{
    struct plat_stat st;
    if (!device || !*device || strchr(device, '/') || device[0] == '.')
        return false;
    LAB_AUTOFREE char *path = lab_format("/sys/class/net/%s/%s", device, what);
    return plat_stat(path, &st) == 0;
}

void lab_netlook_clear(struct lab_netlook *look)
{
    free(look->name);
    free(look->device);
    free(look->xml);
    lab_libvirt_network_clear(&look->info);
}

/* libvirt does not look: a network whose bridge somebody has deleted stays active. Of the network
 * namespace that labctl is in, which /sys need not be of. */
static bool bridge_gone(const struct lab_libvirt *lv, const char *device)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str devices = LAB_STR_MAX(4u << 20);
    if (lv->remote || !device || !*device ||
        lab_file_read("/proc/net/dev", 4u << 20, &devices, &err) != 0)
        return false;
    LAB_AUTOFREE char *line = lab_format("%s:", device);
    const char *text = lab_str_get(&devices), *at = text;
    while ((at = strstr(at, line)) != NULL) {
        if (at == text || at[-1] == ' ' || at[-1] == '\n')
            return false;
        at++;
    }
    return true;
}

int lab_netlook_named(struct lab_libvirt *lv,
                      const char *name,
                      struct lab_netlook *out,
                      struct lab_error *err)
{
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, lv->uri);
    size_t defined =
        lab_virsh_batch_add(&b, "net-dumpxml", "--network", name, "--inactive", (char *)NULL);
    size_t live = lab_virsh_batch_add(&b, "net-dumpxml", "--network", name, (char *)NULL);
    size_t active = lab_virsh_batch_add(&b, "net-list", "--name", (char *)NULL);
    lab_assign(&out->name, name);
    if (lab_virsh_batch_run(&b, err) != 0)
        return -1;
    const char *xml = *b.parts.items[defined] ? b.parts.items[defined] : b.parts.items[live];
    if (!*xml) {
        if (strstr(lab_str_get(&b.child.errout), "failed to get network"))
            return 0;
        LAB_AUTOFREE char *what = lab_format(lab_tr("read network '%s'"), name);
        return lab_virsh_fail(&b.child, what, err);
    }
    if (lab_libvirt_read_network(&out->info, xml, err) != 0)
        return lab_error_wrap(err, "network '%s' (%s)", name, lv->uri);
    out->exists = true;
    const struct lab_libvirt_tag *tag = &out->info.tag;
    out->ours = lab_owner_has(&lv->owner, lv->homes, tag->lab, tag->id, tag->home);
    out->active = lab_has_line(b.parts.items[active], name);
    lab_assign(&out->xml, xml);
    lab_assign(&out->device, out->info.device);
    out->gone = out->active && bridge_gone(lv, out->device);
    out->active = out->active && !out->gone;
    return 0;
}

/* A bridge of this host; of another one nothing can be seen. */
static bool is_host_bridge(const struct lab_libvirt *lv, const char *name)
{
    return !lv->remote && lab_netlook_host_has(name, "bridge");
}

/* QEMU of a user gets at a bridge only through a helper that obeys this file. One that cannot be
 * read proves nothing; then the start of the VM tells. */
static bool helper_forbids(const char *bridge)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str conf = LAB_STR_MAX(64u * 1024);
    struct plat_stat st;
    if (plat_stat("/etc/qemu/bridge.conf", &st) != 0)
        return true;
    if (lab_file_read("/etc/qemu/bridge.conf", 60u * 1024, &conf, &err) != 0)
        return false;
    LAB_AUTOFREE char *allow = lab_format("allow %s", bridge);
    return !lab_has_line(lab_str_get(&conf), allow) &&
           !lab_has_line(lab_str_get(&conf), "allow all") &&
           !strstr(lab_str_get(&conf), "include ");
}

static int session_bridge(const struct lab_libvirt *lv,
                          const struct lab_net *net,
                          struct lab_netlook *out,
                          struct lab_error *err)
{
    const char *bridge = net->bridge ? net->bridge : "";
    if (!is_host_bridge(lv, bridge)) {
        lab_fail(err, LAB_HOST,
                 "network '%s' needs a bridge that this host has: %s cannot make networks, and "
                 "'%s' is not a bridge here",
                 net->name, lv->uri, bridge);
        return lab_error_hint(err,
                              "set `bridge:` to one of the host's bridges, or use qemu:///system");
    }
    if (helper_forbids(bridge)) {
        lab_fail(err, LAB_HOST, "network '%s': this user's QEMU may not use bridge '%s'", net->name,
                 bridge);
        return lab_error_hint(err,
                              "allow it: echo 'allow %s' | sudo tee -a /etc/qemu/bridge.conf, or "
                              "use qemu:///system",
                              bridge);
    }
    lab_assign(&out->name, bridge);
    lab_assign(&out->device, bridge);
    out->is_bridge = out->active = true;
    return 0;
}

/* --- adoption ----------------------------------------------------------------------------------
 */

static int not_named_by_user(const struct lab_libvirt *lv,
                             const struct lab_netlook *look,
                             struct lab_error *err)
{
    const char *lab = look->info.tag.lab;
    LAB_AUTOFREE char *owner = lab ? lab_format(lab_tr("belongs to another labctl lab, '%s'"), lab)
                                   : lab_strdup(lab_tr("was not made by labctl"));
    lab_fail(err, LAB_CONFLICT, "network '%s' on %s %s; it is left alone", look->name, lv->uri,
             owner);
    return lab_error_hint(err,
                          "to use it, write `bridge: %s` into lab.yaml; if nobody needs it, remove "
                          "it: virsh -c '%s' net-destroy %s; virsh -c '%s' net-undefine %s",
                          look->name, lv->uri, look->name, lv->uri, look->name);
}

static int other_range(const struct lab_libvirt *lv,
                       const struct lab_netlook *look,
                       const struct lab_net *net,
                       struct lab_error *err)
{
    char is[LAB_IPV4_TEXT], wanted[LAB_IPV4_TEXT];
    lab_ipv4_format(look->info.range.network, is);
    lab_ipv4_format(net->range.network, wanted);
    lab_fail(err, LAB_USAGE, "network '%s' on %s has %s/%u, but lab.yaml says %s/%u", look->name,
             lv->uri, is, (unsigned)look->info.range.prefix, wanted, (unsigned)net->range.prefix);
    return lab_error_hint(err, "set ipam.range of network '%s' to %s/%u, or name another bridge",
                          net->name, is, (unsigned)look->info.range.prefix);
}

static bool same_range(struct lab_cidr a, struct lab_cidr b)
{
    return a.network == b.network && a.prefix == b.prefix;
}

static int adopt(const struct lab_libvirt *lv,
                 const struct lab_net *net,
                 struct lab_netlook *look,
                 struct lab_error *err)
{
    if (look->ours)
        return 0;
    if (!net->bridge)
        return not_named_by_user(lv, look, err);
    bool has_range = look->info.address != 0;
    if (net->has_ipam && has_range && !same_range(look->info.range, net->range))
        return other_range(lv, look, net, err);
    return 0;
}

bool lab_netlook_differs(const struct lab_netlook *look, const struct lab_net *net)
{
    if (look->info.address != net->gateway)
        return true;
    return net->gateway && !same_range(look->info.range, net->range);
}

/* --- making -------------------------------------------------------------------------------------
 */

/* Interface names have at most 15 characters: derived, and the same at every try. */
static char *device_name(const struct lab_libvirt *lv, const char *network)
{
    char hex[LAB_SHA256_HEX];
    LAB_AUTOFREE char *seed = lab_format("%s %s", lv->lab_id, network);
    lab_sha256_hex(seed, strlen(seed), hex);
    return lab_format("lab%.10s", hex);
}

static int would_make(struct lab_libvirt *lv,
                      const struct lab_net *net,
                      struct lab_netlook *out,
                      struct lab_error *err)
{
    if (!net->has_ipam) {
        lab_fail(
            err, LAB_USAGE,
            "network '%s' has no ipam, but there is no network or bridge '%s' on %s whose DHCP "
            "it could use",
            net->name, out->name, lv->uri);
        return lab_error_hint(err,
                              "give the network an ipam.range (labctl then makes it), or name an "
                              "existing network in `bridge:`");
    }
    free(out->device);
    out->device = device_name(lv, out->name);
    out->make = true;
    return 0;
}

int lab_netlook(struct lab_libvirt *lv,
                const struct lab_net *net,
                struct lab_netlook *out,
                struct lab_error *err)
{
    if (lv->session)
        return session_bridge(lv, net, out, err);
    LAB_AUTOFREE char *name =
        net->bridge ? lab_strdup(net->bridge) : lab_format("%s-%s", lv->lab, net->name);
    if (lab_netlook_named(lv, name, out, err) != 0)
        return -1;
    if (out->exists)
        return adopt(lv, net, out, err);
    if (net->bridge && is_host_bridge(lv, name)) {
        out->device = lab_strdup(name);
        out->is_bridge = out->active = true;
        return 0;
    }
    return would_make(lv, net, out, err);
}

/* --- users --------------------------------------------------------------------------------------
 */

static bool has(char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

int lab_netlook_user(struct lab_libvirt *lv,
                     const struct lab_netlook *look,
                     bool running,
                     char **user,
                     struct lab_libvirt_tag *tag,
                     struct lab_error *err)
{
    LAB_AUTO_SIGHT struct lab_libvirt_sight all = {{0}};
    if (lab_libvirt_see(lv, NULL, 0, &all, err) != 0)
        return -1;
    const struct lab_libvirt_seen *best = NULL;
    LAB_VEC_FOREACH (s, &all.list) {
        const struct lab_libvirt_domain *d = &s->def;
        if (!s->exists || (running && !s->active) ||
            (!has(d->networks.items, d->networks.len, look->name) &&
             !has(d->bridges.items, d->bridges.len, look->device)))
            continue;
        if (!best || (d->tag.id && !s->ours))
            best = s;
    }
    if (!best)
        return 0;
    *user = lab_strdup(best->def.name);
    if (tag) {
        tag->lab = lab_strdup(best->def.tag.lab);
        tag->id = lab_strdup(best->def.tag.id);
        tag->home = lab_strdup(best->def.tag.home);
    }
    return 0;
}
