/* What the server reads: configuration, certificate, password. */
#include <string.h>

#include "base/crypt.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/template.h"
#include "base/text.h"
#include "media/seed.h"
#include "pki/ca.h"
#include "platform.h"
#include "registryd/files.h"

enum { SECRET_DIGITS = 64, PASSWORD_DIGITS = 32, BCRYPT_COST = 5 };

void lab_registryd_config(struct lab_str *out,
                          const struct lab_registryd_files *files,
                          const char *address,
                          const char *secret,
                          const char *realm)
{
    LAB_AUTO_STR struct lab_str auth = LAB_STR_INIT;
    if (realm) {
        const struct lab_var vars[] = {
            {"realm", realm, false},
            {"htpasswd", files->htpasswd, false},
        };
        lab_str_addc(&auth, '\n');
        lab_template(&auth, "templates/registry-auth.yaml", LAB_ESCAPE_YAML, vars,
                     LAB_ARRAY_LEN(vars));
        lab_str_truncate(&auth, auth.len - 1);
    }
    const struct lab_var vars[] = {
        {"data", files->data, false}, {"address", address, false},
        {"secret", secret, false},    {"certificate", files->certificate, false},
        {"key", files->key, false},   {"auth", lab_str_get(&auth), true},
    };
    lab_template(out, "templates/registry-config.yaml", LAB_ESCAPE_YAML, vars, LAB_ARRAY_LEN(vars));
}

/* The cost is htpasswd's own: the password is random and long, and the server hashes what it gets
 * with every single request. $2b$ is what libxcrypt calls bcrypt; Go takes any minor version. */
char *lab_registryd_htpasswd(const char *password)
{
    LAB_AUTOFREE char *hash = lab_crypt_bcrypt(password, BCRYPT_COST);
    return hash ? lab_format(LAB_REGISTRYD_USER ":%s\n", hash) : NULL;
}

/* A file with so many random digits: what it holds, or new ones. */
static int keep_random(const char *path, size_t digits, struct lab_str *out, struct lab_error *err)
{
    char fresh[SECRET_DIGITS + 1];
    if (lab_file_exists(path)) {
        if (lab_file_read(path, 1024, out, err))
            return -1;
        lab_str_truncate(out, strcspn(lab_str_get(out), "\r\n"));
        if (out->len == digits)
            return 0;
        lab_str_truncate(out, 0);
    }
    lab_random_hex(fresh, digits);
    lab_str_add(out, fresh);
    lab_wipe(fresh, sizeof(fresh));
    return lab_file_replace(path, lab_str_get(out), out->len, 0600, err);
}

static bool is_password_of(const char *line, const char *password)
{
    static const char user[] = LAB_REGISTRYD_USER ":";
    LAB_AUTOFREE char *hash = lab_strdup(line);
    hash[strcspn(hash, "\r\n")] = '\0';
    return lab_starts_with(hash, user) && lab_crypt_matches(password, hash + strlen(user));
}

static int write_password(const struct lab_registryd_files *files, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str password = LAB_STR_INIT, kept = LAB_STR_INIT;
    if (keep_random(files->password, PASSWORD_DIGITS, &password, err))
        return -1;
    if (lab_file_exists(files->htpasswd) &&
        lab_file_read(files->htpasswd, 4096, &kept, NULL) == 0 &&
        is_password_of(lab_str_get(&kept), lab_str_get(&password)))
        return 0;
    LAB_AUTOFREE char *line = lab_registryd_htpasswd(lab_str_get(&password));
    if (!line)
        return lab_fail(err, LAB_HOST, "this system's crypt() makes no bcrypt hashes");
    return lab_file_replace(files->htpasswd, line, strlen(line), 0600, err);
}

static int write_certificate(const struct lab_registryd_files *files,
                             const char *lab,
                             const char *address,
                             struct lab_error *err)
{
    LAB_AUTO_CA struct lab_ca *ca = NULL;
    LAB_AUTOFREE char *host = lab_strndup(address, strcspn(address, ":"));
    const char *names[] = {host};
    int64_t now = plat_wall_ms();
    bool made;
    return lab_ca_open(&ca, files->pki, lab, now, err) ||
                   lab_ca_server(ca, files->certificate, files->key, names, 1, now, &made, err)
               ? -1
               : 0;
}

int lab_registryd_write(const struct lab_registryd_files *files,
                        const char *lab,
                        const char *address,
                        bool auth,
                        bool in_guest,
                        struct lab_error *err)
{
    static const struct lab_registryd_files guest = {
        .data = (char *)LAB_SEED_REGISTRY_DATA,
        .certificate = (char *)LAB_SEED_REGISTRY_DIR "/server.crt",
        .key = (char *)LAB_SEED_REGISTRY_DIR "/server.key",
        .htpasswd = (char *)LAB_SEED_REGISTRY_DIR "/htpasswd",
    };
    LAB_AUTO_STR struct lab_str secret = LAB_STR_INIT, config = LAB_STR_INIT;
    LAB_AUTOFREE char *realm = auth ? lab_format("labctl %s", lab) : NULL;
    if (plat_mkdirs(in_guest ? files->dir : files->data, 0700, err) ||
        write_certificate(files, lab, address, err) || (auth && write_password(files, err)) ||
        keep_random(files->secret, SECRET_DIGITS, &secret, err))
        return -1;
    lab_registryd_config(&config, in_guest ? &guest : files, address, lab_str_get(&secret), realm);
    int rc = lab_file_replace(files->config, lab_str_get(&config), config.len, 0600, err);
    lab_wipe(config.ptr, config.len);
    lab_wipe(secret.ptr, secret.len);
    return rc;
}

/* htpasswd is read anew by the server itself whenever it changes. */
int lab_registryd_digest(const struct lab_registryd_files *files,
                         char hex[LAB_SHA256_HEX],
                         struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (lab_file_read(files->config, 65536, &text, err) ||
        lab_file_read(files->certificate, 65536, &text, err))
        return -1;
    lab_sha256_hex(lab_str_get(&text), text.len, hex);
    lab_wipe(text.ptr, text.len);
    return 0;
}
