#include "bundle/verify.h"

#include "base/file.h"
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
