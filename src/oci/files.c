#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/file.h"
#include "base/io.h"
#include "oci/source_priv.h"
#include "platform.h"

int lab_source_files_open(struct lab_source_files **out,
                          const char *path,
                          const char *spool,
                          struct lab_error *err)
{
    struct plat_stat st;
    struct lab_source_files *files = lab_alloc(sizeof(*files));
    files->path = lab_strdup(path);
    int rc = 0;
    if (plat_stat(path, &st))
        rc = lab_fail(err, LAB_USAGE, "cannot find '%s'", path);
    else if (!st.is_dir)
        rc = lab_archive_open(&files->archive, path, spool, err);
    else
        files->folder = lab_strdup(path);
    if (rc == 0)
        *out = files;
    else
        lab_source_files_close(files);
    return rc;
}

void lab_source_files_close(struct lab_source_files *files)
{
    if (!files)
        return;
    lab_archive_close(files->archive);
    free(files->folder);
    free(files->path);
    free(files);
}

bool lab_source_files_has(const struct lab_source_files *files, const char *name)
{
    if (files->archive)
        return lab_archive_has(files->archive, name);
    LAB_AUTOFREE char *path = lab_path_join(files->folder, name);
    return lab_file_exists(path);
}

/* Names in a folder come from digests and constants alone, so none leads out of it. */
static int find_in_folder(const struct lab_source_files *files,
                          const char *name,
                          struct lab_span *out,
                          struct lab_error *err)
{
    struct plat_stat st;
    LAB_AUTOFREE char *path = lab_path_join(files->folder, name);
    if (plat_stat(path, &st) || !st.is_file)
        return lab_fail(err, LAB_INTEGRITY, "'%s' lacks '%s', which it names", files->path, name);
    int fd = lab_io_open(path, err);
    *out = (struct lab_span){.fd = fd, .own = true, .size = st.size};
    return fd < 0 ? -1 : 0;
}

int lab_source_files_find(const struct lab_source_files *files,
                          const char *name,
                          struct lab_span *out,
                          struct lab_error *err)
{
    return files->archive ? lab_archive_find(files->archive, name, out, err)
                          : find_in_folder(files, name, out, err);
}

int lab_source_files_read(const struct lab_source_files *files,
                          const char *name,
                          size_t max,
                          struct lab_str *out,
                          struct lab_error *err)
{
    struct lab_span span;
    size_t got;
    if (lab_source_files_find(files, name, &span, err))
        return -1;
    int rc = 0;
    if (span.size > max)
        rc = lab_fail(err, LAB_INTEGRITY, "'%s' in '%s' has %llu bytes; %zu are allowed", name,
                      files->path, (unsigned long long)span.size, max);
    if (rc == 0) {
        LAB_AUTOFREE char *bytes = lab_alloc((size_t)span.size + 1);
        rc = lab_span_read(&span, files->path, 0, bytes, (size_t)span.size, &got, err);
        if (rc == 0)
            lab_str_addn(out, bytes, got);
    }
    lab_span_close(&span);
    return rc;
}
