#include "media/seed_priv.h"

#include <string.h>

#include "base/crypto.h"
#include "base/ipv4.h"
#include "base/template.h"
#include "base/text.h"

#define SCRIPTS "seeds/guest/"

void lab_seed_put_file(struct lab_str *out,
                       const char *path,
                       const char *mode,
                       const char *encoding,
                       const char *content)
{
    LAB_AUTO_STR struct lab_str rendered = LAB_STR_INIT;
    const struct lab_var vars[] = {
        {"path", path, false},
        {"mode", mode, false},
        {"encoding", encoding, false},
        {"content", content, false},
    };
    lab_template(&rendered, "templates/user-data-file.yaml", LAB_ESCAPE_YAML, vars,
                 LAB_ARRAY_LEN(vars));
    lab_seed_put_lines(out, &rendered);
}

/* Sent over SSH when they are needed: they then fit the labctl that sends them, not the one that
 * made the guest. */
static bool is_streamed(const char *path)
{
    static const char *const streamed[] = {SCRIPTS "facts", SCRIPTS "set-clock", SCRIPTS "airgap",
                                           SCRIPTS "pull-images"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(streamed); i++)
        if (strcmp(path, streamed[i]) == 0)
            return true;
    return false;
}

/* base64, so that whatever is in a script cannot end the YAML; not gzipped: the bytes would depend
 * on zlib's version, and `base64 -d` shows a user what is there. */
static void put_scripts(struct lab_str *out, const struct lab_asset *scripts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct lab_asset *script = &scripts[i];
        if (!lab_starts_with(script->path, SCRIPTS) || is_streamed(script->path))
            continue;
        LAB_AUTO_STR struct lab_str encoded = LAB_STR_INIT;
        LAB_AUTOFREE char *path =
            lab_format("/usr/local/lib/labctl/%s", script->path + strlen(SCRIPTS));
        lab_put_base64(&encoded, script->text, script->size);
        lab_seed_put_file(out, path, "0755", "b64", lab_str_get(&encoded));
    }
}

static const char *role_text(enum lab_role role)
{
    return role == LAB_ROLE_NONE ? "none" : lab_role_name(role);
}

static void put_env(struct lab_str *out, const struct lab_seed *seed)
{
    static const struct lab_nic no_nic;
    const struct lab_node *node = seed->node;
    const struct lab_nic *login = node->nics.len > 0 ? &node->nics.items[0] : &no_nic;
    char ip[LAB_IPV4_TEXT];
    char mac[LAB_MAC_TEXT];
    const struct lab_var vars[] = {
        {"lab", seed->spec->name, false},
        {"node", node->name, false},
        {"generation", seed->generation, false},
        {"role", role_text(node->role), false},
        {"ip", login->ip ? lab_ipv4_format(login->ip, ip) : "", false},
        {"mac", lab_mac_format(login->mac, mac), false},
        {"payload_label", seed->payload_label ? seed->payload_label : "", false},
        {"payload_manifest", seed->payload_manifest ? seed->payload_manifest : "", false},
    };
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_template(&text, "templates/node.env", LAB_ESCAPE_SHELL_ENV, vars, LAB_ARRAY_LEN(vars));
    lab_seed_put_file(out, "/etc/labctl/node.env", "0600", "text/plain", lab_str_get(&text));
}

/* Not from runcmd: that becomes one script of which only the last command's status counts, so
 * either the user's failure or ours would go unseen. Scripts per instance run before the user's
 * commands, which then find /usr/local/seed filled, and each failure is an error of its own module.
 */
static void put_first_boot(struct lab_str *out)
{
    lab_seed_put_file(out, "/var/lib/cloud/scripts/per-instance/00-labctl", "0755", "text/plain",
                      "#!/bin/sh\nexec /usr/local/lib/labctl/first-boot\n");
}

static void put_hosts(struct lab_str *out, const struct lab_spec *spec)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_seed_hosts(&text, spec);
    lab_seed_put_file(out, "/etc/labctl/hosts", "0644", "text/plain", lab_str_get(&text));
}

/* cloud-init itself renames the NICs at each boot, but ENI, networkd and sysconfig configurations
 * name them lab0 and stay behind when it is off (ds-identify turns it off when it finds no seed).
 * This keeps the names without it. Path: only a device of the PCI bus, never a bridge or a VLAN
 * that has taken over the same MAC. */
static void put_link(struct lab_str *out, const struct lab_nic *nic, size_t index)
{
    char name[LAB_NIC_NAME];
    char mac[LAB_MAC_TEXT];
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;

    lab_seed_nic_name(name, index);
    const struct lab_var vars[] = {
        {"mac", lab_mac_format(nic->mac, mac), false},
        {"name", name, false},
    };
    lab_template(&text, "templates/nic.link", LAB_ESCAPE_NONE, vars, LAB_ARRAY_LEN(vars));
    LAB_AUTOFREE char *path = lab_format("/etc/systemd/network/10-labctl-%s.link", name);
    lab_seed_put_file(out, path, "0644", "text/plain", lab_str_get(&text));
}

void lab_seed_put_files(struct lab_str *out, const struct lab_seed *seed)
{
    put_env(out, seed);
    put_hosts(out, seed->spec);
    put_first_boot(out);
    lab_seed_put_registry(out, seed);
    for (size_t i = 0; i < seed->node->nics.len; i++)
        put_link(out, &seed->node->nics.items[i], i);
    if (seed->scripts)
        put_scripts(out, seed->scripts, seed->scripts_len);
    else
        put_scripts(out, lab_assets, lab_asset_count);
}
