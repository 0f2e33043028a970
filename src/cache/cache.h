/* Images that all labs of a user share, by content, in LABCTL_HOME/images:
 *
 *   SHA256-NAME       an image as it came, called NAME; a second name is a hard link
 *   SHA256.vmdk, .raw what was made of the image with that digest, wherever that one is
 *   SHA256.vmdk.sum   "DIGEST  SHA256.vmdk", as sha256sum -c wants it
 *   SHA256.used       as old as the last use by a lab
 *   *.part, *.lock    unfinished, and who works on it; the next command that changes the cache
 * removes those whose maker is gone
 *
 * The files are all there is: no index can disagree with them. Everything may block (worker
 * threads) and may be done by several labctl at once. Errors: LAB_HOST, LAB_CANCELLED, and what is
 * said. */
#ifndef LAB_CACHE_CACHE_H
#define LAB_CACHE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/vec.h"
#include "disk/disk.h"

#define LAB_CACHE_DIGITS 12 /* of a digest: enough to name an image by */

typedef void lab_cache_progress(void *arg, uint64_t done, uint64_t total);

struct lab_cached_made {
    char *path; /* NULL: not there */
    uint64_t bytes;
};
/* One name of one image. */
struct lab_cached {
    char sha256[LAB_SHA256_HEX];
    char *name, *path; /* NULL: not in the cache; something made of it is */
    uint64_t bytes;
    struct lab_cached_made vmdk, raw;
    int64_t used_ms; /* wall clock; 0: no lab has used it */
};
struct lab_cache {
    LAB_VEC(struct lab_cached) list; /* by name */
};
#define LAB_AUTO_CACHE LAB_CLEANUP(lab_cache_clear)

char *lab_cache_dir(void); /* caller frees */
int lab_cache_read(struct lab_cache *out, struct lab_error *err) LAB_MUST_CHECK;
void lab_cache_clear(struct lab_cache *cache);

/* By its name, or by at least LAB_CACHE_DIGITS digits of its digest. NULL: there is none. */
const struct lab_cached *lab_cache_find(const struct lab_cache *cache, const char *name);
const struct lab_cached *lab_cache_by_digest(const struct lab_cache *cache, const char *sha256);
/* The nearest name, or NULL; borrowed. */
const char *lab_cache_nearest(const struct lab_cache *cache, const char *name);

bool lab_cache_is_name(const char *name);
/* A name for what comes from this path or URL: its last part without ".qcow2" and the like. */
char *lab_cache_name_for(const char *source);

/* --- add.c -------------------------------------------------------------------------------------
 */

/* A place for one new image. _begin() waits for another labctl that brings one of the same name;
 * look into the cache again then. */
struct lab_cache_slot;
int lab_cache_begin(struct lab_cache_slot **out,
                    const char *name,
                    struct lab_error *err) LAB_MUST_CHECK;
const char *lab_cache_part(const struct lab_cache_slot *slot); /* where to write it; borrowed */
/* The part is whole, and sha256 is its digest: it becomes SHA256-NAME, in place of a damaged one.
 * Another image of that name: LAB_CONFLICT, or with any_name a longer name. */
int lab_cache_finish(struct lab_cache_slot *slot,
                     const char *sha256,
                     bool any_name,
                     char **path,
                     struct lab_error *err) LAB_MUST_CHECK;
void lab_cache_end(struct lab_cache_slot *slot); /* always; an unfinished part goes. NULL is fine */

/* Another name for an image that is there and sound. The same as before is fine. LAB_CONFLICT: it
 * is another image's. */
int lab_cache_name(const struct lab_cached *image,
                   const char *name,
                   struct lab_error *err) LAB_MUST_CHECK;

/* Removes the *.part whose makers are gone. */
void lab_cache_sweep(void);
/* A lab uses the image with this digest. */
void lab_cache_touch(const char *sha256);

/* --- copy.c ------------------------------------------------------------------------------------
 */

/* Copies a file that must not exist yet and tells the digest of what was written. Shares the blocks
 * where the file system can, else leaves out holes. target NULL: only the digest. */
int lab_cache_copy(const char *source,
                   const char *target,
                   char sha256[LAB_SHA256_HEX],
                   lab_cache_progress *progress,
                   void *arg,
                   struct lab_error *err) LAB_MUST_CHECK;

/* --- make.c ------------------------------------------------------------------------------------
 */

/* The image as a VMDK or raw disk (LAB_DISK_TO_RAW, _VMDK), converted unless it is there and sound.
 * LAB_INTEGRITY: the source does not have the digest. */
int lab_cache_make(const char *source,
                   const char *sha256,
                   enum lab_disk_target target,
                   lab_cache_progress *progress,
                   void *arg,
                   char **path,
                   struct lab_error *err) LAB_MUST_CHECK;
/* Reads what was made to its end: *sound. Whatever is not can be made again, and is removed. */
int lab_cache_check_made(const struct lab_cached_made *made,
                         bool *sound,
                         lab_cache_progress *progress,
                         void *arg,
                         struct lab_error *err) LAB_MUST_CHECK;

/* --- remove.c ----------------------------------------------------------------------------------
 */

/* One name; with an image's last one, what was made of it too. LAB_CONFLICT: another labctl works
 * on it. */
int lab_cache_remove(const struct lab_cached *image, struct lab_error *err) LAB_MUST_CHECK;

#endif
