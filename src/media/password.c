#include "media/seed.h"

#include <crypt.h>
#include <string.h>

#include "base/crypto.h"

/* libxcrypt, not the C library's crypt(): the same code on both systems. The count 0 means
 * SHA-512's default of 5000 rounds, which every guest's crypt() knows. */
char *lab_password_hash(const char *password)
{
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    unsigned char random[16];
    struct crypt_data *data = lab_alloc(sizeof(*data));
    char *hash = NULL;

    lab_random(random, sizeof(random));
    if (crypt_gensalt_rn("$6$", 0, (const char *)random, sizeof(random), salt, sizeof(salt))) {
        const char *made = crypt_r(password, salt, data);
        /* Failure is NULL or a text that starts with '*'. */
        if (made && made[0] == '$')
            hash = lab_strdup(made);
    }
    lab_wipe(data, sizeof(*data));
    free(data);
    return hash;
}

bool lab_password_matches(const char *password, const char *hash)
{
    struct crypt_data *data = lab_alloc(sizeof(*data));
    const char *made = crypt_r(password, hash, data);
    bool same = made && made[0] == '$' && strcmp(made, hash) == 0;
    lab_wipe(data, sizeof(*data));
    free(data);
    return same;
}
