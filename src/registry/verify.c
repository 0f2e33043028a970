#include "registry/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/work.h"

#define NESTED_MAX 2

static int check_blob(struct lab_registry_conn *conn,
                      struct lab_verified *v,
                      const struct lab_descriptor *d,
                      struct lab_error *err)
{
    bool there;
    uint64_t size = 0;
    if (lab_registry_has_blob(conn, v->repository, d->digest, &there, &size, err))
        return -1;
    if (!there)
        return lab_fail(err, LAB_INTEGRITY, "its blob %s is not in '%s'", d->digest, v->repository);
    if (size != d->size)
        return lab_fail(err, LAB_INTEGRITY,
                        "its blob %s has %llu bytes in '%s' and should have %llu", d->digest,
                        (unsigned long long)size, v->repository, (unsigned long long)d->size);
    v->blobs++;
    v->bytes += size;
    return 0;
}

static int check_manifest(struct lab_registry_conn *conn,
                          struct lab_verified *v,
                          const char *digest,
                          unsigned depth,
                          struct lab_error *err)
{
    char got[LAB_DIGEST_TEXT];
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *type = NULL;
    LAB_AUTO_OCI_MANIFEST struct lab_oci_manifest m = {0};
    if (lab_registry_get_manifest(conn, v->repository, digest, &text, &type, got, err) ||
        lab_oci_manifest_parse(&m, lab_str_get(&text), text.len, type, err))
        return -1;
    v->bytes += text.len;
    if (m.index && depth == NESTED_MAX)
        return lab_fail(err, LAB_INTEGRITY, "its indexes are nested deeper than %d", NESTED_MAX);
    if (!m.index && check_blob(conn, v, &m.config, err))
        return -1;
    LAB_VEC_FOREACH (d, &m.list)
        if (m.index ? check_manifest(conn, v, d->digest, depth + 1, err)
                    : check_blob(conn, v, d, err))
            return -1;
    return 0;
}

static int check_tag(struct lab_registry_conn *conn,
                     const struct lab_verify_image *image,
                     struct lab_error *err)
{
    bool there;
    char digest[LAB_DIGEST_TEXT];
    if (!image->tag)
        return 0;
    if (lab_registry_has_manifest(conn, image->repository, image->tag, &there, digest, err))
        return -1;
    if (!there)
        return lab_fail(err, LAB_INTEGRITY, "'%s' has no tag '%s'", image->repository, image->tag);
    if (strcmp(digest, image->digest) != 0)
        return lab_fail(err, LAB_INTEGRITY, "tag '%s' of '%s' stands for %s, not for %s",
                        image->tag, image->repository, digest, image->digest);
    return 0;
}

static int check_image(struct lab_registry_conn *conn,
                       struct lab_verified *v,
                       const struct lab_verify_image *image,
                       struct lab_error *err)
{
    unsigned tried = 1;
    int rc;
    do {
        v->blobs = 0;
        v->bytes = 0;
        rc = check_manifest(conn, v, image->digest, 0, err) || check_tag(conn, image, err) ? -1 : 0;
    } while (rc < 0 && lab_registry_again(conn, tried++, err));
    return rc;
}

static void verify_one(struct lab_registry_conn *conn,
                       struct lab_verify_result *out,
                       const struct lab_verify_image *image)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_verified *v = lab_vec_push(&out->images);
    v->image = lab_strdup(image->image);
    v->repository = lab_strdup(image->repository);
    memcpy(v->digest, image->digest, LAB_DIGEST_TEXT);
    if (check_image(conn, v, image, &err)) {
        lab_error_move(&v->error, &err);
        out->failed++;
    }
}

int lab_registry_verify(struct lab_registry *registry,
                        const struct lab_verify_image *images,
                        size_t n,
                        struct lab_verify_result *out,
                        struct lab_error *err)
{
    struct lab_registry_conn *conn = lab_registry_connect(registry);
    *out = (struct lab_verify_result){{0}, 0};
    int rc = lab_registry_enter(conn, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        verify_one(conn, out, &images[i]);
        if (lab_work_cancelled())
            rc = lab_fail(err, LAB_CANCELLED, "interrupted after %zu of %zu images", i, n);
    }
    lab_registry_disconnect(conn);
    return rc;
}

void lab_verify_result_clear(struct lab_verify_result *result)
{
    LAB_VEC_FOREACH (v, &result->images) {
        free(v->image);
        free(v->repository);
        lab_error_clear(&v->error);
    }
    lab_vec_clear(&result->images);
    result->failed = 0;
}
