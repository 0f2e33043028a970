#include "kube/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/text.h"

#define DEPTH_MAX 64

static const char *const lists[] = {"clusters", "contexts", "users"};

/* --- libyaml's document: nodes are numbers from 1, 0 is none ------------------------------------
 */

static yaml_node_t *node_of(yaml_document_t *doc, int index)
{
    return index > 0 ? yaml_document_get_node(doc, index) : NULL;
}

static bool is_text(const yaml_node_t *node, const char *text)
{
    return node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(text) &&
           memcmp(node->data.scalar.value, text, strlen(text)) == 0;
}

static yaml_node_pair_t *pair_of(yaml_document_t *doc, int map, const char *key)
{
    yaml_node_t *node = node_of(doc, map);
    if (!node || node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++)
        if (is_text(node_of(doc, p->key), key))
            return p;
    return NULL;
}

static int value_of(yaml_document_t *doc, int map, const char *key)
{
    const yaml_node_pair_t *pair = pair_of(doc, map, key);
    return pair ? pair->value : 0;
}

static char *text_of(yaml_document_t *doc, int map, const char *key)
{
    const yaml_node_t *node = node_of(doc, value_of(doc, map, key));
    if (!node || node->type != YAML_SCALAR_NODE || node->data.scalar.length == 0)
        return NULL;
    return lab_strndup((const char *)node->data.scalar.value, node->data.scalar.length);
}

static int add_text(yaml_document_t *doc, const char *text)
{
    return yaml_document_add_scalar(doc, NULL, (yaml_char_t *)(uintptr_t)text, -1,
                                    YAML_ANY_SCALAR_STYLE);
}

static int add_map(yaml_document_t *doc)
{
    return yaml_document_add_mapping(doc, NULL, YAML_BLOCK_MAPPING_STYLE);
}

/* Adding may move all nodes: no pointer is kept over it. */
static void set(yaml_document_t *doc, int map, const char *key, int value)
{
    yaml_node_pair_t *pair = pair_of(doc, map, key);
    if (pair)
        pair->value = value;
    else
        yaml_document_append_mapping_pair(doc, map, add_text(doc, key), value);
}

static void set_text(yaml_document_t *doc, int map, const char *key, const char *text)
{
    set(doc, map, key, add_text(doc, text));
}

