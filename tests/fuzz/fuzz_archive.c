/* Archives of images (docker save, OCI): listed, every image loaded, every blob read, from the file
 * alone; and as `bundle create` takes them. */
#include "bundle/archive.h"
#include "fuzz.h"
#include "oci/source.h"

static void read_blob(const struct lab_source *source, size_t i)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    static unsigned char bytes[65536];
    struct lab_blob_reader *reader = NULL;
    size_t got = 1;
    int rc = lab_blob_open(&reader, source, i, &err);
    while (rc == 0 && got > 0) {
        rc = lab_blob_read(reader, bytes, sizeof(bytes), &got, &err);
        fuzz_check(rc < 0 || got <= sizeof(bytes));
    }
    fuzz_answer(rc, &err);
    lab_blob_close(reader);
}

static void load(struct lab_source *source, size_t i)
{
    static char os[] = "linux", arch[] = "amd64";
    static const struct lab_platform platform = {os, arch};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    int rc = lab_source_load(source, i, &platform, &err);
    if (rc == 0)
        rc = lab_source_measure(source, i, &err);
    if (rc == 0)
        rc = lab_source_finish(source, i, &err);
    fuzz_answer(rc, &err);
    fuzz_check(rc < 0 || lab_is_digest(source->images.items[i].digest));
}

static void push(const char *path)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const struct lab_source_options options = {.spool = fuzz_folder()};
    struct lab_source *source = NULL;
    int rc = lab_source_open(&source, path, &options, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    for (size_t i = 0; i < source->images.len && i < 4; i++)
        load(source, i);
    for (size_t i = 0; i < source->blobs.len && i < 16; i++)
        read_blob(source, i);
    lab_source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT, named = LAB_ERROR_INIT;
    LAB_AUTO_MANIFEST struct lab_manifest m = {0};
    LAB_AUTOFREE char *path = lab_strdup(fuzz_file("images.tar", data, size));
    push(path);
    fuzz_answer(lab_archive_images(&m, fuzz_folder(), "images.tar", "amd64", &err), &err);
    LAB_AUTOFREE char *name = lab_archive_name("images.tar", path, &named);
    fuzz_check((name == NULL) == (named.message != NULL));
    return 0;
}
