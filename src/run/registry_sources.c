#include "run/registry_sources.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "bundle/verify.h"

/* A layout is named by its index.json. */
static void add_source(struct lab_registry_sources *out, const char *dir, const char *file)
{
    LAB_AUTOFREE char *whole = lab_path_join(dir, file);
    LAB_AUTOFREE char *path =
        lab_ends_with(file, "/index.json") ? lab_path_dir(whole) : lab_strdup(whole);
    LAB_VEC_FOREACH (known, &out->paths)
        if (strcmp(*known, path) == 0)
            return;
    *lab_vec_push(&out->paths) = lab_steal(&path);
}

int lab_registry_sources(struct lab_registry_sources *out,
                         const char *source,
                         struct lab_error *err)
{
    LAB_AUTO_MANIFEST struct lab_manifest manifest = {0};
    LAB_AUTOFREE char *list = lab_path_join(source, LAB_MANIFEST_NAME);
    *out = (struct lab_registry_sources){{0}};
    if (!lab_file_exists(list)) {
        *lab_vec_push(&out->paths) = lab_strdup(source);
        return 0;
    }
    if (lab_bundle_trust(source, err) || lab_manifest_load(&manifest, source, err))
        return -1;
    LAB_VEC_FOREACH (image, &manifest.images)
        if (!lab_starts_with(image->file, "k3s/"))
            add_source(out, source, image->file);
    return 0;
}

void lab_registry_sources_clear(struct lab_registry_sources *sources)
{
    LAB_VEC_FOREACH (path, &sources->paths)
        free(*path);
    lab_vec_clear(&sources->paths);
}
