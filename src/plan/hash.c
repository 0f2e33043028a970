#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "plan/plan.h"

/* No adversary: 64 bits tell one person's edits apart. */
#define SHORT_DIGITS 16

#define UNKNOWN "?"

/* Length and bytes, so that no two lists of values spell the same text. */
static void put(struct lab_str *s, const char *value)
{
    if (value)
        lab_str_addf(s, "%zu:%s,", strlen(value), value);
    else
        lab_str_add(s, "-,");
}

static void put_number(struct lab_str *s, uint64_t value)
{
    lab_str_addf(s, "%llu,", (unsigned long long)value);
}

static void put_digest(struct lab_str *out, const char *text, size_t len)
{
    char hex[LAB_SHA256_HEX];
    lab_sha256_hex(text, len, hex);
    lab_str_addn(out, hex, SHORT_DIGITS);
}

/* Adds "name=digest;" and empties the text. */
static void end_aspect(struct lab_str *out, const char *name, struct lab_str *text)
{
    lab_str_addf(out, "%s=", name);
    put_digest(out, lab_str_get(text), text->len);
    lab_str_addc(out, ';');
    lab_str_truncate(text, 0);
}

static void put_auth(struct lab_str *s, const struct lab_auth *auth)
{
    put(s, auth->username);
    put(s, auth->password_hash);
    put_number(s, auth->password_prompt);
    put(s, auth->password_file);
    put(s, auth->password_env);
    for (size_t i = 0; i < auth->authorized_keys.len; i++)
        put(s, auth->authorized_keys.items[i]);
}

static void put_cloud_init(struct lab_str *s, const struct lab_cloud_init *cloud_init)
{
    bool given = cloud_init && cloud_init->kind != LAB_CLOUD_NONE;
    put_number(s, given ? (uint64_t)cloud_init->kind : LAB_CLOUD_NONE);
    put(s, given ? cloud_init->text : NULL);
}

/* Not the address, nor `start`: the record has the address, and a moved one is told by name. Not a
 * derived MAC: it follows from names. */
static void put_nic(struct lab_str *s, const struct lab_spec *spec, const struct lab_nic *nic)
{
    const struct lab_network *network = &spec->networks.items[nic->network];
    put(s, network->name);
    put(s, network->bridge);
    put_number(s, network->has_ipam);
    put_number(s, network->range.network);
    put_number(s, network->range.prefix);
    put_number(s, network->gateway);
    put_number(s, network->nameservers.len);
    for (size_t i = 0; i < network->nameservers.len; i++)
        put_number(s, network->nameservers.items[i]);
    char mac[LAB_MAC_TEXT];
    put(s, nic->mac_given ? lab_mac_format(nic->mac, mac) : NULL);
    put(s, nic->model);
    put_number(s, nic->default_route);
}

/* What the guests know of it: no file's name, no password's source. An address alone is the whole
 * text, as labctl 0.1 recorded it. */
static void put_registry(struct lab_str *s, const struct lab_registry_spec *r)
{
    put(s, r->address);
    if (!r->serve && !r->node && !r->ca_pem && !r->insecure && !r->username && !r->mirrors.len)
        return;
    put_number(s, r->serve);
    put(s, r->node);
    put_number(s, r->auth);
    put(s, r->ca_pem);
    put_number(s, r->insecure);
    put(s, r->username);
    for (size_t i = 0; i < r->mirrors.len; i++)
        put(s, r->mirrors.items[i]);
}

/* Content, a slash, place: the place counts only where the content is not known. */
static void put_image(struct lab_str *out, const struct lab_image *image, const char *sha256)
{
    const char *place = image->path ? image->path : image->source;
    const char *content = sha256 ? sha256 : image->sha256;
    lab_str_add(out, "image=");
    if (content)
        lab_str_addn(out, content, strnlen(content, SHORT_DIGITS));
    else
        lab_str_add(out, UNKNOWN);
    lab_str_addc(out, '/');
    put_digest(out, place ? place : "", place ? strlen(place) : 0);
    lab_str_addc(out, ';');
}

