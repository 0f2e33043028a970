/* What a guest is told of the registry: k3s by its registries.yaml, other clients by the CA. */
#include <string.h>

#include "base/template.h"
#include "media/seed_priv.h"

#define K3S_DIR    "/etc/rancher/k3s"
#define K3S_CA     K3S_DIR "/labctl-registry-ca.crt"
#define SYSTEM_CAS "/usr/local/share/ca-certificates"

static void put_text(struct lab_str *out, const char *before, const char *text)
{
    lab_str_add(out, before);
    lab_escape(out, LAB_ESCAPE_YAML, text);
}

/* Insecure as everywhere in this trade: TLS that nobody checks, else plain HTTP. */
static void put_mirror(struct lab_str *out, const struct lab_seed *seed, const char *name)
{
    LAB_AUTOFREE char *https = lab_format("https://%s", seed->registry->address);
    LAB_AUTOFREE char *http = lab_format("http://%s", seed->registry->address);
    put_text(out, "  ", name);
    put_text(out, ":\n    endpoint:\n      - ", https);
    if (seed->spec->registry.insecure)
        put_text(out, "\n      - ", http);
    lab_str_addc(out, '\n');
}

static void put_mirrors(struct lab_str *out, const struct lab_seed *seed)
{
    const struct lab_registry_spec *r = &seed->spec->registry;
    lab_str_add(out, "mirrors:\n");
    for (size_t i = 0; i < r->mirrors.len; i++)
        put_mirror(out, seed, r->mirrors.items[i]);
    if (!r->mirrors.len)
        put_mirror(out, seed, "*");
    else if (r->insecure) /* for images that are named by its own address */
        put_mirror(out, seed, seed->registry->address);
}

/* The key is the endpoint's host and port, not a mirrored name. */
static void put_config(struct lab_str *out, const struct lab_seed *seed)
{
    const struct lab_seed_registry *r = seed->registry;
    bool insecure = seed->spec->registry.insecure;
    if (!r->username && !r->ca_pem && !insecure)
        return;
    put_text(out, "configs:\n  ", r->address);
    lab_str_add(out, ":\n");
    if (r->username) {
        put_text(out, "    auth:\n      username: ", r->username);
        put_text(out, "\n      password: ", r->password);
        lab_str_addc(out, '\n');
    }
    if (r->ca_pem)
        lab_str_add(out, "    tls:\n      ca_file: " K3S_CA "\n");
    else if (insecure)
        lab_str_add(out, "    tls:\n      insecure_skip_verify: true\n");
}

void lab_seed_registries(struct lab_str *out, const struct lab_seed *seed)
{
    put_mirrors(out, seed);
    put_config(out, seed);
}

static void put_secret(struct lab_str *out, const char *path, const char *text)
{
    lab_seed_put_file(out, path, "0600", "text/plain", text);
}

/* k3s needs no more than its ca_file. The system's store is for other clients, and is left to them:
 * update-ca-certificates takes seconds of every first boot. */
static void put_client(struct lab_str *out, const struct lab_seed *seed)
{
    const char *ca = seed->registry->ca_pem;
    bool k3s = seed->node->role != LAB_ROLE_NONE;
    LAB_AUTOFREE char *system = lab_format(SYSTEM_CAS "/labctl-%s.crt", seed->spec->name);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (ca)
        lab_seed_put_file(out, system, "0644", "text/plain", ca);
    if (ca && k3s)
        lab_seed_put_file(out, K3S_CA, "0644", "text/plain", ca);
    if (!k3s)
        return;
    lab_seed_registries(&text, seed);
    put_secret(out, K3S_DIR "/registries.yaml", lab_str_get(&text));
    lab_wipe(text.ptr, text.len);
}

static void put_server(struct lab_str *out, const struct lab_seed_registry *r)
{
    put_secret(out, LAB_SEED_REGISTRY_DIR "/config.yml", r->config);
    put_secret(out, LAB_SEED_REGISTRY_DIR "/server.crt", r->certificate);
    put_secret(out, LAB_SEED_REGISTRY_DIR "/server.key", r->key);
    if (r->htpasswd)
        put_secret(out, LAB_SEED_REGISTRY_DIR "/htpasswd", r->htpasswd);
    lab_seed_put_file(out, "/etc/systemd/system/labctl-registry.service", "0644", "text/plain",
                      lab_asset_get("templates/labctl-registry.service")->text);
}

void lab_seed_put_registry(struct lab_str *out, const struct lab_seed *seed)
{
    const char *node = seed->spec->registry.node;
    if (!seed->registry)
        return;
    put_client(out, seed);
    if (node && strcmp(node, seed->node->name) == 0)
        put_server(out, seed->registry);
}
