/* Bytes of a blob as they are sent, checked on the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "oci/source_priv.h"

#define BLOCK ((size_t)256 << 10)

struct lab_blob_reader {
    const struct lab_source *source;
    const struct lab_blob *blob;
    struct lab_span span;
    uint64_t at; /* of the span */
    struct lab_sha256 *sent, *plain;
    struct lab_squeeze *squeeze; /* a plain layer */
    struct lab_stretch *stretch; /* a packed one: unpacked beside, to see what it is */
    unsigned char *block;
    size_t from, to; /* of block, not packed yet */
    uint64_t size;   /* sent */
    bool ended;
    char digest[LAB_DIGEST_TEXT];
};

static int choose(struct lab_blob_reader *r, struct lab_error *err)
{
    unsigned char magic[4] = "";
    size_t got;
    if (!*r->blob->diff_id)
        return 0;
    r->plain = lab_sha256_new();
    if (lab_span_read(&r->span, r->source->path, 0, magic, sizeof(magic), &got, err))
        return -1;
    if (memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0) {
        lab_fail(err, LAB_USAGE,
                 "layer '%s' in '%s' is packed by zstd, which Docker's manifests do not have",
                 r->blob->file, r->source->path);
        return lab_error_hint(
            err, "make an OCI layout of it: skopeo copy docker-archive:FILE oci:FOLDER:NAME");
    }
    if (memcmp(magic, "\x1f\x8b", 2) == 0) {
        r->stretch = lab_stretch_new();
        return 0;
    }
    r->squeeze = lab_squeeze_new();
    r->block = lab_alloc(BLOCK);
    return 0;
}

int lab_blob_open(struct lab_blob_reader **out,
                  const struct lab_source *source,
                  size_t blob,
                  struct lab_error *err)
{
    struct lab_blob_reader *r = lab_alloc(sizeof(*r));
    r->source = source;
    r->blob = &source->blobs.items[blob];
    r->span.fd = -1;
    r->sent = lab_sha256_new();
    if (lab_source_files_find(source->files, r->blob->file, &r->span, err) || choose(r, err)) {
        lab_blob_close(r);
        return -1;
    }
    *out = r;
    return 0;
}

static void drop(struct lab_sha256 *hash)
{
    char hex[LAB_SHA256_HEX];
    if (hash)
        lab_sha256_end(hash, hex);
}

void lab_blob_close(struct lab_blob_reader *r)
{
    if (!r)
        return;
    lab_span_close(&r->span);
    drop(r->sent);
    drop(r->plain);
    lab_squeeze_free(r->squeeze);
    lab_stretch_free(r->stretch);
    free(r->block);
    free(r);
}

static int damaged(const struct lab_blob_reader *r, const char *hex, struct lab_error *err)
{
    const char *wanted = *r->blob->diff_id ? r->blob->diff_id : r->blob->digest;
    lab_fail(err, LAB_INTEGRITY, "'%s' in '%s' is damaged: its SHA-256 is %s and should be %s",
             r->blob->file, r->source->path, hex, wanted + 7);
    return lab_error_hint(err, "copy '%s' again from where it came", r->source->path);
}

/* All was read: is it what it should be? */
static int check(struct lab_blob_reader *r, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    if (*r->blob->diff_id) {
        lab_sha256_end(lab_steal(&r->plain), hex);
        return strcmp(hex, r->blob->diff_id + 7) != 0 ? damaged(r, hex, err) : 0;
    }
    lab_sha256_end(lab_steal(&r->sent), hex);
    snprintf(r->digest, sizeof(r->digest), "sha256:%s", hex);
    return strcmp(r->digest, r->blob->digest) != 0 ? damaged(r, hex, err) : 0;
}

static void add_plain(void *arg, const void *bytes, size_t n)
{
    lab_sha256_add(arg, bytes, n);
}

static int stretch(struct lab_blob_reader *r, const void *bytes, size_t n, struct lab_error *err)
{
    bool good = lab_stretch_some(r->stretch, bytes, n, add_plain, r->plain);
    if (good && (r->at < r->span.size || lab_stretch_ended(r->stretch)))
        return 0;
    return lab_fail(err, LAB_INTEGRITY, "'%s' in '%s' is damaged: it cannot be unpacked",
                    r->blob->file, r->source->path);
}

static int
read_as_is(struct lab_blob_reader *r, void *bytes, size_t n, size_t *got, struct lab_error *err)
{
    if (lab_span_read(&r->span, r->source->path, r->at, bytes, n, got, err))
        return -1;
    r->at += *got;
    lab_sha256_add(r->sent, bytes, *got);
    if (r->stretch && *got > 0 && stretch(r, bytes, *got, err))
        return -1;
    r->ended = r->at == r->span.size;
    return r->ended ? check(r, err) : 0;
}

static int refill(struct lab_blob_reader *r, struct lab_error *err)
{
    r->from = 0;
    if (lab_span_read(&r->span, r->source->path, r->at, r->block, BLOCK, &r->to, err))
        return -1;
    r->at += r->to;
    lab_sha256_add(r->plain, r->block, r->to);
    return r->at == r->span.size ? check(r, err) : 0;
}

static int
read_packed(struct lab_blob_reader *r, void *bytes, size_t n, size_t *got, struct lab_error *err)
{
    *got = 0;
    if (r->span.size == 0 && r->plain && check(r, err))
        return -1;
    while (*got < n && !r->ended) {
        if (r->from == r->to && r->at < r->span.size && refill(r, err))
            return -1;
        size_t in = r->to - r->from, out = n - *got;
        r->ended = lab_squeeze_some(r->squeeze, r->block + r->from, &in, (char *)bytes + *got, &out,
                                    r->at == r->span.size);
        r->from += in;
        *got += out;
    }
    lab_sha256_add(r->sent, bytes, *got);
    return 0;
}

int lab_blob_read(
    struct lab_blob_reader *r, void *bytes, size_t n, size_t *got, struct lab_error *err)
{
    *got = 0;
    if (r->ended)
        return 0;
    if ((r->squeeze ? read_packed : read_as_is)(r, bytes, n, got, err))
        return -1;
    r->size += *got;
    return 0;
}

uint64_t lab_blob_taken(const struct lab_blob_reader *r)
{
    return r->at;
}

void lab_blob_sum(struct lab_blob_reader *r, char digest[LAB_DIGEST_TEXT], uint64_t *size)
{
    char hex[LAB_SHA256_HEX];
    if (r->sent) {
        lab_sha256_end(lab_steal(&r->sent), hex);
        snprintf(r->digest, sizeof(r->digest), "sha256:%s", hex);
    }
    memcpy(digest, r->digest, LAB_DIGEST_TEXT);
    *size = r->size;
}
