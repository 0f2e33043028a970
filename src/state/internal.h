/* What the files of src/state/ share; nobody else includes this. */
#ifndef LAB_STATE_INTERNAL_H
#define LAB_STATE_INTERNAL_H

#include "base/vec.h"
#include "platform.h"
#include "state/db.h"
#include "state/state.h"

struct lab_fact {
    char *key, *value;
};

struct lab_state {
    char *name, *dir, *id;
    enum lab_state_mode mode;
    struct lab_db db;
    struct plat_lock *lock;         /* NULL for READ */
    LAB_VEC(struct lab_fact) facts; /* what lab_state_get() has lent */
    int64_t run;                    /* the open run, 0: none */
    uint64_t run_began_ms;          /* monotonic: the wall clock may jump during a run */
};

/* lab_db_begin() that refuses a ledger opened for reading. */
int lab_state_begin(struct lab_state *st, bool durable, struct lab_error *err) LAB_MUST_CHECK;

/* Fills an allocated state whose folder, mode and lock are set. */
int lab_state_load(struct lab_state *st, const char *source, struct lab_error *err) LAB_MUST_CHECK;
/* LAB_INTEGRITY when it is not a name of a node: somebody else wrote it. */
int lab_state_check_node(const struct lab_state *st,
                         const char *name,
                         struct lab_error *err) LAB_MUST_CHECK;
/* LAB_USAGE when it is not a name of a lab. */
int lab_state_check_name(const char *lab, struct lab_error *err) LAB_MUST_CHECK;

/* --- digest.c: LABCTL_HOME/digests.db, of all labs, disposable ----------------------------------
 */

char *lab_cache_db_path(void); /* caller frees */
/* Creates it when it is missing and writable. */
int lab_cache_db_open(struct lab_db *db, const char *path, bool writable, struct lab_error *err)
    LAB_MUST_CHECK;

/* --- folder.c: the lab's folder and who holds it ------------------------------------------------
 */

#define LAB_STATE_FILE  "state.db"
#define LAB_STATE_ASIDE LAB_STATE_FILE ".damaged-" /* and the time */
#define LAB_STATE_LOCK  "lock"

/* Refuses a symbolic link, or anything else that is not a folder. Missing is fine. */
int lab_folder_check(const char *dir, struct lab_error *err) LAB_MUST_CHECK;
/* Refuses a folder in which anything but the ledger is a symbolic link: keys, media and what
 * teardown removes would be elsewhere. */
int lab_folder_check_links(const char *dir, struct lab_error *err) LAB_MUST_CHECK;
/* Makes the folder's own place in LABCTL_HOME durable, as far as the system can. */
void lab_folder_sync(const char *dir);
bool lab_folder_has_ledger(const char *dir);
/* Takes the lock of an existing folder. LAB_CONFLICT names the holder. */
int lab_folder_lock(struct plat_lock **out,
                    const char *dir,
                    const char *command,
                    struct lab_error *err) LAB_MUST_CHECK;
/* Removes everything but the ledger, those that were moved aside, and the lock. */
int lab_folder_empty(const char *dir, struct lab_error *err) LAB_MUST_CHECK;
/* Removes the ledger's files, the lock and the folder, in an order that can be repeated after a
 * kill at any point; drops the lock. Files of others are never touched: the folder stays then. */
int lab_folder_remove(const char *dir,
                      struct plat_lock *lock,
                      struct lab_error *err) LAB_MUST_CHECK;

#endif
