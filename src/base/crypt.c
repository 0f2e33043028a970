#include "base/crypt.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"

/* NULL when it failed, which libxcrypt says by NULL or by a text that starts with '*'. */
static char *hash_as(const char *password, const char *setting)
{
    struct crypt_data *data = lab_alloc(sizeof(*data));
    const char *made = crypt_r(password, setting, data);
    char *hash = made && made[0] == '$' ? lab_strdup(made) : NULL;
    lab_wipe(data, sizeof(*data));
    free(data);
    return hash;
}

static char *hash_anew(const char *password, const char *method, unsigned long count)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    unsigned char random[16];
    lab_random(random, sizeof(random));
    if (!crypt_gensalt_rn(method, count, (const char *)random, sizeof(random), setting,
                          sizeof(setting)))
        return NULL;
    return hash_as(password, setting);
}

/* The count 0 means the default, 5000 rounds. */
char *lab_crypt_sha512(const char *password)
{
    return hash_anew(password, "$6$", 0);
}

char *lab_crypt_bcrypt(const char *password, unsigned cost)
{
    return hash_anew(password, "$2b$", cost);
}

bool lab_crypt_matches(const char *password, const char *hash)
{
    LAB_AUTOFREE char *made = hash_as(password, hash);
    return made && strcmp(made, hash) == 0;
}
