/* Files of the lab that are text: lab.yaml, logs, consoles; of the rest names and sizes. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/time.h"
#include "platform.h"
#include "run/support_priv.h"

enum {
    YAML_BYTES = 1024 * 1024,
    CONSOLE_BYTES = 4 * 1024 * 1024,
    LOG_BYTES = 8 * 1024 * 1024,
    LISTED = 2000,
    DEPTH = 3
};

void lab_support_yaml(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (!s->yaml)
        lab_support_lack(s, "lab.yaml", "its place is not known");
    else if (!lab_file_exists(s->yaml))
        lab_support_lack(s, "lab.yaml", "it is not there");
    else if (lab_file_read(s->yaml, YAML_BYTES, &text, &err))
        lab_support_lack_error(s, "lab.yaml", &err);
    lab_support_put(s, "lab.yaml", "the description of the lab", lab_str_get(&text), text.len);
}

/* --- logs ---------------------------------------------------------------------------------------
 */

/* A serial line has NULs of a machine that was reset; nothing else of a console is lost by this. */
static void drop_nuls(struct lab_str *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++)
        if (text->ptr[i])
            text->ptr[n++] = text->ptr[i];
    lab_str_truncate(text, n);
}

static void
put_log(struct lab_support *s, const char *path, size_t most, const char *name, const char *about)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    struct plat_stat st;
    if (plat_lstat(path, &st) != 0) {
        lab_support_lack(s, name, "there is none");
        return;
    }
    if (st.is_file)
        lab_file_tail(path, most, &text);
    if (!st.is_file || (st.size && !text.len))
        lab_support_lack(s, name, "it cannot be read, or is no file");
    if (st.size > most) {
        LAB_AUTOFREE char *cut =
            lab_format(lab_tr("the first %llu of %llu bytes were left out"),
                       (unsigned long long)(st.size - text.len), (unsigned long long)st.size);
        lab_support_lack(s, name, cut);
    }
    drop_nuls(&text);
    lab_support_put(s, name, about, lab_str_get(&text), text.len);
}

static int put_console(void *arg, const char *file)
{
    struct lab_support *s = arg;
    LAB_AUTOFREE char *name = lab_format("console/%s", file);
    LAB_AUTOFREE char *path = lab_path_join(s->home, name);
    put_log(s, path, CONSOLE_BYTES, name, "serial console of that node");
    return 0;
}

/* --- names --------------------------------------------------------------------------------------
 */

struct listing {
    struct lab_str out;
    char *dir;
    unsigned depth;
    size_t n;
};

static int list_one(void *arg, const char *name)
{
    struct listing *l = arg;
    LAB_AUTO_STR struct lab_str at = LAB_STR_INIT;
    LAB_AUTOFREE char *path = lab_path_join(l->dir, name);
    struct plat_stat st;
    if (plat_lstat(path, &st) != 0)
        return 0;
    lab_put_time(&at, st.mtime_ns / 1000000);
    lab_str_addf(&l->out, "%s %04o %14llu %s %s\n",
                 st.is_dir    ? "d"
                 : st.is_link ? "l"
                              : "-",
                 st.mode & 07777, (unsigned long long)st.size, lab_str_get(&at), path);
    if (++l->n >= LISTED)
        return 1;
    if (!st.is_dir || l->depth >= DEPTH)
        return 0;
    char *above = l->dir;
    l->dir = path;
    l->depth++;
    int rc = plat_list_dir(path, list_one, l, NULL);
    l->depth--;
    l->dir = above;
    return rc < 0 ? 0 : l->n >= LISTED;
}

static void put_names(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct listing l = {.out = LAB_STR_INIT, .dir = s->home};
    if (plat_list_dir(s->home, list_one, &l, &err))
        lab_support_lack_error(s, "files.txt", &err);
    lab_support_put(s, "files.txt", "names, modes and sizes in the lab's folder",
                    lab_str_get(&l.out), l.out.len);
    lab_str_clear(&l.out);
}

void lab_support_files(struct lab_support *s)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct plat_stat st;
    if (!s->home || plat_lstat(s->home, &st) != 0 || !st.is_dir) {
        lab_support_lack(s, "labctl.log, console/", "the lab was never made here, or is gone");
        return;
    }
    LAB_AUTOFREE char *log = lab_path_join(s->home, "labctl.log");
    LAB_AUTOFREE char *consoles = lab_path_join(s->home, "console");
    LAB_AUTOFREE char *registry = lab_path_join(s->home, "registry/registry.log");
    put_log(s, log, LOG_BYTES, "labctl.log", "labctl's own log: children and their ends");
    if (plat_lstat(consoles, &st) != 0 || !st.is_dir)
        lab_support_lack(s, "console/", "there is none");
    else if (plat_list_dir(consoles, put_console, s, &err))
        lab_support_lack_error(s, "console/", &err);
    if (plat_lstat(registry, &st) == 0)
        put_log(s, registry, LOG_BYTES, "registry.log", "log of labctl's own registry");
    put_names(s);
}
