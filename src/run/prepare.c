#include "run/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "media/iso.h"
#include "media/seed.h"
#include "platform.h"
#include "run/fetch.h"

/* --- images --------------------------------------------------------------------------------------
 */

struct digest_work {
    struct lab_run *run;
    const struct lab_image *image;
    char *path, *sum, *words;
};

static int digest_fn(void *arg, struct lab_error *err)
{
    struct digest_work *w = arg;
    const struct lab_image *image = w->image;
    char hex[LAB_SHA256_HEX];
    if (!image->path && w->run->options->mode == LAB_STATE_READ) {
        w->sum = lab_strdup(image->sha256); /* a plan believes the promise and fetches nothing */
        return 0;
    }
    if (image->path)
        w->path = lab_strdup(image->path);
    else if (lab_fetch_image(w->run, image, &w->path, err))
        return -1;
    if (lab_digest_file(w->path, hex, err))
        return -1;
    if (image->sha256 && strcmp(image->sha256, hex) != 0) {
        lab_fail(err, LAB_INTEGRITY, "image '%s' has SHA-256 %s, lab.yaml says %s", w->path, hex,
                 image->sha256);
        return lab_error_hint(err, "the file is damaged or another version; copy it again, or "
                                   "correct sha256");
    }
    w->sum = lab_strdup(hex);
    w->words = lab_format("%s (%.12s)", lab_path_base(w->path), hex);
    return 0;
}

/* The lab-level image_url may be one that every node replaces. */
static bool is_used(const struct lab_spec *spec, size_t image)
{
    LAB_VEC_FOREACH (node, &spec->nodes)
        if (node->image == image)
            return true;
    return false;
}

int lab_prepare_digests(struct lab_run *run, char **sums, struct lab_error *err)
{
    for (size_t i = 0; i < run->spec->images.len; i++) {
        if (!is_used(run->spec, i))
            continue;
        struct lab_image *image = &run->spec->images.items[i];
        struct digest_work work = {.run = run, .image = image};
        int rc = lab_await(run, run->options->mode == LAB_STATE_READ ? NULL : "image", digest_fn,
                           &work, &work.words, err);
        if (rc == 0 && !image->path && work.path) {
            image->path = lab_steal(&work.path);
            rc = lab_image_inspect(image->path, &image->format, &image->virtual_size, err);
        }
        sums[i] = work.sum;
        free(work.path);
        free(work.words);
        if (rc)
            return -1;
    }
    return 0;
}

struct import_work {
    struct lab_run *run;
    const struct lab_image *image;
    const char *sum;
    char *ref;
};

static int import_fn(void *arg, struct lab_error *err)
{
    struct import_work *w = arg;
    struct lab_progress progress = lab_run_progress(w->run);
    struct lab_provider *p = &w->run->provider;
    return p->ops->import_base(p, w->image->path, w->sum, w->image->format, &progress, &w->ref,
                               err);
}

int lab_prepare_images(struct lab_ladder *l, char *const *sums, struct lab_error *err)
{
    for (size_t i = 0; i < l->run->spec->images.len; i++) {
        if (!sums[i])
            continue;
        const struct lab_image *image = &l->run->spec->images.items[i];
        struct import_work work = {l->run, image, sums[i], NULL};
        LAB_AUTOFREE char *words = lab_format("%s", lab_path_base(image->path));
        if (lab_await(l->run, "import", import_fn, &work, &words, err))
            return -1;
        l->base_refs[i] = work.ref;
    }
    return 0;
}

/* --- networks
 * -------------------------------------------------------------------------------------- */

struct lab_net lab_net_of(const struct lab_spec *spec, size_t i)
{
    const struct lab_network *n = &spec->networks.items[i];
    return (struct lab_net){n->name, n->bridge, n->range, n->has_ipam, n->gateway};
}

struct network_work {
    struct lab_run *run;
    size_t index;
    struct lab_net_state *state;
    char *words;
};

static char *network_words(const struct lab_net_state *net)
{
    if (net->owner)
        return lab_format("%s (shared with lab '%s')", net->name, net->owner);
    return lab_format("%s%s", net->name, net->made ? "" : " (yours, kept as it is)");
}

