/* `cloud_init`: the user's own part. It travels as a MIME part of its own and is merged by the
 * guest's cloud-init; what would take from labctl what labctl relies on is refused here. */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "spec/values.h"

static const struct {
    const char *key;
    bool refused; /* else a warning */
    const char *why;
} owned[] = {
    {"ssh_keys", true, LAB_N("labctl makes each node's host keys and pins them")},
    {"ssh_deletekeys", true, LAB_N("labctl makes each node's host keys and pins them")},
    {"ssh_genkeytypes", true, LAB_N("labctl makes each node's host keys and pins them")},
    {"hostname", true, LAB_N("the host name is the node's name")},
    {"fqdn", true, LAB_N("the host name is the node's name")},
    {"preserve_hostname", true, LAB_N("the host name is the node's name")},
    {"prefer_fqdn_over_hostname", true, LAB_N("the host name is the node's name")},
    {"manage_etc_hosts", true, LAB_N("labctl keeps the lab's names in /etc/hosts")},
    {"network", true, LAB_N("cloud-init ignores it here; write 'networks' in lab.yaml")},
    {"power_state", true,
     LAB_N("a shutdown in the middle of the set-up breaks it; labctl restarts nodes itself")},
    {"merge_how", true, LAB_N("labctl merges by appending; another way could drop its own part")},
    {"merge_type", true, LAB_N("labctl merges by appending; another way could drop its own part")},
    {"apt", false, LAB_N("nodes have no internet")},
    {"packages", false,
     LAB_N("nodes have no internet, so only packages from a reachable mirror install")},
    {"package_update", false, LAB_N("nodes have no internet")},
    {"package_upgrade", false, LAB_N("nodes have no internet")},
    {"phone_home", false, LAB_N("nodes have no internet")},
    {"snap", false, LAB_N("nodes have no internet")},
    {"yum_repos", false, LAB_N("nodes have no internet")},
    {"zypper", false, LAB_N("nodes have no internet")},
};

/* Lists of theirs and of labctl are joined; a mapping in their place would push labctl's out. */
static void
check_list(struct lab_draft *d, const struct lab_yaml *key, const struct lab_yaml *value)
{
    static const char *const lists[] = {"users", "write_files"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(lists); i++)
        if (strcmp(key->text, lists[i]) == 0 && value->kind != LAB_YAML_LIST)
            lab_draft_error(d, value->pos,
                            "cloud_init: '%s' must be a list here (lines of \"- …\"): "
                            "it is joined with labctl's own",
                            lists[i]);
}

static void check_keys(struct lab_draft *d, const struct lab_yaml *map)
{
    for (size_t i = 0; i < map->keys.len; i++)
        check_list(d, map->keys.items[i], map->items.items[i]);
    for (size_t i = 0; i < map->keys.len; i++)
        for (size_t k = 0; k < LAB_ARRAY_LEN(owned); k++) {
            if (strcmp(map->keys.items[i]->text, owned[k].key) != 0)
                continue;
            struct lab_pos pos = map->keys.items[i]->pos;
            if (owned[k].refused)
                lab_draft_error(d, pos, "cloud_init: '%s' is not allowed: %s", owned[k].key,
                                lab_tr(owned[k].why));
            else
                lab_draft_warning(d, pos, "cloud_init: '%s': %s", owned[k].key,
                                  lab_tr(owned[k].why));
        }
}

/* Where the lines of a '|' block stand in the file. */
struct block {
    struct lab_pos pos; /* of the '|', or of any other scalar */
    bool literal;
    int indent;
};

static struct lab_pos place(const void *arg, struct lab_pos inner)
{
    const struct block *b = arg;
    if (!b->literal)
        return b->pos;
    return (struct lab_pos){b->pos.line + inner.line, inner.column + b->indent};
}

/* Spaces that YAML took away from the front of the block's lines. The block's first line is never
 * empty and not indented: it is #cloud-config. */
static int indent_of(const struct lab_yaml_source *file, int line)
{
    const char *p = file->text;
    for (int i = 1; i < line && p; i++) {
        p = strchr(p, '\n');
        p = p ? p + 1 : NULL;
    }
    return p ? (int)strspn(p, " ") : 0;
}

