#include <stdlib.h>
#include <zlib.h>

#include "oci/source_priv.h"

/* Fast: the way to the lab's registry is short. Fixed, as are the other settings, so that the same
 * layer gets the same digest again. */
#define LEVEL 3
#define GZIP  (MAX_WBITS + 16)
#define ROOM  ((size_t)64 << 10)

struct lab_squeeze {
    z_stream z;
    gz_header header;
};

struct lab_stretch {
    z_stream z;
    bool inside; /* of a member */
    bool any;    /* a whole member was seen */
    unsigned char room[ROOM];
};

struct lab_squeeze *lab_squeeze_new(void)
{
    struct lab_squeeze *s = lab_alloc(sizeof(*s));
    s->header.os = 255; /* unknown; zlib's own word differs between systems */
    if (deflateInit2(&s->z, LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflateSetHeader(&s->z, &s->header) != Z_OK)
        abort(); /* only without memory */
    return s;
}

void lab_squeeze_free(struct lab_squeeze *s)
{
    if (s)
        deflateEnd(&s->z);
    free(s);
}

bool lab_squeeze_some(
    struct lab_squeeze *s, const void *in, size_t *in_len, void *out, size_t *out_len, bool end)
{
    s->z.next_in = (unsigned char *)(uintptr_t)in;
    s->z.avail_in = (unsigned)*in_len;
    s->z.next_out = out;
    s->z.avail_out = (unsigned)*out_len;
    int rc = deflate(&s->z, end ? Z_FINISH : Z_NO_FLUSH);
    *in_len -= s->z.avail_in;
    *out_len -= s->z.avail_out;
    return rc == Z_STREAM_END;
}

struct lab_stretch *lab_stretch_new(void)
{
    struct lab_stretch *s = lab_alloc(sizeof(*s));
    if (inflateInit2(&s->z, GZIP) != Z_OK)
        abort();
    return s;
}

void lab_stretch_free(struct lab_stretch *s)
{
    if (s)
        inflateEnd(&s->z);
    free(s);
}

bool lab_stretch_some(struct lab_stretch *s,
                      const void *in,
                      size_t n,
                      void (*fn)(void *arg, const void *bytes, size_t n),
                      void *arg)
{
    s->z.next_in = (unsigned char *)(uintptr_t)in;
    s->z.avail_in = (unsigned)n;
    do {
        s->z.next_out = s->room;
        s->z.avail_out = ROOM;
        s->inside = s->inside || s->z.avail_in > 0;
        int rc = inflate(&s->z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return false;
        fn(arg, s->room, ROOM - s->z.avail_out);
        if (rc == Z_STREAM_END) {
            s->inside = false;
            s->any = true;
            inflateReset(&s->z);
        }
    } while (s->z.avail_in > 0 || s->z.avail_out == 0);
    return true;
}

bool lab_stretch_ended(const struct lab_stretch *s)
{
    return s->any && !s->inside;
}