static int network_fn(void *arg, struct lab_error *err)
{
    struct network_work *w = arg;
    struct lab_provider *p = &w->run->provider;
    struct lab_net net = lab_net_of(w->run->spec, w->index);
    if (p->ops->ensure_network(p, &net, w->state, err))
        return -1;
    w->words = network_words(w->state);
    return 0;
}

static void forget_look(struct lab_net_state *state)
{
    lab_net_state_clear(state);
    *state = (struct lab_net_state){0};
}

/* What teardown has to look at: a network that another lab made goes with the last lab on it. */
static int record_network(struct lab_run *run,
                          const struct lab_net_state *net,
                          bool there,
                          struct lab_error *err)
{
    if (!net->made && !net->owner)
        return 0;
    return lab_state_object_put(run->state, LAB_OBJECT_NETWORK, net->name,
                                there ? LAB_OBJECT_PRESENT : LAB_OBJECT_MAKING,
                                net->made ? "made" : "shared", err);
}

/* l->nets holds the look of the preflight: intent is written for what would be made. */
int lab_prepare_networks(struct lab_ladder *l, struct lab_error *err)
{
    struct lab_run *run = l->run;
    for (size_t i = 0; i < run->spec->networks.len; i++) {
        struct lab_net_state *net = &l->nets[i];
        if (record_network(run, net, false, err))
            return -1;
        forget_look(net);
        struct network_work work = {run, i, net, NULL};
        int rc = lab_await(run, "network", network_fn, &work, &work.words, err);
        free(work.words);
        if (rc == 0)
            rc = record_network(run, net, true, err);
        if (rc)
            return -1;
    }
    return 0;
}

/* --- payload
 * --------------------------------------------------------------------------------------- */

static const char payload_label[] = "LABPAYLOAD";

struct payload_work {
    struct lab_run *run;
    char *iso, *fingerprint_file;
    char fingerprint[LAB_SHA256_HEX], manifest[LAB_SHA256_HEX];
    char *ref, *words;
};

static void iso_progress(void *arg, uint64_t done, uint64_t total)
{
    struct lab_progress p = lab_run_progress(arg);
    p.fn(p.arg, done, total);
}

/* FILE.made holds "fingerprint manifest sha256" of the ISO beside it: equal means not rebuilt. */
static bool unchanged(struct payload_work *w, char sha256[LAB_SHA256_HEX])
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(4096);
    if (!lab_file_exists(w->iso) || !lab_file_exists(w->fingerprint_file) ||
        lab_file_read(w->fingerprint_file, 4096, &text, NULL) || text.len != 3 * 65)
        return false;
    if (strncmp(text.ptr, w->fingerprint, 64) != 0)
        return false;
    memcpy(w->manifest, text.ptr + 65, 64);
    memcpy(sha256, text.ptr + 130, 64);
    w->manifest[64] = sha256[64] = '\0';
    return true;
}

static int payload_fn(void *arg, struct lab_error *err)
{
    struct payload_work *w = arg;
    struct lab_run *run = w->run;
    const char *dir = run->spec->payload.dir;
    char sha256[LAB_SHA256_HEX];
    LAB_AUTOFREE char *media = lab_path_dir(w->iso);
    if (plat_mkdirs(media, 0700, err) || lab_payload_fingerprint(dir, w->fingerprint, err))
        return -1;
    uint64_t files = 0, bytes = 0;
    bool same = unchanged(w, sha256);
    if (!same) {
        struct lab_iso_progress progress = {iso_progress, run};
        if (plat_remove(w->fingerprint_file, err) ||
            lab_payload_build(dir, payload_label, w->iso, &progress, w->manifest, &files, &bytes,
                              err) ||
            lab_sha256_file(w->iso, sha256, NULL, err))
            return -1;
        LAB_AUTOFREE char *line = lab_format("%s %s %s\n", w->fingerprint, w->manifest, sha256);
        if (lab_file_replace(w->fingerprint_file, line, strlen(line), 0600, err))
            return -1;
    }
    struct lab_progress progress = lab_run_progress(run);
    struct lab_provider *p = &run->provider;
    w->words = same ? lab_format("unchanged") : lab_format("%llu files", (unsigned long long)files);
    return p->ops->put_medium(p, "payload", w->iso, sha256, &progress, &w->ref, err);
}

