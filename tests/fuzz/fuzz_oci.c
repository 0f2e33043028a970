/* Names of images, manifests and indexes, configs, and the index.json of a layout. */
#include "fuzz.h"
#include "oci/layout.h"
#include "oci/manifest.h"
#include "oci/packed.h"

static void put(struct lab_str *out,
                const struct lab_image_ref *ref,
                void (*how)(struct lab_str *, const struct lab_image_ref *))
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref again = {0};
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    how(&text, ref);
    fuzz_check(lab_image_ref_parse(&again, lab_str_get(&text), NULL) == 0);
    lab_image_ref_put(out, &again);
}

/* Both ways to write a name mean the same image. */
static void name(const char *text)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    LAB_AUTO_STR struct lab_str whole = LAB_STR_INIT, full = LAB_STR_INIT, familiar = LAB_STR_INIT;
    int rc = lab_image_ref_parse(&ref, text, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    fuzz_check(lab_is_repository(ref.repository) && *lab_image_ref_wanted(&ref));
    fuzz_check((!ref.tag || lab_is_tag(ref.tag)) && (!ref.digest || lab_is_digest(ref.digest)));
    lab_image_ref_put(&whole, &ref);
    put(&full, &ref, lab_image_ref_put);
    put(&familiar, &ref, lab_image_ref_put_familiar);
    fuzz_check(strcmp(lab_str_get(&whole), lab_str_get(&full)) == 0);
    fuzz_check(strcmp(lab_str_get(&whole), lab_str_get(&familiar)) == 0);
}

static void manifest(const char *text, size_t size, const char *type)
{
    static char os[] = "linux", arch[] = "amd64";
    static const struct lab_platform platform = {os, arch};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {.type = NULL};
    int rc = lab_oci_manifest_parse(&m, text, size, type, &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    fuzz_check(lab_is_manifest_type(m.type));
    LAB_VEC_FOREACH (d, &m.list)
        fuzz_check(lab_is_digest(d->digest) && d->size <= LAB_BLOB_MAX);
    if (!m.index)
        fuzz_check(lab_is_digest(m.config.digest));
    else
        fuzz_check(lab_oci_manifest_choose(&m, &platform, &err) || err.message);
}

static void config(const char *text, size_t size)
{
    static char os[] = "linux", arch[] = "amd64";
    static const struct lab_platform platform = {os, arch};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT, other = LAB_ERROR_INIT;
    struct lab_config c = {.platform = {NULL, NULL}};
    int rc = lab_config_parse(&c, text, size, &err);
    fuzz_answer(rc, &err);
    LAB_VEC_FOREACH (id, &c.diff_ids)
        fuzz_check(*id && lab_is_digest(*id));
    if (rc == 0)
        fuzz_answer(lab_config_check(&c, &platform, &other), &other);
    lab_config_clear(&c);
}

static void layout(const char *text, size_t size)
{
    static const char mark[] = "{\"imageLayoutVersion\": \"1.0.0\"}";
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT, marked = LAB_ERROR_INIT;
    struct lab_layout *l = NULL;
    fuzz_answer(lab_layout_check_mark(text, size, "oci-layout", &marked), &marked);
    fuzz_file("oci-layout", mark, strlen(mark));
    fuzz_file("index.json", text, size);
    int rc = lab_layout_open(&l, fuzz_folder(), &err);
    fuzz_answer(rc, &err);
    if (rc < 0)
        return;
    LAB_VEC_FOREACH (image, &l->images)
        fuzz_check(lab_is_digest(image->manifest.digest));
    lab_layout_close(l);
}

static void packed(const char *text, size_t size)
{
    char digest[LAB_DIGEST_TEXT];
    uint64_t bytes;
    struct lab_packed *p = lab_packed_open(fuzz_file("packed", text, size));
    if (lab_packed_get(p, text, digest, &bytes))
        fuzz_check(lab_is_digest(digest));
    lab_packed_close(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    struct lab_platform platform = {NULL, NULL};
    name(text);
    manifest(text, size, NULL);
    manifest(text, size, LAB_TYPE_OCI_INDEX);
    config(text, size);
    layout(text, size);
    packed(text, size);
    fuzz_answer(lab_platform_parse(&platform, text, &err), &err);
    lab_platform_clear(&platform);
    return 0;
}
