#include "registryd/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "platform.h"

enum { CA_MAX = 256 * 1024, PASSWORD_MAX = 1024 };

void lab_registry_place_clear(struct lab_registry_place *place)
{
    free(place->address);
    free(place->node);
    free(place->ca_pem);
    free(place->username);
    if (place->password)
        lab_wipe(place->password, strlen(place->password));
    free(place->password);
    *place = (struct lab_registry_place){0};
}

static int read_text(const char *path, size_t max, char **out, struct lab_error *err)
{
    struct lab_str text = LAB_STR_INIT;
    int rc = lab_file_read(path, max, &text, err);
    if (rc == 0)
        *out = lab_str_detach(&text);
    else
        lab_str_clear(&text);
    return rc;
}

int lab_registry_place_own(struct lab_registry_place *place,
                           const struct lab_registryd_files *files,
                           bool auth,
                           struct lab_error *err)
{
    if (read_text(files->ca, CA_MAX, &place->ca_pem, err))
        return -1;
    if (!auth)
        return 0;
    place->username = lab_strdup(LAB_REGISTRYD_USER);
    return read_text(files->password, PASSWORD_MAX, &place->password, err);
}
