#include "registryd/place.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/secret.h"

enum { CA_MAX = 256 * 1024 };

void lab_registry_place_clear(struct lab_registry_place *place)
{
    free(place->address);
    free(place->node);
    free(place->ca_pem);
    free(place->username);
    lab_secret_free(place->password);
    *place = (struct lab_registry_place){0};
}

int lab_registry_place_own(struct lab_registry_place *place,
                           const struct lab_registryd_files *files,
                           bool auth,
                           struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str ca = LAB_STR_INIT;
    if (lab_file_read(files->ca, CA_MAX, &ca, err))
        return -1;
    place->ca_pem = lab_str_detach(&ca);
    if (!auth)
        return 0;
    place->username = lab_strdup(LAB_REGISTRYD_USER);
    return lab_secret_read(&place->password, files->password, err);
}
