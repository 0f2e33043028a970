#include "run/iso.h"

#include "base/file.h"
#include "platform.h"

static int add_source(struct lab_iso *iso, const char *path, struct lab_error *err)
{
    struct plat_stat st;
    if (plat_stat(path, &st))
        return lab_fail(err, LAB_USAGE, "cannot find '%s'", path);
    if (st.is_dir)
        return lab_iso_add_tree(iso, path, err);
    struct lab_iso_file *file = lab_vec_push(&iso->files);
    file->path = lab_strdup(lab_path_base(path));
    file->source = lab_strdup(path);
    file->size = st.size;
    file->mtime_ns = st.mtime_ns;
    return 0;
}

int lab_iso_build(const char *out,
                  const char *label,
                  const char *const *sources,
                  size_t n,
                  size_t *files,
                  char sha256[LAB_SHA256_HEX],
                  struct lab_error *err)
{
    struct lab_iso iso = {.label = label, .file_mode = 0600};
    LAB_AUTOFREE char *folder = lab_path_dir(out);
    int rc = lab_iso_spool_dir(folder, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = add_source(&iso, sources[i], err);
    if (rc == 0)
        rc = lab_iso_write(&iso, out, NULL, sha256, err);
    *files = iso.files.len;
    lab_iso_clear(&iso);
    return rc;
}
