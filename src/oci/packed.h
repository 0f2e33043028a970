/* Which packed layer stands for which plain one: digests that packing gave, kept in a file, so that
 * a second push can ask the registry before it packs anything. Any entry is as good as another: all
 * unpack to the same layer. Safe from any thread. */
#ifndef LAB_OCI_PACKED_H
#define LAB_OCI_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "oci/ref.h"

struct lab_packed;

/* path NULL: only as long as the process. A file that cannot be read is as an empty one. */
struct lab_packed *lab_packed_open(const char *path);
void lab_packed_close(struct lab_packed *packed); /* NULL is fine */
bool lab_packed_get(struct lab_packed *packed,
                    const char *diff_id,
                    char digest[LAB_DIGEST_TEXT],
                    uint64_t *size);
/* Written to the file at once; what cannot be written goes to the log. */
void lab_packed_put(struct lab_packed *packed,
                    const char *diff_id,
                    const char *digest,
                    uint64_t size);

#endif
