/* The top of the tree into the draft; auth, networks, nodes, images and cloud-init have files of
 * their own. */
#include <platform.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "spec/values.h"

char *lab_draft_path(const struct lab_draft *d, const char *path)
{
    if (path[0] == '~' && plat_is_separator(path[1])) {
        const char *home = plat_getenv("HOME");
        if (!home)
            home = plat_getenv("USERPROFILE");
        if (home) {
            LAB_AUTOFREE char *joined = lab_path_join(home, path + 2);
            return plat_absolute(joined);
        }
    }
    LAB_AUTOFREE char *joined = lab_path_join(d->spec->dir, path);
    return plat_absolute(joined);
}

/* The folder must be there, whatever it is called. */
static void
check_payload(struct lab_draft *d, const struct lab_yaml *yaml, const char *key, const char *path)
{
    struct plat_stat st;
    LAB_AUTOFREE char *quoted = lab_quote(lab_yaml_text(yaml, key));
    if (plat_stat(path, &st) < 0)
        lab_draft_error(d, lab_yaml_pos(yaml, key), "the payload folder %s does not exist (%s)",
                        quoted, path);
    else if (!st.is_dir)
        lab_draft_error(d, lab_yaml_pos(yaml, key), "the payload %s is a file, not a folder",
                        quoted);
}

static void check_bundle(struct lab_draft *d, const struct lab_yaml *yaml)
{
    const struct lab_payload *payload = &d->spec->payload;
    LAB_AUTOFREE char *manifest = lab_path_join(payload->bundle, "manifest.yaml");
    LAB_AUTOFREE char *quoted = lab_quote(lab_yaml_text(yaml, "bundle"));
    if (lab_file_exists(payload->bundle) && !lab_file_exists(manifest))
        lab_draft_error(d, lab_yaml_pos(yaml, "bundle"),
                        "%s is no bundle: it has no manifest.yaml; name a plain folder with 'dir'",
                        quoted);
    if (payload->key && !lab_file_exists(payload->key))
        lab_draft_error(d, lab_yaml_pos(yaml, "key"), "the key %s does not exist", payload->key);
}

static void read_payload(struct lab_draft *d, const struct lab_yaml *yaml)
{
    struct lab_payload *payload = &d->spec->payload;
    payload->pos = yaml->pos;
    if (!lab_read_object(d, &lab_object_payload, yaml, payload))
        return;
    const char *key = lab_yaml_get(yaml, "bundle") ? "bundle" : "dir";
    if (lab_yaml_get(yaml, "bundle") && lab_yaml_get(yaml, "dir")) {
        lab_draft_error(d, lab_yaml_pos(yaml, "dir"),
                        "'dir' and 'bundle' exclude each other in payload");
        return;
    }
    if (!lab_yaml_get(yaml, key)) {
        lab_draft_error(d, yaml->pos,
                        "'dir' or 'bundle' is missing in payload: the folder with what the nodes "
                        "are given");
        return;
    }
    if (lab_yaml_get(yaml, "key") && !lab_yaml_get(yaml, "bundle"))
        lab_draft_error(d, lab_yaml_pos(yaml, "key"),
                        "'key' belongs to 'bundle': a plain folder is not signed");
    if (payload->bundle)
        lab_assign(&payload->dir, payload->bundle);
    if (!payload->dir || d->options->skip_files)
        return;
    check_payload(d, yaml, key, payload->dir);
    if (payload->bundle)
        check_bundle(d, yaml);
}

static void read_airgap(struct lab_draft *d, const struct lab_yaml *yaml)
{
    static const struct lab_field item = {.key = "probe", .type = LAB_TYPE_IPV4};
    if (!lab_read_object(d, &lab_object_airgap, yaml, d->spec))
        return;
    const struct lab_yaml *list = lab_read_child(&lab_object_airgap, yaml, "probe");
    for (size_t i = 0; list && i < list->items.len; i++) {
        uint32_t ip;
        if (lab_read_value(d, &item, list->items.items[i], &ip))
            *lab_vec_push(&d->spec->airgap_probe) = ip;
    }
}

static void read_wait(struct lab_draft *d, const struct lab_yaml *yaml)
{
    struct lab_wait *wait = &d->spec->wait;
    lab_read_object(d, &lab_object_wait, yaml, wait);
    wait->stall_given = lab_yaml_get(yaml, "stall") != NULL;
    if (!wait->stall_given)
        wait->stall_ms = 5 * 60 * 1000;
    else if (wait->stall_ms > wait->timeout_ms)
        lab_draft_warning(d, lab_yaml_pos(yaml, "stall"),
                          "'stall' is longer than 'timeout' and never applies");
}

void lab_draft_read(struct lab_draft *d)
{
    const struct lab_yaml *root = d->doc.root;
    const struct lab_object *o = &lab_object_root;
    const struct lab_yaml *part;
    if (!root || lab_yaml_is_null(root)) {
        lab_draft_error(
            d, (struct lab_pos){1, 1},
            lab_tr("there is nothing in the file; 'labctl init' writes one to start from"));
        return;
    }
    if (!lab_read_object(d, o, root, d->spec))
        return;
    lab_draft_read_auth(d, lab_read_child(o, root, "auth"));
    if ((part = lab_read_child(o, root, "networks")))
        lab_draft_read_networks(d, part);
    if ((part = lab_read_child(o, root, "cloud_init")))
        lab_draft_read_cloud_init(d, part, &d->spec->cloud_init);
    size_t image = lab_draft_read_image(d, root);
    if ((part = lab_read_child(o, root, "nodes")))
        lab_draft_read_nodes(d, part, image);
    if ((part = lab_read_child(o, root, "payload")))
        read_payload(d, part);
    if ((part = lab_read_child(o, root, "registry")))
        lab_draft_read_registry(d, part);
    if ((part = lab_read_child(o, root, "airgap")))
        read_airgap(d, part);
    if ((part = lab_read_child(o, root, "libvirt")))
        lab_read_object(d, &lab_object_libvirt, part, d->spec);
    read_wait(d, lab_read_child(o, root, "wait"));
}
