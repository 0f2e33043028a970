/* SHA256SUMS of a bundle: "64 digits, two blanks, path, LF" for every file except itself and its
 * signature, sorted by the bytes of the paths. `sha256sum -c` reads it, and so do the guest
 * (seeds/guest/copy-payload) and the payload ISO (media/payload.c). */
#ifndef LAB_BUNDLE_SUMS_H
#define LAB_BUNDLE_SUMS_H

#include <stdbool.h>

#include "base/crypto.h"
#include "base/str.h"
#include "base/vec.h"

#define LAB_SUMS_NAME      "SHA256SUMS"
#define LAB_SUMS_SIGNATURE "SHA256SUMS.sig"
#define LAB_SUMS_MAX_BYTES (64u << 20)

struct lab_sum {
    char *path;
    char sha256[LAB_SHA256_HEX];
};
struct lab_sums {
    LAB_VEC(struct lab_sum) list;
};
#define LAB_AUTO_SUMS LAB_CLEANUP(lab_sums_clear)

void lab_sums_add(struct lab_sums *sums, const char *path, const char sha256[LAB_SHA256_HEX]);
void lab_sums_sort(struct lab_sums *sums);
void lab_sums_put(struct lab_str *out, const struct lab_sums *sums);
/* Strict: what lab_sums_put() writes and nothing else. NULL, or what is wrong in which line (caller
 * frees); what was read so far stays. */
char *lab_sums_parse(struct lab_sums *out, const char *text, size_t len) LAB_MUST_CHECK;
/* In a sorted list; NULL. */
const struct lab_sum *lab_sums_find(const struct lab_sums *sums, const char *path);
void lab_sums_clear(struct lab_sums *sums);

/* 64 lower-case hexadecimal digits, and nothing behind them. */
bool lab_is_sha256(const char *text);

#endif
