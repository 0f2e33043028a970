/* The login key and the console password. */
#include <string.h>

#include "base/crypt.h"
#include "base/file.h"
#include "base/i18n.h"
#include "guest/guest.h"
#include "platform.h"
#include "run/password.h"
#include "run/prepare.h"

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

/* The same password keeps its hash, so that nothing changes from run to run. */
static int hash_password(struct lab_ladder *l,
                         const char *password,
                         const char *kept,
                         const char *path,
                         struct lab_error *err)
{
    if (*kept && lab_crypt_matches(password, kept)) {
        l->password_hash = lab_strdup(kept);
        return 0;
    }
    l->password_hash = lab_crypt_sha512(password);
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
    const struct lab_password_source source = {
        .object = "auth",
        .what = lab_tr("console password"),
        .prompt = lab_tr("Console password for the guests: "),
        .variable = "LABCTL_PASSWORD",
        .file = auth->password_file,
        .env = auth->password_env,
    };
    bool given;
    if (lab_file_exists(path) && lab_file_read(path, 1024, &kept, err))
        return -1;
    int rc = lab_password_given(l->run, &source, &password, &given, err);
    if (rc == 0 && !given && kept.len) {
        l->password_hash = lab_strdup(lab_str_get(&kept));
        return 0;
    }
    if (rc == 0 && !given)
        rc = lab_password_ask(&source, &password, err);
    if (rc == 0)
        rc = hash_password(l, lab_str_get(&password), lab_str_get(&kept), path, err);
    if (password.ptr)
        lab_wipe(password.ptr, password.len);
    return rc;
}