static void check_config(struct lab_draft *d, const struct lab_yaml *yaml)
{
    struct block block = {yaml->pos, yaml->literal, 0};
    if (yaml->literal)
        block.indent = indent_of(&d->source, yaml->pos.line + 1);
    struct lab_yaml_source source = {.text = yaml->text,
                                     .len = yaml->len,
                                     .about = "cloud_init: ",
                                     .guest = true,
                                     .place = place,
                                     .arg = &block};
    struct lab_yaml_doc doc = {.root = NULL};
    if (lab_yaml_read(&doc, &source, d->problems) == 0 && doc.root) {
        if (doc.root->kind == LAB_YAML_MAP)
            check_keys(d, doc.root);
        else if (!lab_yaml_is_null(doc.root))
            lab_draft_error(
                d, doc.root->pos,
                "cloud_init: #cloud-config must be a mapping (lines of \"key: value\")");
    }
    lab_yaml_doc_clear(&doc);
}

static enum lab_cloud_part kind_of(const char *text)
{
    static const struct {
        const char *line;
        enum lab_cloud_part kind;
    } kinds[] = {{"#cloud-config", LAB_CLOUD_CONFIG}, {"#cloud-boothook", LAB_CLOUD_BOOTHOOK}};
    if (lab_starts_with(text, "#!"))
        return LAB_CLOUD_SCRIPT;
    for (size_t i = 0; i < LAB_ARRAY_LEN(kinds); i++) {
        if (!lab_starts_with(text, kinds[i].line))
            continue;
        const char *rest = text + strlen(kinds[i].line);
        rest += strspn(rest, " \t");
        if (!*rest || *rest == '\n')
            return kinds[i].kind;
    }
    return LAB_CLOUD_NONE;
}

static void read_text(struct lab_draft *d, const struct lab_yaml *yaml, struct lab_cloud_init *out)
{
    out->kind = kind_of(yaml->text);
    if (out->kind == LAB_CLOUD_NONE) {
        LAB_AUTOFREE char *line = lab_strndup(yaml->text, strcspn(yaml->text, "\n"));
        LAB_AUTOFREE char *quoted = lab_quote(line);
        lab_draft_error(d, yaml->pos,
                        "'cloud_init' begins with %s; its first line must be #cloud-config, a "
                        "script's #!/bin/sh, or #cloud-boothook (a mapping needs none, and no '|')",
                        quoted);
        return;
    }
    if (out->kind == LAB_CLOUD_CONFIG)
        check_config(d, yaml);
    out->text = lab_format("%s%s", yaml->text, lab_ends_with(yaml->text, "\n") ? "" : "\n");
}

/* It stands for a password in auth and registry alone; here cloud-init would take it for one. */
static void refuse_prompt(struct lab_draft *d, const struct lab_cloud_init *init)
{
    for (const char *s = init->text; s && (s = strstr(s, "{{")) != NULL; s += 2) {
        LAB_AUTOFREE char *braces = lab_strndup(s, strnlen(s, strcspn(s, "}") + 2));
        if (!lab_draft_is_prompt(braces))
            continue;
        lab_draft_error(
            d, init->pos,
            "\"{{ password }}\" is not filled in in 'cloud_init', where it would be the "
            "password itself; use 'auth.password', which reaches the guests as a hash");
        return;
    }
}

void lab_draft_read_cloud_init(struct lab_draft *d,
                               const struct lab_yaml *yaml,
                               struct lab_cloud_init *out)
{
    out->pos = yaml->pos;
    if (yaml->kind == LAB_YAML_SCALAR) {
        read_text(d, yaml, out);
        refuse_prompt(d, out);
        return;
    }
    struct lab_str text = LAB_STR_INIT;
    check_keys(d, yaml);
    out->kind = LAB_CLOUD_CONFIG;
    lab_str_add(&text, "#cloud-config\n");
    lab_yaml_put_json(&text, yaml);
    lab_str_addc(&text, '\n');
    out->text = lab_str_detach(&text);
    refuse_prompt(d, out);
}