int lab_prepare_payload(struct lab_ladder *l, struct lab_error *err)
{
    struct lab_run *run = l->run;
    if (!run->spec->payload.dir)
        return 0;
    if (run->spec->payload.per_node) {
        lab_fail(err, LAB_USAGE,
                 "payload.per_node is for hypervisors that cannot share a medium; "
                 "%s can",
                 run->provider.ops->name);
        return lab_error_hint(err, "remove payload.per_node from lab.yaml");
    }
    struct payload_work work = {.run = run};
    work.iso = lab_run_path(run, "media/payload.iso");
    work.fingerprint_file = lab_run_path(run, "media/payload.made");
    int rc = lab_state_object_put(run->state, LAB_OBJECT_MEDIUM, "payload", LAB_OBJECT_MAKING, NULL,
                                  err);
    if (rc == 0)
        rc = lab_await(run, "payload", payload_fn, &work, &work.words, err);
    if (rc == 0)
        rc = lab_state_object_put(run->state, LAB_OBJECT_MEDIUM, "payload", LAB_OBJECT_PRESENT,
                                  NULL, err);
    if (rc == 0) {
        l->payload_ref = work.ref;
        l->payload_label = lab_strdup(payload_label);
        l->payload_manifest = lab_strdup(work.manifest);
    }
    free(work.iso);
    free(work.fingerprint_file);
    free(work.words);
    return rc;
}

/* The manifest of what lies in the folder now: remembered while the folder looks unchanged, else
 * every file is read. */
static int content_fn(void *arg, struct lab_error *err)
{
    struct payload_work *w = arg;
    const char *dir = w->run->spec->payload.dir;
    char sha256[LAB_SHA256_HEX];
    if (lab_payload_fingerprint(dir, w->fingerprint, err))
        return -1;
    if (unchanged(w, sha256))
        return 0;
    struct lab_iso iso = {.label = payload_label};
    int rc = lab_payload_add(&iso, dir, w->manifest, NULL, NULL, err);
    lab_iso_clear(&iso);
    return rc;
}

int lab_payload_content(struct lab_run *run, char **digest, struct lab_error *err)
{
    *digest = NULL;
    if (!run->spec->payload.dir)
        return 0;
    LAB_AUTOFREE char *home = lab_home_of(run->spec->name);
    struct payload_work work = {.run = run};
    work.iso = lab_path_join(home, "media/payload.iso");
    work.fingerprint_file = lab_path_join(home, "media/payload.made");
    int rc = lab_await(run, NULL, content_fn, &work, NULL, err);
    if (rc == 0)
        *digest = lab_strdup(work.manifest);
    free(work.iso);
    free(work.fingerprint_file);
    return rc;
}

/* --- keys and password
 * ------------------------------------------------------------------------------ */

static bool any_provisioned(const struct lab_run *run)
{
    LAB_VEC_FOREACH (record, &run->records.list)
        if (record->provisioned)
            return true;
    return false;
}

/* A new key is for guests that are made from now on. */
static int make_login(struct lab_run *run, const char *path, struct lab_error *err)
{
    LAB_AUTOFREE char *dir = lab_run_path(run, "keys");
    LAB_AUTOFREE char *comment = lab_format("labctl-%s", lab_state_name(run->state));
    if (!lab_file_exists(path) && any_provisioned(run))
        lab_run_warning(run,
                        "the login key '%s' was lost and is made anew: guests that were made "
                        "before refuse it until '%s up --recreate NODE'",
                        path, lab_run_self(run));
    if (plat_mkdirs(dir, 0700, err))
        return -1;
    return lab_sshkey_ensure(&run->login, path, comment, err);
}

/* Switching power works without the guests' help, if more slowly: it goes on with a key that none
 * of them knows and that is not stored, so that it hides nothing. Who only looks is told. */
static int miss_login(struct lab_run *run, const char *path, struct lab_error *err)
{
    if (run->options->mode == LAB_STATE_WRITE) {
        lab_run_warning(run, "the login key '%s' is missing: labctl cannot log in to the guests",
                        path);
        return lab_sshkey_make(&run->login, "labctl-lost", err);
    }
    lab_fail(err, LAB_HOST, "the login key '%s' is missing: labctl cannot log in to the guests",
             path);
    return lab_error_hint(err,
                          "put the file back; without a copy, make every node anew with a new key: "
                          "%s up --recreate NODE",
                          lab_run_self(run));
}

