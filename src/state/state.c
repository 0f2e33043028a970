#include "state/state.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "state/internal.h"
#include "state/schema.h"

static int fail_unknown(const char *lab, struct lab_error *err)
{
    lab_fail(err, LAB_USAGE, "there is no lab '%s' on this host", lab);
    LAB_CLEANUP(lab_names_clear) struct lab_names names = {0};
    if (lab_state_labs(&names, NULL) || names.list.len == 0)
        return lab_error_hint(err, "`labctl up` makes one");
    const char *near = lab_nearest(lab, (const char *const *)names.list.items, names.list.len);
    if (near)
        return lab_error_hint(err, "did you mean '%s'? `labctl list` shows all labs", near);
    return lab_error_hint(err, "`labctl list` shows all labs");
}

/* True for two spellings of one file, too: a linked folder, another case on Windows. */
static bool is_same_file(const char *a, const char *b)
{
    struct plat_stat x, y;
    if (strcmp(a, b) == 0)
        return true;
    return plat_stat(a, &x) == 0 && plat_stat(b, &y) == 0 && x.inode && x.inode == y.inode &&
           x.size == y.size && x.mtime_ns == y.mtime_ns;
}

static int check_source(struct lab_state *st, const char *source, struct lab_error *err)
{
    const char *known = lab_state_get(st, "source");
    if (!source || !known || is_same_file(source, known))
        return 0;
    lab_fail(err, LAB_CONFLICT, "lab '%s' was made from '%s', not from '%s'", st->name, known,
             source);
    if (!lab_file_exists(known))
        return lab_error_hint(err,
                              "'%s' is gone: put the file back there, or remove the old lab with "
                              "`labctl teardown --lab %s`",
                              known, st->name);
    return lab_error_hint(err,
                          "give this lab another name, or remove the other one with "
                          "`labctl teardown --lab %s`",
                          st->name);
}

int lab_state_load(struct lab_state *st, const char *source, struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_path_join(st->dir, LAB_STATE_FILE);
    bool writable = st->mode != LAB_STATE_READ;
    struct plat_stat seen;
    if (plat_lstat(path, &seen) == 0 && !seen.is_file) {
        lab_fail(err, LAB_CONFLICT, "'%s' is not a file that labctl made", path);
        return lab_error_hint(err, "move it away, then try again");
    }
    if (lab_db_open(&st->db, path, writable, err) || lab_schema_check(&st->db, writable, err))
        return -1;
    lab_assign(&st->id, lab_state_get(st, "id"));
    if (!st->id)
        return lab_db_fail_damaged(&st->db, "it has lost the lab's id", err);
    if (check_source(st, source, err))
        return -1;
    return writable ? lab_schema_sign(&st->db, err) : 0;
}

/* A folder without ledger is what a killed create or teardown left. Nothing outside it was ever
 * made (the ledger comes first and goes last), so that removing our own files makes it whole again.
 */
static int fail_half_made(struct lab_state *st, struct lab_error *err)
{
    if (lab_folder_remove(st->dir, lab_steal(&st->lock), err))
        return -1;
    return fail_unknown(st->name, err);
}

/* Reaches a locked folder with a ledger, or fails. */
static int
prepare(struct lab_state *st, const char *source, const char *command, struct lab_error *err)
{
    struct plat_stat seen;
    if (lab_folder_check(st->dir, err))
        return -1;
    if (st->mode == LAB_STATE_READ)
        return lab_folder_has_ledger(st->dir) ? 0 : fail_unknown(st->name, err);
    if (st->mode == LAB_STATE_WRITE && plat_lstat(st->dir, &seen))
        return fail_unknown(st->name, err);
    if (st->mode == LAB_STATE_CREATE && plat_mkdirs(st->dir, 0700, err))
        return -1;
    if (lab_folder_lock(&st->lock, st->dir, command, err))
        return err && err->code == LAB_CONFLICT
                   ? lab_error_wrap(err, "lab '%s' is in use", st->name)
                   : -1;
    if (lab_folder_check_links(st->dir, err))
        return -1;
    if (lab_folder_has_ledger(st->dir))
        return 0;
    if (st->mode == LAB_STATE_WRITE)
        return fail_half_made(st, err);
    lab_folder_sync(st->dir);
    LAB_AUTOFREE char *path = lab_path_join(st->dir, LAB_STATE_FILE);
    return lab_schema_create(path, st->name, NULL, source, err);
}

