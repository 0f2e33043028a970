#include "run/seed.h"

#include <string.h>

#include "base/file.h"
#include "media/iso.h"
#include "media/seed.h"
#include "platform.h"
#include "run/registry_seed.h"

char *lab_seed_path(const struct lab_run *run, const char *node)
{
    return lab_run_path(run, "media/%s-seed.iso", node);
}

char *lab_seed_medium(const char *node)
{
    return lab_format("%s-seed", node);
}

static void add_text(struct lab_iso *iso, const char *name, struct lab_str *text)
{
    lab_iso_add_bytes(iso, name, lab_str_get(text), text->len, 0600);
    lab_wipe(text->ptr, text->len);
    lab_str_clear(text);
}

static void add_texts(struct lab_iso *iso, const struct lab_seed *seed)
{
    struct lab_str text = LAB_STR_INIT;
    lab_seed_meta_data(&text, seed);
    add_text(iso, "meta-data", &text);
    lab_seed_network_config(&text, seed);
    add_text(iso, "network-config", &text);
    lab_seed_user_data(&text, seed);
    add_text(iso, "user-data", &text);
}

int lab_seed_make(struct lab_climb *c, char **ref, struct lab_error *err)
{
    struct lab_ladder *l = c->ladder;
    struct lab_run *run = l->run;
    const char *name = c->record->name;
    LAB_AUTOFREE char *keys = lab_run_path(run, "keys/%s", name);
    LAB_AUTOFREE char *comment = lab_format("%s.%s", name, lab_state_name(run->state));
    LAB_AUTOFREE char *dir = lab_run_path(run, "media");
    LAB_AUTOFREE char *path = lab_seed_path(run, name);
    LAB_AUTOFREE char *medium = lab_seed_medium(name);
    LAB_CLEANUP(lab_sshkey_clear) struct lab_sshkey hostkey = {0};
    if (lab_sshkey_ensure(&hostkey, keys, comment, err) || plat_mkdirs(dir, 0700, err))
        return -1;
    LAB_AUTO_REGISTRY_SEED struct lab_registry_seed registry = {0};
    if (l->registry &&
        lab_registry_seed_fill(&registry, l->registry, lab_state_name(run->state), name, err))
        return -1;
    struct lab_seed seed = {
        .spec = run->spec,
        .node = c->node,
        .generation = c->record->generation,
        .login_public = run->login.public_line,
        .host_private = hostkey.private_pem,
        .host_public = hostkey.public_line,
        .password_hash = l->password_hash,
        .payload_label = l->payload_label,
        .payload_manifest = l->payload_manifest,
        .registry = l->registry ? &registry.texts : NULL,
    };
    struct lab_iso iso = {.label = "cidata", .file_mode = 0600};
    char sha256[LAB_SHA256_HEX];
    add_texts(&iso, &seed);
    struct lab_progress none = {NULL, NULL};
    int rc = lab_iso_write(&iso, path, NULL, sha256, err);
    if (rc == 0)
        rc = run->provider.ops->put_medium(&run->provider, medium, path, sha256, &none, ref, err);
    lab_iso_clear(&iso);
    return rc;
}
