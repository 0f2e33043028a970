#include "bundle/verify.h"

#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "bundle/manifest.h"
#include "bundle/sums.h"
#include "pki/sign.h"
#include "platform.h"
#include "state/state.h"

char *lab_bundle_trusted_key(const char *given)
{
    if (given)
        return lab_strdup(given);
    LAB_AUTOFREE char *home = lab_home();
    LAB_AUTOFREE char *path = lab_path_join(home, "bundle.pub");
    return lab_file_exists(path) ? lab_steal(&path) : NULL;
}

static int distrust(const char *dir, const char *key, const char *what, struct lab_error *err)
{
    lab_fail(err, LAB_INTEGRITY, "the bundle '%s' is not trusted: %s", dir, what);
    return lab_error_hint(
        err, "nothing of it was read; this machine wants every bundle signed by '%s'", key);
}

/* Its line in the signed list. */
static int check_manifest(const char *dir, const char *key, const char *sums, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(LAB_SUMS_MAX_BYTES + 1);
    LAB_AUTOFREE char *manifest = lab_path_join(dir, LAB_MANIFEST_NAME);
    LAB_AUTO_SUMS struct lab_sums list = {{0}};
    char hex[LAB_SHA256_HEX];
    if (lab_file_read(sums, LAB_SUMS_MAX_BYTES, &text, err) < 0 ||
        lab_sha256_file(manifest, hex, NULL, err) < 0)
        return -1;
    LAB_AUTOFREE char *why = lab_sums_parse(&list, lab_str_get(&text), text.len);
    if (why)
        return distrust(dir, key, why, err);
    const struct lab_sum *sum = lab_sums_find(&list, LAB_MANIFEST_NAME);
    if (!sum || strcmp(sum->sha256, hex) != 0)
        return distrust(dir, key, lab_tr("'manifest.yaml' is not the one that was signed"), err);
    return 0;
}

int lab_bundle_trust(const char *dir, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    LAB_AUTOFREE char *key = lab_bundle_trusted_key(NULL);
    LAB_AUTOFREE char *sums = lab_path_join(dir, LAB_SUMS_NAME);
    LAB_AUTOFREE char *sig = lab_path_join(dir, LAB_SUMS_SIGNATURE);
    LAB_AUTOFREE char *manifest = lab_path_join(dir, LAB_MANIFEST_NAME);
    if (!key || !lab_file_exists(manifest)) /* no bundle: its reader says so */
        return 0;
    if (!lab_file_exists(sig))
        return distrust(dir, key, lab_tr("it is unsigned ('SHA256SUMS.sig' is missing)"), err);
    if (lab_sign_verify(key, sums, sig, &why) < 0) {
        if (why.code == LAB_INTEGRITY)
            return distrust(dir, key, why.message, err);
        lab_error_move(err, &why);
        return -1;
    }
    return check_manifest(dir, key, sums, err);
}

int lab_bundle_sign(const char *dir,
                    const char *key,
                    lab_bundle_progress *progress,
                    void *arg,
                    struct lab_error *err)
{
    LAB_AUTO_CHECK struct lab_bundle_check check = {.dir = dir, .progress = progress, .arg = arg};
    unsigned char signature[LAB_SIGNATURE_LEN];
    LAB_AUTOFREE char *sums = lab_path_join(dir, LAB_SUMS_NAME);
    LAB_AUTOFREE char *sig = lab_path_join(dir, LAB_SUMS_SIGNATURE);
    /* Signed first, since a wrong key is known at once; written when all is known to be well. */
    if (lab_sign_file(key, sums, signature, err) < 0 || lab_bundle_verify(&check, err) < 0)
        return -1;
    if (lab_bundle_judge(&check, err) < 0)
        return lab_error_wrap(err, "not signed");
    return lab_file_replace(sig, signature, sizeof(signature), 0644, err);
}
