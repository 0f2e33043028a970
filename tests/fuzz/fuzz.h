/* What the fuzz targets share. Each gives bytes from libFuzzer to one parser of foreign bytes; the
 * sanitizers watch, and fuzz_check() holds what is known of the answer. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define fuzz_check(holds)                                                                          \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A failure says why, a success says nothing; both in one of the codes that there are. */
static inline void fuzz_answer(int rc, const struct lab_error *err)
{
    fuzz_check(rc == 0 || rc == -1);
    fuzz_check((rc == 0) == (err->code == LAB_OK));
    if (err->code == LAB_INTERNAL)
        fprintf(stderr, "%s\n", err->message);
    fuzz_check(rc == 0 || (err->message && *err->message && err->code != LAB_INTERNAL));
}

/* A copy of exactly that size, NUL-terminated: a step beyond its end is seen. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    return lab_strndup((const char *)data, size);
}

/* Cuts the input at the next NUL, so that one input can be several texts. Caller frees. */
static inline char *fuzz_piece(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size ? memchr(*data, 0, *size) : NULL;
    size_t n = end ? (size_t)(end - *data) : *size;
    char *piece = fuzz_text(*data, n);
    n += end != NULL;
    *data += n;
    *size -= n;
    return piece;
}

/* A folder of this process below TMPDIR, which tests/fuzz/run removes. */
static inline const char *fuzz_folder(void)
{
    static char path[256];
    const char *tmp = getenv("TMPDIR");
    if (!path[0]) {
        snprintf(path, sizeof(path), "%s/fuzz.XXXXXX", tmp ? tmp : "/tmp");
        fuzz_check(mkdtemp(path));
    }
    return path;
}

/* The bytes as a file of that name in the folder; its path, until the next call. */
static inline const char *fuzz_file(const char *name, const void *data, size_t size)
{
    static char path[300];
    snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
    FILE *f = fopen(path, "wb");
    fuzz_check(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
    return path;
}

#endif
