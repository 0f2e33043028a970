/* The ledger's tables, how a new file is made, and what is said of a file that is not ours. */
#ifndef LAB_STATE_SCHEMA_H
#define LAB_STATE_SCHEMA_H

#include "state/db.h"

/* Makes a whole new ledger at path: at every instant there is none or a complete one, with its id.
 */
int lab_schema_create(const char *path,
                      const char *name,
                      const char *id, /* NULL: a new one */
                      const char *source,
                      struct lab_error *err) LAB_MUST_CHECK;

/* Sound, ours, and of this format: LAB_INTEGRITY (damaged), LAB_CONFLICT (a stranger's database, or
 * written by a newer labctl, which is named). An older format is brought up to date when writable,
 * and else left as it is: who reads a table that came later asks lab_schema_has(). */
int lab_schema_check(struct lab_db *db, bool writable, struct lab_error *err) LAB_MUST_CHECK;

/* false: the file is of a format before this table. */
int lab_schema_has(struct lab_db *db, const char *table, bool *out, struct lab_error *err)
    LAB_MUST_CHECK;

/* Notes in the file which labctl writes to it from now on. */
int lab_schema_sign(struct lab_db *db, struct lab_error *err) LAB_MUST_CHECK;

/* What a killed create or an open ledger leaves beside `path`. The last one is NULL. */
extern const char *const lab_schema_suffixes[];

#endif
