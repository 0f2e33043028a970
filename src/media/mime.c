#include "media/seed_priv.h"

#include <string.h>

#include "base/crypto.h"

#define BOUNDARY_DIGITS 32

/* From the content, so that the same seed gives the same bytes. It cannot occur in a part: base64
 * has no '-'. */
static void boundary_of(const struct lab_mime_part *parts, size_t n, char boundary[LAB_SHA256_HEX])
{
    struct lab_sha256 *hash = lab_sha256_new();
    for (size_t i = 0; i < n; i++) {
        lab_sha256_add(hash, parts[i].type, strlen(parts[i].type) + 1);
        lab_sha256_add(hash, parts[i].bytes, parts[i].len);
        lab_sha256_add(hash, "", 1);
    }
    lab_sha256_end(hash, boundary);
    boundary[BOUNDARY_DIGITS] = '\0';
}

/* Lines of 76, the most that RFC 2045 allows. */
static void put_base64_lines(struct lab_str *out, const char *bytes, size_t n)
{
    enum { PER_LINE = 57 };
    for (size_t i = 0; i < n; i += PER_LINE) {
        lab_put_base64(out, bytes + i, n - i < PER_LINE ? n - i : PER_LINE);
        lab_str_addc(out, '\n');
    }
}

void lab_mime_put(struct lab_str *out, const struct lab_mime_part *parts, size_t n)
{
    char boundary[LAB_SHA256_HEX];
    boundary_of(parts, n, boundary);
    lab_str_addf(out,
                 "Content-Type: multipart/mixed; boundary=\"labctl-%s\"\nMIME-Version: 1.0\n\n",
                 boundary);
    for (size_t i = 0; i < n; i++) {
        lab_str_addf(out,
                     "--labctl-%s\n"
                     "Content-Type: %s; charset=\"utf-8\"\n"
                     "MIME-Version: 1.0\n"
                     "Content-Transfer-Encoding: base64\n"
                     "Content-Disposition: attachment; filename=\"%s\"\n"
                     "%s\n",
                     boundary, parts[i].type, parts[i].filename, parts[i].headers);
        put_base64_lines(out, parts[i].bytes, parts[i].len);
    }
    lab_str_addf(out, "--labctl-%s--\n", boundary);
}
