/* The lists of a bundle, its signature, and its name. */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "bundle/create_priv.h"
#include "bundle/sums.h"
#include "pki/sign.h"
#include "platform.h"

void lab_create_add(struct lab_create *c,
                    const char *path,
                    const char *role,
                    unsigned mode,
                    uint64_t size,
                    const char sha256[LAB_SHA256_HEX])
{
    struct lab_bundle_file *f = lab_vec_push(&c->manifest.files);
    f->path = lab_strdup(path);
    f->role = lab_strdup(role);
    f->mode = mode;
    f->size = size;
    memcpy(f->sha256, sha256, LAB_SHA256_HEX);
}

static int write_file(struct lab_create *c,
                      const char *path,
                      const struct lab_str *text,
                      char hex[LAB_SHA256_HEX],
                      struct lab_error *err)
{
    LAB_AUTOFREE char *full = lab_create_path(c, path, err);
    lab_sha256_hex(lab_str_get(text), text->len, hex);
    return full ? lab_file_replace(full, lab_str_get(text), text->len, 0644, err) : -1;
}

int lab_create_write(struct lab_create *c,
                     const char *path,
                     const char *role,
                     const struct lab_str *text,
                     struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    if (write_file(c, path, text, hex, err) < 0)
        return -1;
    lab_create_add(c, path, role, 0644, text->len, hex);
    return 0;
}

/* --- what is needed of a node ----------------------------------------------------------------- */

/* An estimate, on the safe side: the copy of the bundle; archives once more in agent/images and
 * then unpacked in containerd's store (layers are about three times what zstd makes of them);
 * packages once more in apt's cache and about three times that installed. */
static uint64_t min_free(const struct lab_manifest *m)
{
    uint64_t need = 0;
    LAB_VEC_FOREACH (f, &m->files) {
        bool images =
            strcmp(f->role, LAB_FILE_K3S_IMAGES) == 0 || strcmp(f->role, LAB_FILE_IMAGES) == 0;
        uint64_t times = !images && strcmp(f->role, LAB_FILE_DEB) != 0 ? 1
                         : lab_ends_with(f->path, ".tar")              ? 3
                                                                       : 5;
        need += strcmp(f->role, LAB_FILE_K3S_BINARY) == 0 ? 2 * f->size : times * f->size;
    }
    return need;
}

/* --- lists ------------------------------------------------------------------------------------ */

static int write_lists(struct lab_create *c, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str stamp = LAB_STR_INIT, text = LAB_STR_INIT, list = LAB_STR_INIT;
    LAB_AUTO_SUMS struct lab_sums sums = {{0}};
    char hex[LAB_SHA256_HEX];
    c->manifest.created = plat_wall_ms() / 1000;
    lab_str_addf(&stamp, "EPOCH_SECONDS=%" PRId64 "\n", c->manifest.created);
    if (lab_create_write(c, LAB_TIMESTAMP_NAME, LAB_FILE_TIMESTAMP, &stamp, err) < 0)
        return -1;
    c->manifest.min_free_bytes = min_free(&c->manifest);
    lab_manifest_put(&text, &c->manifest);
    if (write_file(c, LAB_MANIFEST_NAME, &text, hex, err) < 0)
        return -1;
    lab_sums_add(&sums, LAB_MANIFEST_NAME, hex);
    LAB_VEC_FOREACH (f, &c->manifest.files)
        lab_sums_add(&sums, f->path, f->sha256);
    lab_sums_sort(&sums);
    lab_sums_put(&list, &sums);
    return write_file(c, LAB_SUMS_NAME, &list, hex, err);
}

static bool is_listed(const void *manifest, const char *path)
{
    return strcmp(path, LAB_MANIFEST_NAME) == 0 || strcmp(path, LAB_SUMS_NAME) == 0 ||
           lab_manifest_find(manifest, path);
}

static int sign(struct lab_create *c, struct lab_error *err)
{
    unsigned char signature[LAB_SIGNATURE_LEN];
    LAB_AUTOFREE char *sums = lab_path_join(c->dir.part, LAB_SUMS_NAME);
    LAB_AUTOFREE char *sig = lab_path_join(c->dir.part, LAB_SUMS_SIGNATURE);
    if (!c->job->key)
        return 0;
    return lab_sign_file(c->job->key, sums, signature, err) < 0
               ? -1
               : lab_file_replace(sig, signature, sizeof(signature), 0644, err);
}

/* What reached the disk, read again: better here than behind the gap. */
static int verify(struct lab_create *c, struct lab_error *err)
{
    LAB_AUTO_CHECK struct lab_bundle_check check = {.dir = c->dir.part};
    return lab_bundle_verify(&check, err) < 0 ? -1 : lab_bundle_judge(&check, err);
}

int lab_create_seal(struct lab_create *c, struct lab_error *err)
{
    /* Other files are left over from a run with another bundle.yaml. */
    if (write_lists(c, err) < 0 || lab_part_clean(&c->dir, is_listed, &c->manifest, err) < 0 ||
        sign(c, err) < 0 || lab_part_finish(&c->dir, err) < 0 || verify(c, err) < 0)
        return -1;
    c->job->files = c->manifest.files.len;
    c->job->bytes = lab_manifest_bytes(&c->manifest);
    return 0;
}