/* libyaml takes hours for a million brackets, and writes nested values by recursion. */
static bool is_too_deep(const char *text, size_t n)
{
    yaml_parser_t parser;
    yaml_event_t event;
    unsigned depth = 0;
    bool more = true;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    while (more && depth <= DEPTH_MAX && yaml_parser_parse(&parser, &event)) {
        more = event.type != YAML_STREAM_END_EVENT;
        depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return depth > DEPTH_MAX;
}

static int load(yaml_document_t *doc, const char *text, size_t n, struct lab_error *err)
{
    yaml_parser_t parser;
    if (n > LAB_KUBECONFIG_MAX)
        return lab_fail(err, LAB_USAGE, "it is larger than %d MiB", LAB_KUBECONFIG_MAX >> 20);
    if (is_too_deep(text, n))
        return lab_fail(err, LAB_USAGE, "its values are nested more than %d deep", DEPTH_MAX);
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    int rc = 0;
    if (!yaml_parser_load(&parser, doc))
        rc = lab_fail(err, LAB_USAGE, "line %zu: %s", parser.problem_mark.line + 1,
                      parser.problem ? parser.problem : lab_tr("not YAML"));
    yaml_parser_delete(&parser);
    return rc;
}

static int collect(void *arg, unsigned char *bytes, size_t n)
{
    lab_str_addn(arg, (const char *)bytes, n);
    return 1;
}

/* Takes the document, as yaml_emitter_dump() does. */
static int dump(yaml_document_t *doc, struct lab_str *out, struct lab_error *err)
{
    yaml_emitter_t emitter;
    doc->start_implicit = doc->end_implicit = 1; /* no --- and ... */
    if (!yaml_emitter_initialize(&emitter))
        abort();
    yaml_emitter_set_output(&emitter, collect, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1); /* base64 in one line, as kubectl writes it */
    int rc = yaml_emitter_open(&emitter) && yaml_emitter_dump(&emitter, doc) &&
                     yaml_emitter_close(&emitter)
                 ? 0
                 : lab_fail(err, LAB_INTERNAL, "cannot write YAML: %s",
                            emitter.problem ? emitter.problem : lab_tr("unknown reason"));
    yaml_emitter_delete(&emitter);
    return rc;
}

/* --- reading -----------------------------------------------------------------------------------
 */

static int first_of(yaml_document_t *doc, int map, const char *list, const char *part)
{
    const yaml_node_t *seq = node_of(doc, value_of(doc, map, list));
    if (!seq || seq->type != YAML_SEQUENCE_NODE ||
        seq->data.sequence.items.start == seq->data.sequence.items.top)
        return 0;
    return value_of(doc, *seq->data.sequence.items.start, part);
}

static bool is_base64(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    return text && *text && text[strspn(text, alphabet)] == '\0';
}

int lab_kubeconfig_read(const char *text,
                        size_t n,
                        struct lab_kubeconfig *out,
                        struct lab_error *err)
{
    yaml_document_t doc;
    *out = (struct lab_kubeconfig){0};
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (load(&doc, text, n, &why))
        return lab_fail(err, LAB_GUEST, "it is no YAML: %s", why.message);
    int cluster = first_of(&doc, 1, "clusters", "cluster");
    int user = first_of(&doc, 1, "users", "user");
    out->ca = text_of(&doc, cluster, "certificate-authority-data");
    out->certificate = text_of(&doc, user, "client-certificate-data");
    out->key = text_of(&doc, user, "client-key-data");
    yaml_document_delete(&doc);
    if (is_base64(out->ca) && is_base64(out->certificate) && is_base64(out->key))
        return 0;
    lab_kubeconfig_clear(out);
    return lab_fail(err, LAB_GUEST,
                    "it lacks the CA, the client's certificate or its key (as …-data)");
}

void lab_kubeconfig_clear(struct lab_kubeconfig *config)
{
    if (config->key)
        lab_wipe(config->key, strlen(config->key));
    free(config->ca);
    free(config->certificate);
    free(config->key);
    *config = (struct lab_kubeconfig){0};
}

/* --- writing -----------------------------------------------------------------------------------
 */

/* An entry {name: NAME, PART: body} at the end of the list, which is made when it is not there. */
static void
append(yaml_document_t *doc, const char *list, const char *name, const char *part, int body)
{
    int seq = value_of(doc, 1, list);
    const yaml_node_t *node = node_of(doc, seq);
    if (!node || node->type != YAML_SEQUENCE_NODE) {
        seq = yaml_document_add_sequence(doc, NULL, YAML_BLOCK_SEQUENCE_STYLE);
        set(doc, 1, list, seq);
    } else if (node->data.sequence.items.start == node->data.sequence.items.top) {
        node_of(doc, seq)->data.sequence.style = YAML_BLOCK_SEQUENCE_STYLE; /* it was [] */
    }
    int entry = add_map(doc);
    set(doc, entry, part, body);
    set_text(doc, entry, "name", name);
    yaml_document_append_sequence_item(doc, seq, entry);
}

/* The place of the entry in its list, or -1. */
static ptrdiff_t place_of(yaml_document_t *doc, const char *list, const char *name)
{
    const yaml_node_t *seq = node_of(doc, value_of(doc, 1, list));
    if (!seq || seq->type != YAML_SEQUENCE_NODE)
        return -1;
    for (yaml_node_item_t *i = seq->data.sequence.items.start; i < seq->data.sequence.items.top;
         i++)
        if (is_text(node_of(doc, value_of(doc, *i, "name")), name))
            return i - seq->data.sequence.items.start;
    return -1;
}

static bool drop(yaml_document_t *doc, const char *list, const char *name)
{
    ptrdiff_t at = place_of(doc, list, name);
    if (at < 0)
        return false;
    yaml_node_t *seq = node_of(doc, value_of(doc, 1, list));
    yaml_node_item_t *item = seq->data.sequence.items.start + at;
    memmove(item, item + 1, (size_t)(seq->data.sequence.items.top - item - 1) * sizeof(*item));
    seq->data.sequence.items.top--;
    return true;
}

/* An empty file becomes an empty kubeconfig. */
static int load_theirs(yaml_document_t *doc, const char *text, size_t n, struct lab_error *err)
{
    if (load(doc, text, n, err))
        return lab_error_wrap(err, "it is no YAML");
    const yaml_node_t *root = yaml_document_get_root_node(doc);
    if (!root) {
        int map = add_map(doc);
        set_text(doc, map, "apiVersion", "v1");
        set_text(doc, map, "kind", "Config");
        return 0;
    }
    const yaml_node_t *kind = node_of(doc, value_of(doc, 1, "kind"));
    if (root->type == YAML_MAPPING_NODE && (!kind || is_text(kind, "Config")))
        return 0;
    yaml_document_delete(doc);
    return lab_fail(err, LAB_USAGE, "it is YAML, but no kubeconfig (kind: Config)");
}

static void add_all(yaml_document_t *doc,
                    const struct lab_kubeconfig *config,
                    const char *name,
                    const char *server)
{
    int cluster = add_map(doc), user = add_map(doc), context = add_map(doc);
    set_text(doc, cluster, "certificate-authority-data", config->ca);
    set_text(doc, cluster, "server", server);
    append(doc, "clusters", name, "cluster", cluster);
    set_text(doc, context, "cluster", name);
    set_text(doc, context, "user", name);
    append(doc, "contexts", name, "context", context);
    set_text(doc, user, "client-certificate-data", config->certificate);
    set_text(doc, user, "client-key-data", config->key);
    append(doc, "users", name, "user", user);
}

int lab_kubeconfig_merge(const char *text,
                         size_t n,
                         const struct lab_kubeconfig *config,
                         const char *name,
                         const char *server,
                         enum lab_kubeconfig_owner owner,
                         bool use,
                         struct lab_str *out,
                         struct lab_error *err)
{
    yaml_document_t doc;
    if (load_theirs(&doc, text, n, err))
        return -1;
    for (size_t i = 0; i < LAB_ARRAY_LEN(lists); i++) {
        if (place_of(&doc, lists[i], name) < 0)
            continue;
        if (owner == LAB_KUBECONFIG_THEIRS) {
            yaml_document_delete(&doc);
            return lab_fail(err, LAB_CONFLICT,
                            "it has an entry '%s' in '%s' that is not of this lab", name, lists[i]);
        }
        while (drop(&doc, lists[i], name))
            ;
    }
    add_all(&doc, config, name, server);
    LAB_AUTOFREE char *current = text_of(&doc, 1, "current-context");
    if (use || !current)
        set_text(&doc, 1, "current-context", name);
    return dump(&doc, out, err);
}

int lab_kubeconfig_remove(const char *text,
                          size_t n,
                          const char *name,
                          const char *ca_sha256,
                          struct lab_str *out,
                          bool *removed,
                          struct lab_error *err)
{
    yaml_document_t doc;
    *removed = false;
    if (load_theirs(&doc, text, n, err))
        return -1;
    ptrdiff_t at = place_of(&doc, "clusters", name);
    const yaml_node_t *seq = node_of(&doc, value_of(&doc, 1, "clusters"));
    int cluster = at < 0 ? 0 : value_of(&doc, seq->data.sequence.items.start[at], "cluster");
    LAB_AUTOFREE char *theirs = text_of(&doc, cluster, "certificate-authority-data");
    char hex[LAB_SHA256_HEX] = "";
    if (theirs)
        lab_sha256_hex(theirs, strlen(theirs), hex);
    if (strcmp(hex, ca_sha256) != 0) {
        yaml_document_delete(&doc);
        return 0;
    }
    for (size_t i = 0; i < LAB_ARRAY_LEN(lists); i++)
        *removed = drop(&doc, lists[i], name) || *removed;
    if (is_text(node_of(&doc, value_of(&doc, 1, "current-context")), name))
        set_text(&doc, 1, "current-context", "");
    return dump(&doc, out, err);
}
