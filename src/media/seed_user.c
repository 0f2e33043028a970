#include "media/seed_priv.h"

#include <string.h>

#include "base/template.h"

#define FIRST_LINE "#cloud-config\n"

/* cloud-init's own merging (doc: reference/merging). Without a header, a later part's list replaces
 * the earlier one's; with these, a key that is already there stays and lists are joined. The login
 * user comes before theirs, because of two entries with one name the first decides (theirs may add
 * what ours leaves open, such as groups). Files come after theirs: of two with one path ours stays.
 */
#define MERGE_BEFORE  "Merge-Type: list(prepend)+dict(recurse_list)+str()\n"
#define MERGE_AFTER   "Merge-Type: list(append)+dict(recurse_list)+str()\n"
#define MERGE_REPLACE "Merge-Type: list()+dict(replace)+str()\n"

static void put_key(struct lab_str *out, const char *key)
{
    lab_str_add(out, "\n      - ");
    lab_escape(out, LAB_ESCAPE_YAML, key);
}

/* hashed_passwd, not passwd: the latter is ignored for a user whom the image already has. */
static void put_password(struct lab_str *out, const char *hash)
{
    lab_str_add(out, "\n    hashed_passwd: ");
    lab_escape(out, LAB_ESCAPE_YAML, hash);
}

static void put_login(struct lab_str *out, const struct lab_seed *seed)
{
    const struct lab_auth *auth = &seed->spec->auth;
    LAB_AUTO_STR struct lab_str keys = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str password = LAB_STR_INIT;
    LAB_AUTO_STR struct lab_str timezone = LAB_STR_INIT;

    put_key(&keys, seed->login_public);
    for (size_t i = 0; i < auth->authorized_keys.len; i++)
        put_key(&keys, auth->authorized_keys.items[i]);
    if (seed->password_hash)
        put_password(&password, seed->password_hash);
    if (seed->spec->timezone) {
        lab_str_add(&timezone, "timezone: ");
        lab_escape(&timezone, LAB_ESCAPE_YAML, seed->spec->timezone);
        lab_str_addc(&timezone, '\n');
    }
    const struct lab_var vars[] = {
        {"username", auth->username, false},
        {"locked", seed->password_hash ? "false" : "true", true},
        {"password", lab_str_get(&password), true},
        {"keys", lab_str_get(&keys), true},
        {"timezone", lab_str_get(&timezone), true},
    };
    lab_template(out, "templates/user-data.yaml", LAB_ESCAPE_YAML, vars, LAB_ARRAY_LEN(vars));
    lab_wipe(password.ptr, password.len);
}

static void put_work(struct lab_str *out, const struct lab_seed *seed)
{
    LAB_AUTO_STR struct lab_str files = LAB_STR_INIT;
    lab_seed_put_files(&files, seed);
    const struct lab_var vars[] = {{"files", lab_str_get(&files), true}};
    lab_template(out, "templates/user-data-work.yaml", LAB_ESCAPE_YAML, vars, LAB_ARRAY_LEN(vars));
}

static void put_identity(struct lab_str *out, const struct lab_seed *seed)
{
    const struct lab_var vars[] = {
        {"hostname", seed->node->name, false},
        {"host_private", seed->host_private, false},
        {"host_public", seed->host_public, false},
    };
    lab_template(out, "templates/user-data-identity.yaml", LAB_ESCAPE_YAML, vars,
                 LAB_ARRAY_LEN(vars));
}

static struct lab_mime_part user_part(const struct lab_cloud_init *theirs)
{
    static const char *const types[] = {
        [LAB_CLOUD_NONE] = "text/plain",
        [LAB_CLOUD_CONFIG] = "text/cloud-config",
        [LAB_CLOUD_SCRIPT] = "text/x-shellscript",
        [LAB_CLOUD_BOOTHOOK] = "text/cloud-boothook",
    };
    return (struct lab_mime_part){
        .type = types[theirs->kind],
        .filename = "cloud_init",
        .headers = "",
        .bytes = theirs->text,
        .len = strlen(theirs->text),
    };
}

/* What labctl says, in parts that merge in different ways. */
static const struct our_part {
    const char *name;
    const char *merge;
    void (*put)(struct lab_str *out, const struct lab_seed *seed);
} our_parts[] = {
    {"labctl-login", MERGE_BEFORE, put_login},
    {"labctl-work", MERGE_AFTER, put_work},
    {"labctl-identity", MERGE_REPLACE, put_identity},
};
#define OUR_PARTS LAB_ARRAY_LEN(our_parts)

static void put_message(struct lab_str *out, const struct lab_seed *seed)
{
    struct lab_str texts[OUR_PARTS] = {LAB_STR_INIT};
    struct lab_mime_part parts[1 + OUR_PARTS] = {user_part(seed->node->cloud_init)};

    for (size_t i = 0; i < OUR_PARTS; i++) {
        lab_str_add(&texts[i], FIRST_LINE);
        our_parts[i].put(&texts[i], seed);
        parts[1 + i] =
            (struct lab_mime_part){"text/cloud-config", our_parts[i].name, our_parts[i].merge,
                                   lab_str_get(&texts[i]), texts[i].len};
    }
    lab_mime_put(out, parts, LAB_ARRAY_LEN(parts));
    for (size_t i = 0; i < OUR_PARTS; i++) {
        lab_wipe(texts[i].ptr, texts[i].len);
        lab_str_clear(&texts[i]);
    }
}

void lab_seed_user_data(struct lab_str *out, const struct lab_seed *seed)
{
    const struct lab_cloud_init *theirs = seed->node->cloud_init;
    if (theirs && theirs->kind != LAB_CLOUD_NONE) {
        put_message(out, seed);
        return;
    }
    lab_str_add(out, FIRST_LINE);
    for (size_t i = 0; i < OUR_PARTS; i++)
        our_parts[i].put(out, seed);
}
