#include "base/asset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct lab_asset *lab_asset_get(const char *path)
{
    for (unsigned long i = 0; i < lab_asset_count; i++)
        if (strcmp(lab_assets[i].path, path) == 0)
            return &lab_assets[i];
    fprintf(stderr, "labctl: the asset '%s' was not built into this program\n", path);
    abort();
}