int lab_state_check_name(const char *lab, struct lab_error *err)
{
    if (lab_is_label(lab))
        return 0;
    lab_fail(err, LAB_USAGE, "'%s' is not a name of a lab", lab);
    return lab_error_hint(err, "use a-z, 0-9 and '-', at most 63, not '-' at either end");
}

int lab_state_open(struct lab_state **out,
                   const char *lab,
                   enum lab_state_mode mode,
                   const char *source,
                   const char *command,
                   struct lab_error *err)
{
    *out = NULL;
    if (lab_state_check_name(lab, err))
        return -1;
    if (mode == LAB_STATE_CREATE && !source)
        return lab_fail(err, LAB_INTERNAL, "lab '%s' cannot be made without its lab.yaml", lab);
    struct lab_state *st = lab_alloc(sizeof(*st));
    st->name = lab_strdup(lab);
    st->dir = lab_home_of(lab);
    st->mode = mode;
    if (prepare(st, source, command, err) || lab_state_load(st, source, err)) {
        lab_state_close(st);
        return -1;
    }
    *out = st;
    return 0;
}

/* Everything but the lock. */
static void release(struct lab_state *st)
{
    lab_db_close(&st->db);
    LAB_VEC_FOREACH (fact, &st->facts) {
        free(fact->key);
        free(fact->value);
    }
    lab_vec_clear(&st->facts);
    free(st->name);
    free(st->dir);
    free(st->id);
    free(st);
}

void lab_state_close(struct lab_state *st)
{
    if (!st)
        return;
    struct plat_lock *lock = st->lock;
    release(st);
    plat_lock_drop(lock);
}

int lab_state_destroy(struct lab_state *st, struct lab_error *err)
{
    if (!st->lock) {
        lab_fail(err, LAB_INTERNAL, "lab '%s' cannot be removed: opened for reading", st->name);
        lab_state_close(st);
        return -1;
    }
    LAB_AUTOFREE char *dir = lab_strdup(st->dir);
    if (lab_folder_empty(dir, err)) {
        lab_state_close(st);
        return -1;
    }
    struct plat_lock *lock = st->lock;
    release(st);
    return lab_folder_remove(dir, lock, err);
}

const char *lab_state_id(const struct lab_state *st)
{
    return st->id;
}

const char *lab_state_name(const struct lab_state *st)
{
    return st->name;
}

const char *lab_state_dir(const struct lab_state *st)
{
    return st->dir;
}

int lab_state_begin(struct lab_state *st, bool durable, struct lab_error *err)
{
    if (st->mode == LAB_STATE_READ)
        return lab_fail(err, LAB_INTERNAL, "the ledger of lab '%s' was opened for reading",
                        st->name);
    return lab_db_begin(&st->db, durable, err);
}

static struct lab_fact *fact_of(struct lab_state *st, const char *key)
{
    LAB_VEC_FOREACH (fact, &st->facts)
        if (strcmp(fact->key, key) == 0)
            return fact;
    struct lab_fact *fact = lab_vec_push(&st->facts);
    fact->key = lab_strdup(key);
    return fact;
}

const char *lab_state_get(struct lab_state *st, const char *key)
{
    struct lab_fact *fact = fact_of(st, key);
    struct lab_query q = lab_query(&st->db, "SELECT value FROM fact WHERE key=?");
    lab_query_text(&q, key);
    LAB_AUTOFREE char *value = lab_query_row(&q) ? lab_query_get_text(&q, 0) : NULL;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (lab_query_end(&q, &err)) {
        lab_log("%s", err.message);
        return NULL;
    }
    lab_assign(&fact->value, value);
    return fact->value;
}

static int put_fact(struct lab_state *st, const char *key, const char *value, struct lab_error *err)
{
    struct lab_query q =
        lab_query(&st->db, value ? "INSERT OR REPLACE INTO fact(key, value) VALUES(?, ?)"
                                 : "DELETE FROM fact WHERE key=?");
    lab_query_text(&q, key);
    if (value)
        lab_query_text(&q, value);
    return lab_query_run(&q, err);
}

int lab_state_set(struct lab_state *st, const char *key, const char *value, struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    return lab_db_end(&st->db, put_fact(st, key, value, err), err);
}
