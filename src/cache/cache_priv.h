/* What the files of src/cache share; nobody else includes this. */
#ifndef LAB_CACHE_PRIV_H
#define LAB_CACHE_PRIV_H

#include "cache/cache.h"
#include "platform.h"

#define LAB_CACHE_PART ".part"
#define LAB_CACHE_LOCK ".lock"
#define LAB_CACHE_SUM  ".sum"
#define LAB_CACHE_USED ".used"

/* LABCTL_HOME/images/…; the caller frees. */
char *lab_cache_path(const char *fmt, ...) LAB_PRINTF(1, 2);
int lab_cache_make_dir(struct lab_error *err) LAB_MUST_CHECK;

/* Takes PATH.lock; waits for the labctl that holds it. holder: what this one does, for people. */
int lab_cache_lock(struct plat_lock **out,
                   const char *path,
                   const char *holder,
                   struct lab_error *err) LAB_MUST_CHECK;
/* Removes the lock's file too. */
void lab_cache_unlock(struct plat_lock *lock, const char *path);
/* For moments: whoever gives names or takes them away holds it. */
int lab_cache_lock_names(struct plat_lock **out, struct lab_error *err) LAB_MUST_CHECK;
void lab_cache_unlock_names(struct plat_lock *lock);

/* LAB_CONFLICT: another labctl works on it. */
int lab_cache_remove_made(const struct lab_cached_made *made, struct lab_error *err) LAB_MUST_CHECK;

#endif