void lab_plan_provision_hash(struct lab_str *out,
                             const struct lab_spec *spec,
                             const struct lab_node *node,
                             const char *image_sha256,
                             const char *payload_manifest)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    put_image(out, &spec->images.items[node->image], image_sha256);
    put(&text, lab_role_name(node->role));
    end_aspect(out, "role", &text);
    put_auth(&text, &spec->auth);
    end_aspect(out, "auth", &text);
    put_cloud_init(&text, node->cloud_init);
    end_aspect(out, "cloud_init", &text);
    for (size_t i = 0; i < node->nics.len; i++)
        put_nic(&text, spec, &node->nics.items[i]);
    end_aspect(out, "networks", &text);
    put_number(&text, node->hardware.firmware);
    put_number(&text, node->hardware.disk_bus);
    put_number(&text, node->hardware.cd_bus);
    end_aspect(out, "hardware", &text);
    put_registry(&text, &spec->registry);
    end_aspect(out, "registry", &text);
    if (spec->payload.dir && !payload_manifest) {
        lab_str_add(out, "payload=" UNKNOWN ";");
        return;
    }
    put(&text, spec->payload.dir ? payload_manifest : NULL);
    end_aspect(out, "payload", &text);
}

/* One "name=value" of such a text; both borrowed, neither terminated. */
struct aspect {
    const char *name, *value;
    size_t name_len, value_len;
};

/* Takes the next aspect off *text; false at the end. */
static bool next_aspect(const char **text, struct aspect *out)
{
    const char *equals = strchr(*text, '=');
    const char *end = strchr(*text, ';');
    if (!equals || !end || end < equals)
        return false;
    *out = (struct aspect){*text, equals + 1, (size_t)(equals - *text), (size_t)(end - equals - 1)};
    *text = end + 1;
    return true;
}

static bool find_aspect(const char *text, const struct aspect *like, struct aspect *out)
{
    while (next_aspect(&text, out))
        if (out->name_len == like->name_len && memcmp(out->name, like->name, like->name_len) == 0)
            return true;
    return false;
}

bool lab_plan_provision_uses(const char *recorded, const char *image_sha256)
{
    static const struct aspect image = {.name = "image", .name_len = 5};
    struct aspect found;
    return recorded && find_aspect(recorded, &image, &found) && found.value_len > SHORT_DIGITS &&
           found.value[SHORT_DIGITS] == '/' &&
           strncmp(found.value, image_sha256, SHORT_DIGITS) == 0;
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool same_value(const struct aspect *a, const struct aspect *b)
{
    const char *a_slash = memchr(a->value, '/', a->value_len);
    const char *b_slash = memchr(b->value, '/', b->value_len);
    bool unknown = *a->value == *UNKNOWN || *b->value == *UNKNOWN;
    if (!a_slash || !b_slash)
        return unknown || same(a->value, a->value_len, b->value, b->value_len);
    size_t a_content = (size_t)(a_slash - a->value), b_content = (size_t)(b_slash - b->value);
    if (unknown)
        return same(a_slash, a->value_len - a_content, b_slash, b->value_len - b_content);
    return same(a->value, a_content, b->value, b_content);
}

static void put_list(struct lab_str *out, const struct aspect *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            lab_str_add(out, i + 1 == n ? lab_tr(" and ") : ", ");
        lab_str_addn(out, names[i].name, names[i].name_len);
    }
}

size_t lab_plan_provision_diff(struct lab_str *out, const char *recorded, const char *wanted)
{
    LAB_VEC(struct aspect) changed = {0};
    struct aspect now, then;
    /* An aspect that an older labctl did not record cannot have changed as far as anyone knows. */
    while (recorded && wanted && next_aspect(&wanted, &now))
        if (find_aspect(recorded, &now, &then) && !same_value(&then, &now))
            *lab_vec_push(&changed) = now;
    size_t n = changed.len;
    put_list(out, changed.items, n);
    lab_vec_clear(&changed);
    return n;
}
