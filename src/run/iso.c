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

struct build {
    struct lab_iso iso;
    const char *out, *const *sources;
    size_t n;
    char *sha256;
    struct lab_meter meter;
};

static int build(void *arg, struct lab_error *err)
{
    struct build *b = arg;
    const struct lab_iso_progress progress = {lab_meter_feed, &b->meter};
    for (size_t i = 0; i < b->n; i++)
        if (add_source(&b->iso, b->sources[i], err))
            return -1;
    return lab_iso_write(&b->iso, b->out, &progress, b->sha256, err);
}

int lab_iso_build(const char *out,
                  const char *label,
                  const char *const *sources,
                  size_t n,
                  lab_beside_progress *progress,
                  void *progress_arg,
                  size_t *files,
                  char sha256[LAB_SHA256_HEX],
                  struct lab_error *err)
{
    struct build b = {.iso = {.label = label, .file_mode = 0600},
                      .out = out,
                      .sources = sources,
                      .n = n,
                      .sha256 = sha256};
    LAB_AUTOFREE char *folder = lab_path_dir(out);
    int rc = lab_iso_spool_dir(folder, err); /* before there is another thread */
    if (rc == 0)
        rc = lab_beside(build, &b, &b.meter, progress, progress_arg, err);
    *files = b.iso.files.len;
    lab_iso_clear(&b.iso);
    return rc;
}
