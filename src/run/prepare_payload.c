/* The payload ISO that all nodes share: built once per content. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "base/time.h"
#include "bundle/sums.h"
#include "bundle/verify.h"
#include "media/iso.h"
#include "platform.h"
#include "run/prepare.h"

static const char payload_label[] = "LABPAYLOAD";

struct payload_work {
    struct lab_run *run;
    char *iso, *fingerprint_file;
    char fingerprint[LAB_SHA256_HEX], manifest[LAB_SHA256_HEX];
    char *ref, *words, *key;
    enum lab_signature signature;
    bool verified; /* just now, all of it */
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

/* All nodes get this host's time: one that is before the payload was built is wrong for sure. A day
 * for a builder whose own clock was a little ahead, or in local time. */
static int check_clock(const char *dir, struct lab_error *err)
{
    enum { DAY = 86400 };
    LAB_AUTOFREE char *path = lab_path_join(dir, "build-timestamp");
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(256);
    if (!lab_file_exists(path) || lab_file_read(path, 255, &text, NULL))
        return 0;
    const char *digits = lab_str_get(&text);
    if (lab_starts_with(digits, "EPOCH_SECONDS="))
        digits += strlen("EPOCH_SECONDS=");
    long long built = strtoll(digits, NULL, 10), now = plat_wall_ms() / 1000;
    if (built <= now + DAY || built > now + 100LL * 365 * DAY)
        return 0;
    LAB_AUTO_STR struct lab_str then = LAB_STR_INIT, here = LAB_STR_INIT;
    lab_put_time(&then, built * 1000);
    lab_put_time(&here, now * 1000);
    lab_fail(err, LAB_HOST, "this host's clock says %.19s, but the payload '%s' was built at %.19s",
             lab_str_get(&here), dir, lab_str_get(&then));
    return lab_error_hint(err, "set this host's clock: the nodes get their time from it, and k3s's "
                               "certificates theirs from them");
}

/* Every byte, the signature first. Not again for an ISO that was built of the very same. */
static int verify_bundle(struct payload_work *w, struct lab_error *err)
{
    LAB_AUTOFREE char *sums = lab_path_join(w->run->spec->payload.bundle, LAB_SUMS_NAME);
    LAB_AUTO_CHECK struct lab_bundle_check check = {
        .dir = w->run->spec->payload.bundle,
        .key = w->key,
        .progress = iso_progress,
        .arg = w->run,
    };
    if (lab_bundle_verify(&check, err) || lab_bundle_judge(&check, err) ||
        lab_sha256_file(sums, w->manifest, NULL, err))
        return lab_error_wrap(err, "cannot use the payload '%s'", check.dir);
    w->signature = check.signature;
    w->verified = true;
    return 0;
}

/* The plan has read every byte already. Of a file that changes from then on, the writer of the
 * image finds that it is not as SHA256SUMS says, and here it is seen that this is still the same
 * list. */
static int build(struct payload_work *w, uint64_t *files, struct lab_error *err)
{
    const struct lab_payload *payload = &w->run->spec->payload;
    const struct lab_verified_bundle *known = &w->run->payload;
    const struct lab_iso_progress progress = {iso_progress, w->run};
    char verified[LAB_SHA256_HEX];
    bool again = strcmp(known->fingerprint, w->fingerprint) != 0;
    if (payload->bundle && again && verify_bundle(w, err))
        return -1;
    if (!again)
        w->signature = known->signature;
    memcpy(verified, again ? w->manifest : known->manifest, sizeof(verified));
    if (lab_payload_build(payload->dir, payload_label, w->iso, &progress, w->manifest, files, NULL,
                          err))
        return -1;
    if (!payload->bundle || strcmp(verified, w->manifest) == 0)
        return 0;
    lab_fail(err, LAB_INTEGRITY, "cannot use the payload '%s': it changed after it was verified",
             payload->dir);
    return lab_error_hint(err, "see who writes there, then run again");
}

/* Of the folder and of the key that it has to be signed with. */
static int fingerprint(struct payload_work *w, struct lab_error *err)
{
    const struct lab_payload *payload = &w->run->spec->payload;
    if (lab_payload_fingerprint(payload->dir, w->fingerprint, err))
        return -1;
    if (!payload->bundle)
        return 0;
    char key[LAB_SHA256_HEX] = "";
    w->key = lab_bundle_trusted_key(payload->key);
    if (w->key && lab_sha256_file(w->key, key, NULL, err))
        return lab_error_wrap(err, "cannot read the key for the payload");
    LAB_AUTOFREE char *both = lab_format("%s %s", w->fingerprint, key);
    lab_sha256_hex(both, strlen(both), w->fingerprint);
    return 0;
}

static char *words_of(const struct payload_work *w, bool same, uint64_t files)
{
    if (same)
        return lab_strdup(lab_tr("unchanged"));
    if (!w->run->spec->payload.bundle)
        return lab_format(lab_tr("%llu files"), (unsigned long long)files);
    return lab_format(lab_tr("%llu files verified, signature: %s"), (unsigned long long)files,
                      lab_signature_name(w->signature));
}

static int payload_fn(void *arg, struct lab_error *err)
{
    struct payload_work *w = arg;
    struct lab_run *run = w->run;
    const char *dir = run->spec->payload.dir;
    char sha256[LAB_SHA256_HEX];
    LAB_AUTOFREE char *media = lab_path_dir(w->iso);
    if (check_clock(dir, err))
        return -1;
    if (plat_mkdirs(media, 0700, err) || fingerprint(w, err))
        return -1;
    uint64_t files = 0;
    bool same = unchanged(w, sha256);
    if (!same) {
        if (plat_remove(w->fingerprint_file, err) || build(w, &files, err) ||
            lab_sha256_file(w->iso, sha256, NULL, err))
            return -1;
        LAB_AUTOFREE char *line = lab_format("%s %s %s\n", w->fingerprint, w->manifest, sha256);
        if (lab_file_replace(w->fingerprint_file, line, strlen(line), 0600, err))
            return -1;
    }
    struct lab_progress progress = lab_run_progress(run);
    struct lab_provider *p = &run->provider;
    w->words = words_of(w, same, files);
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
    free(work.key);
    return rc;
}

/* The manifest of what lies in the folder now: remembered while the folder looks unchanged, else
 * every file is read; a bundle is verified, before anything is made. */
static int content_fn(void *arg, struct lab_error *err)
{
    struct payload_work *w = arg;
    const char *dir = w->run->spec->payload.dir;
    char sha256[LAB_SHA256_HEX];
    if (fingerprint(w, err))
        return -1;
    if (unchanged(w, sha256))
        return 0;
    if (w->run->spec->payload.bundle)
        return verify_bundle(w, err);
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
    if (rc == 0 && work.verified) {
        memcpy(run->payload.fingerprint, work.fingerprint, sizeof(work.fingerprint));
        memcpy(run->payload.manifest, work.manifest, sizeof(work.manifest));
        run->payload.signature = work.signature;
    }
    free(work.key);
    free(work.iso);
    free(work.fingerprint_file);
    return rc;
}

bool lab_payload_has_packages(const struct lab_run *run)
{
    if (!run->spec) /* the guest tells */
        return true;
    if (!run->spec->payload.dir)
        return false;
    LAB_AUTOFREE char *debs = lab_path_join(run->spec->payload.dir, "debs");
    return lab_file_exists(debs);
}