int lab_prepare_keys(struct lab_run *run, struct lab_error *err)
{
    if (run->login.blob_len)
        return 0;
    LAB_AUTOFREE char *path = lab_run_path(run, "keys/login");
    int rc = run->options->mode == LAB_STATE_CREATE ? make_login(run, path, err)
             : lab_file_exists(path)                ? lab_sshkey_load(&run->login, path, err)
                                                    : miss_login(run, path, err);
    if (rc)
        return -1;
    return lab_guest_check_key(run->login.private_pem, err);
}

/* What file or variable say now. *given is false when they are not there: then the hash that is
 * kept counts, and the terminal is asked only without one. */
static int given_password(const struct lab_auth *auth,
                          struct lab_str *password,
                          bool *given,
                          struct lab_error *err)
{
    const char *variable = auth->password_env ? auth->password_env : "LABCTL_PASSWORD";
    const char *value = auth->password_file ? NULL : plat_getenv(variable);
    *given = value || (auth->password_file && lab_file_exists(auth->password_file));
    if (!*given)
        return 0;
    if (value)
        lab_str_add(password, value);
    else if (lab_file_read(auth->password_file, 1024, password, err))
        return -1;
    else
        lab_str_truncate(password, strcspn(lab_str_get(password), "\r\n"));
    return password->len ? 0 : lab_fail(err, LAB_USAGE, "the console password is empty");
}

static int
ask_password(const struct lab_auth *auth, struct lab_str *password, struct lab_error *err)
{
    if (auth->password_file)
        return lab_fail(err, LAB_USAGE, "cannot find '%s' (auth.password_file)",
                        auth->password_file);
    if (auth->password_env)
        return lab_fail(err, LAB_USAGE, "variable %s (auth.password_env) is not set",
                        auth->password_env);
    if (plat_read_secret("Console password for the guests: ", password, err))
        return lab_error_hint(err, "give it in the variable LABCTL_PASSWORD, or name a file in "
                                   "auth.password_file");
    return password->len ? 0 : lab_fail(err, LAB_USAGE, "the console password is empty");
}

/* The same password keeps its hash, so that nothing changes from run to run. */
static int hash_password(struct lab_ladder *l,
                         const char *password,
                         const char *kept,
                         const char *path,
                         struct lab_error *err)
{
    if (*kept && lab_password_matches(password, kept)) {
        l->password_hash = lab_strdup(kept);
        return 0;
    }
    l->password_hash = lab_password_hash(password);
    if (!l->password_hash)
        return lab_fail(err, LAB_HOST, "this system's crypt() makes no SHA-512 hashes");
    return lab_file_replace(path, l->password_hash, strlen(l->password_hash), 0600, err);
}

/* Asked once in the life of a lab: the hash is kept, so that `up` again needs neither terminal nor
 * variable. One that is given and has changed counts for the nodes that are made from now on. */
int lab_prepare_password(struct lab_ladder *l, struct lab_error *err)
{
    const struct lab_auth *auth = &l->run->spec->auth;
    if (auth->password_hash) {
        l->password_hash = lab_strdup(auth->password_hash);
        return 0;
    }
    if (!auth->password_prompt && !auth->password_file && !auth->password_env)
        return 0;
    LAB_AUTOFREE char *path = lab_run_path(l->run, "keys/password-hash");
    LAB_AUTO_STR struct lab_str kept = LAB_STR_MAX(1024);
    LAB_AUTO_STR struct lab_str password = LAB_STR_MAX(1024);
    bool given;
    if (lab_file_exists(path) && lab_file_read(path, 1024, &kept, err))
        return -1;
    int rc = given_password(auth, &password, &given, err);
    if (rc == 0 && !given && kept.len) {
        l->password_hash = lab_strdup(lab_str_get(&kept));
        return 0;
    }
    if (rc == 0 && !given)
        rc = ask_password(auth, &password, err);
    if (rc == 0)
        rc = hash_password(l, lab_str_get(&password), lab_str_get(&kept), path, err);
    if (password.ptr)
        lab_wipe(password.ptr, password.len);
    return rc;
}
