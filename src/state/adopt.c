/* What is done about a ledger that is lost: see the header. */
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "state/internal.h"
#include "state/schema.h"

static bool is_filled(struct lab_db *db)
{
    int64_t n = 0;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    /* What cannot be counted is not known to be nothing. */
    return lab_db_int(db, "SELECT (SELECT count(*) FROM object) + (SELECT count(*) FROM node)", &n,
                      &err) != 0 ||
           n > 0;
}

enum lab_ledger lab_state_peek(const char *lab)
{
    struct lab_state *st = NULL;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_home_of(lab);
    if (!lab_is_label(lab))
        return LAB_LEDGER_REFUSED;
    if (lab_folder_check(dir, &err) == 0 && !lab_folder_has_ledger(dir))
        return LAB_LEDGER_NONE;
    if (lab_state_open(&st, lab, LAB_STATE_READ, NULL, "", &err))
        return err.code == LAB_INTEGRITY ? LAB_LEDGER_DAMAGED : LAB_LEDGER_REFUSED;
    bool filled = is_filled(&st->db);
    lab_state_close(st);
    return filled ? LAB_LEDGER_FILLED : LAB_LEDGER_EMPTY;
}

/* The table of facts is the same in every format. */
static bool has_id(const char *lab, const char *id)
{
    struct lab_db db;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *dir = lab_home_of(lab);
    LAB_AUTOFREE char *path = lab_path_join(dir, LAB_STATE_FILE);
    if (lab_db_open(&db, path, false, &err))
        return false;
    struct lab_query q = lab_query(&db, "SELECT value FROM fact WHERE key='id'");
    LAB_AUTOFREE char *value = lab_query_row(&q) ? lab_query_get_text(&q, 0) : NULL;
    bool same = lab_query_end(&q, &err) == 0 && value && strcmp(value, id) == 0 && is_filled(&db);
    lab_db_close(&db);
    return same;
}

char *lab_state_lab_of_id(const char *id, const char *but)
{
    LAB_CLEANUP(lab_names_clear) struct lab_names names;
    if (lab_state_labs(&names, NULL))
        return NULL;
    LAB_VEC_FOREACH (name, &names.list)
        if ((!but || strcmp(*name, but) != 0) && has_id(*name, id))
            return lab_strdup(*name);
    return NULL;
}

/* --- adopting --------------------------------------------------------------------------------- */

/* The log first: a ledger without it is an older one, and would pass for whole. */
static int move_aside(const char *dir, char **aside, struct lab_error *err)
{
    struct lab_date now = lab_date(plat_wall_ms());
    LAB_AUTOFREE char *name = lab_format(LAB_STATE_ASIDE "%04d%02d%02dT%02d%02d%02dZ", now.year,
                                         now.month, now.day, now.hour, now.minute, now.second);
    LAB_AUTOFREE char *from = lab_path_join(dir, LAB_STATE_FILE);
    LAB_AUTOFREE char *to = lab_path_join(dir, name);
    LAB_AUTOFREE char *log = lab_format("%s-wal", from);
    LAB_AUTOFREE char *log_to = lab_format("%s-wal", to);
    if (lab_file_exists(to))
        return lab_fail(err, LAB_CONFLICT, "cannot move '%s' aside: '%s' is there", from, to);
    if ((lab_file_exists(log) && plat_rename(log, log_to, err)) || plat_rename(from, to, err))
        return -1;
    lab_log("moved the damaged ledger '%s' to '%s'", from, to);
    *aside = lab_steal(&to);
    return 0;
}

static int make_room(struct lab_state *st, char **aside, struct lab_error *err)
{
    switch (lab_state_peek(st->name)) {
    case LAB_LEDGER_NONE:
    case LAB_LEDGER_EMPTY: /* its file is replaced */
        return 0;
    case LAB_LEDGER_DAMAGED:
        return move_aside(st->dir, aside, err);
    case LAB_LEDGER_FILLED:
        lab_fail(err, LAB_CONFLICT, "lab '%s' has a ledger of its own", st->name);
        return lab_error_hint(err, "it knows its VMs: labctl --lab %s status", st->name);
    default:
        return lab_state_load(st, NULL, err) ? -1
                                             : lab_fail(err, LAB_INTERNAL, "a ledger came back");
    }
}

static int adopt(struct lab_state *st,
                 const char *id,
                 const char *source,
                 const char *command,
                 char **aside,
                 struct lab_error *err)
{
    LAB_AUTOFREE char *path = lab_path_join(st->dir, LAB_STATE_FILE);
    if (lab_folder_check(st->dir, err) || plat_mkdirs(st->dir, 0700, err))
        return -1;
    if (lab_folder_lock(&st->lock, st->dir, command, err))
        return lab_error_wrap(err, "lab '%s' is in use", st->name);
    if (lab_folder_check_links(st->dir, err) || make_room(st, aside, err))
        return -1;
    lab_folder_sync(st->dir);
    if (lab_schema_create(path, st->name, id, source, err))
        return -1;
    return lab_state_load(st, source, err);
}

int lab_state_adopt(struct lab_state **out,
                    const char *lab,
                    const char *id,
                    const char *source,
                    const char *command,
                    char **aside,
                    struct lab_error *err)
{
    *out = NULL;
    *aside = NULL;
    if (lab_state_check_name(lab, err))
        return -1;
    struct lab_state *st = lab_alloc(sizeof(*st));
    st->name = lab_strdup(lab);
    st->dir = lab_home_of(lab);
    st->mode = LAB_STATE_CREATE;
    if (adopt(st, id, source, command, aside, err)) {
        lab_state_close(st);
        return -1;
    }
    *out = st;
    return 0;
}

int lab_state_together(struct lab_state *st,
                       int (*fn)(void *arg, struct lab_error *err),
                       void *arg,
                       struct lab_error *err)
{
    if (lab_state_begin(st, true, err))
        return -1;
    return lab_db_end(&st->db, fn(arg, err), err);
}
