/* From this host to a guest. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/io.h"
#include "base/text.h"
#include "platform.h"
#include "run/copy_priv.h"

enum { SMALL = 1 << 20 }; /* sent whole without asking what is there */

struct sending {
    const struct lab_copier *copier;
    const char *from;
    int fd;
    uint64_t size, at;
};

/* Where a source goes, as `cp` has it. $1 target, $2 name of the source, $3 "folder" when the
 * target must be one, $4 "tree" to make it. */
static const char place_script[] =
    "t=$1\n"
    "case $3$t in folder*|*/) [ -d \"$t\" ] || { echo \"'$t' is no folder\" >&2; exit 12; } ;; esac\n"
    "[ ! -d \"$t\" ] || t=${t%/}/$2\n"
    "if [ \"$4\" = tree ]; then\n"
    "  [ ! -L \"$t\" ] || { echo \"'$t' is a symbolic link\" >&2; exit 12; }\n"
    "  mkdir -p -- \"$t\" || exit 1\n"
    "elif [ -d \"$t\" ]; then echo \"'$t' is a folder\" >&2; exit 12; fi\n"
    "printf %s \"$t\"";

/* What there is of it. $1 target, $2 size, $3 SHA-256. "there", or size and SHA-256 of the part. */
static const char look_script[] =
    "p=$1" LAB_COPY_PART "\n"
    "if [ -f \"$1\" ] && [ \"$(stat -L -c %s -- \"$1\")\" = \"$2\" ]; then\n"
    "  h=$(sha256sum <\"$1\") && [ \"${h%% *}\" = \"$3\" ] && echo there && exit\n"
    "fi\n"
    "[ -f \"$p\" ] && [ ! -L \"$p\" ] || exit 0\n"
    "stat -c %s -- \"$p\" && sha256sum <\"$p\"";

/* $1 target, $2 offset, $3 size, $4 SHA-256, $5 mode, $6 time. The lock goes with the last process
 * that could still write: an earlier copy's, whose connection broke unseen. */
static const char put_script[] =
    "set -e; umask 077; p=$1" LAB_COPY_PART "\n"
    "[ ! -L \"$p\" ] || { echo \"'$p' is a symbolic link\" >&2; exit 1; }\n"
    "exec 9>>\"$p\"\n"
    "if command -v flock >/dev/null; then flock -w 5 9 ||\n"
    "  { echo \"another copy writes '$p'\" >&2; exit 11; }; fi\n"
    "truncate -s \"$2\" -- \"$p\"\n"
    "head -c \"$(($3 - $2))\" >&9\n"
    "[ \"$(stat -c %s -- \"$p\")\" = \"$3\" ] || { echo \"'$p' is not complete\" >&2; exit 1; }\n"
    "h=$(sha256sum <\"$p\")\n"
    "[ \"${h%% *}\" = \"$4\" ] || { rm -f -- \"$p\"; echo \"the SHA-256 of '$1' differs\" >&2; exit 10; }\n"
    "[ ! -e \"$1\" ] || chown --reference=\"$1\" -- \"$p\" 2>/dev/null || :\n"
    "chmod \"$5\" -- \"$p\"; touch -d \"@$6\" -- \"$p\"; sync -- \"$p\"\n"
    "mv -fT -- \"$p\" \"$1\"";

/* Folders of a tree: names on stdin, each with a NUL behind it; $1 the target. */
static const char folders_script[] =
    "cd -- \"$1\" && xargs -0 sh -c 'for d; do [ ! -L \"$d\" ] ||\n"
    "  { echo \"$d is a symbolic link\" >&2; exit 1; }; mkdir -p -- \"$d\" || exit 1; done' sh";

/* --- one file -----------------------------------------------------------------------------------
 */

static int64_t feed(struct lab_copy_call *call, void *bytes, size_t n, struct lab_error *err)
{
    struct sending *s = call->arg;
    const struct lab_copier *c = s->copier;
    uint64_t left = s->size - s->at;
    if (c->progress)
        c->progress(c->arg, s->from, s->at, s->size);
    if (!left)
        return 0;
    int64_t got = lab_io_read(s->fd, bytes, left < n ? (size_t)left : n, (int64_t)s->at);
    if (got <= 0)
        return lab_fail(err, LAB_HOST, "cannot read '%s': %s", s->from,
                        got ? uv_strerror((int)got) : lab_tr("it became shorter meanwhile"));
    s->at += (uint64_t)got;
    return got;
}

static int put(struct sending *s,
               const char *to,
               const char *sha256,
               const struct plat_stat *st,
               struct lab_error *err)
{
    LAB_AUTOFREE char *at = lab_format("%" PRIu64, s->at);
    LAB_AUTOFREE char *size = lab_format("%" PRIu64, s->size);
    LAB_AUTOFREE char *mode = lab_format("%04o", st->mode & 0777);
    LAB_AUTOFREE char *time = lab_format("%" PRId64, st->mtime_ns / 1000000000);
    const char *args[] = {to, at, size, sha256, mode, time, NULL};
    struct lab_copy_call call = {.copier = s->copier,
                                 .script = put_script,
                                 .args = args,
                                 .feed = feed,
                                 .arg = s,
                                 .out = LAB_STR_MAX(4096)};
    int rc = lab_copy_call(&call, err);
    bool broken_off = call.status < 0; /* not: the guest could not */
    lab_copy_call_clear(&call);
    if (rc && err->code == LAB_INTEGRITY)
        lab_error_hint(err,
                       "'%s' was changed while it was copied, or the way to the guest changes "
                       "bytes; nothing was left in the guest",
                       s->from);
    else if (rc && broken_off && err->code != LAB_HOST)
        lab_error_hint(err, "what came over is kept as '%s%s'; the same command goes on from there",
                       to, LAB_COPY_PART);
    return rc;
}

/* How much of the part is a prefix of the source. */
static int prove_part(struct sending *s, const char *answer, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    size_t n = strcspn(answer, "\n");
    LAB_AUTOFREE char *size = lab_strndup(answer, n);
    uint64_t len = 0;
    if (!answer[n] || lab_parse_uint(size, s->size, &len) || !len)
        return 0;
    if (lab_copy_hash(s->copier, s->from, len, hex, err))
        return -1;
    if (strncmp(answer + n + 1, hex, sizeof(hex) - 1) == 0)
        s->at = len;
    return 0;
}

static int
look(struct sending *s, const char *to, const char *sha256, bool *there, struct lab_error *err)
{
    LAB_AUTOFREE char *size = lab_format("%" PRIu64, s->size);
    const char *args[] = {to, size, sha256, NULL};
    struct lab_copy_call call = {
        .copier = s->copier, .script = look_script, .args = args, .out = LAB_STR_MAX(4096)};
    int rc = lab_copy_call(&call, err);
    *there = rc == 0 && strcmp(lab_str_get(&call.out), "there\n") == 0;
    if (rc == 0 && !*there)
        rc = prove_part(s, lab_str_get(&call.out), err);
    lab_copy_call_clear(&call);
    return rc;
}

static int
send_open(struct sending *s, const char *to, const struct plat_stat *st, struct lab_error *err)
{
    const struct lab_copier *c = s->copier;
    struct lab_copied done = {.from = s->from, .to = to, .bytes = s->size};
    if (lab_copy_hash(c, s->from, s->size, done.sha256, err))
        return -1;
    if (s->size >= SMALL && look(s, to, done.sha256, &done.was_there, err))
        return -1;
    done.resumed_at = s->at;
    if (!done.was_there && put(s, to, done.sha256, st, err))
        return -1;
    if (c->copied)
        c->copied(c->arg, &done);
    return 0;
}

static int send_file(const struct lab_copier *c,
                     const char *from,
                     const char *to,
                     const struct plat_stat *st,
                     struct lab_error *err)
{
    struct sending s = {.copier = c, .from = from, .size = st->size};
    s.fd = lab_io_open(from, err);
    if (s.fd < 0)
        return -1;
    int rc = send_open(&s, to, st, err);
    lab_io_close(s.fd);
    return rc ? lab_error_wrap(err, "cannot copy '%s' to '%s'", from, to) : 0;
}

/* --- folders ------------------------------------------------------------------------------------
 */

struct walk {
    const struct lab_copier *copier;
    const char *root;
    const char *at;        /* below root; "" */
    LAB_VEC(char *) files; /* below root */
    struct lab_str folders;
    struct lab_error *err;
};

static int walk_into(struct walk *w, const char *at);

static int walk_one(void *arg, const char *name)
{
    struct walk *w = arg;
    struct plat_stat st;
    LAB_AUTOFREE char *below = *w->at ? lab_format("%s/%s", w->at, name) : lab_strdup(name);
    LAB_AUTOFREE char *path = lab_path_join(w->root, below);
    if (plat_lstat(path, &st))
        return lab_fail(w->err, LAB_HOST, "cannot look at '%s'", path);
    if (st.is_dir && !st.is_link) {
        lab_str_addn(&w->folders, below, strlen(below) + 1);
        return walk_into(w, below);
    }
    if (st.is_file && !st.is_link && !lab_ends_with(name, LAB_COPY_PART))
        *lab_vec_push(&w->files) = lab_steal(&below);
    else if (w->copier->skipped)
        w->copier->skipped(w->copier->arg, path,
                           st.is_link   ? lab_tr("a symbolic link")
                           : st.is_file ? lab_tr("what is left of a copy that was broken off")
                                        : lab_tr("neither a file nor a folder"));
    return 0;
}

static int walk_into(struct walk *w, const char *at)
{
    LAB_AUTOFREE char *path = *at ? lab_path_join(w->root, at) : lab_strdup(w->root);
    const char *before = w->at;
    w->at = at;
    int rc = plat_list_dir(path, walk_one, w, w->err);
    w->at = before;
    return rc || w->err->code != LAB_OK ? -1 : 0;
}

static int64_t
feed_folders(struct lab_copy_call *call, void *bytes, size_t n, struct lab_error *err)
{
    struct lab_str *rest = call->arg;
    (void)err;
    if (n > rest->len)
        n = rest->len;
    memcpy(bytes, rest->ptr, n);
    memmove(rest->ptr, rest->ptr + n, rest->len - n);
    lab_str_truncate(rest, rest->len - n);
    return (int64_t)n;
}

static int make_folders(struct walk *w, const char *to, struct lab_error *err)
{
    const char *args[] = {to, NULL};
    struct lab_copy_call call = {.copier = w->copier,
                                 .script = folders_script,
                                 .args = args,
                                 .feed = feed_folders,
                                 .arg = &w->folders,
                                 .out = LAB_STR_MAX(4096)};
    if (!w->folders.len)
        return 0;
    int rc = lab_copy_call(&call, err);
    lab_copy_call_clear(&call);
    return rc;
}

static int send_files(struct walk *w, const char *to, struct lab_error *err)
{
    LAB_VEC_FOREACH (below, &w->files) {
        struct plat_stat st;
        LAB_AUTOFREE char *from = lab_path_join(w->root, *below);
        LAB_AUTOFREE char *target = lab_format("%s/%s", to, *below);
        if (plat_lstat(from, &st) || !st.is_file)
            return lab_fail(err, LAB_HOST, "'%s' was there, and is gone", from);
        if (send_file(w->copier, from, target, &st, err))
            return -1;
    }
    return 0;
}

static int
send_tree(const struct lab_copier *c, const char *from, const char *to, struct lab_error *err)
{
    struct walk w = {.copier = c, .root = from, .at = "", .err = err};
    int rc = walk_into(&w, "") || make_folders(&w, to, err) || send_files(&w, to, err) ? -1 : 0;
    LAB_VEC_FOREACH (below, &w.files)
        free(*below);
    lab_vec_clear(&w.files);
    lab_str_clear(&w.folders);
    return rc;
}

/* --- the sources --------------------------------------------------------------------------------
 */

static int place(const struct lab_copier *c,
                 const char *from,
                 const char *to,
                 bool many,
                 bool tree,
                 char **target,
                 struct lab_error *err)
{
    LAB_AUTOFREE char *absolute = plat_absolute(from); /* "." has a name, too */
    LAB_AUTOFREE char *base = lab_copy_base(absolute);
    LAB_AUTOFREE char *path = lab_copy_guest_path(to);
    const char *args[] = {path, base ? base : "", many ? "folder" : "", tree ? "tree" : "", NULL};
    struct lab_copy_call call = {
        .copier = c, .script = place_script, .args = args, .out = LAB_STR_MAX(8192)};
    if (!base)
        return lab_fail(err, LAB_USAGE, "'%s' has no name to copy it under", from);
    int rc = lab_copy_call(&call, err);
    if (rc == 0)
        *target = lab_str_detach(&call.out);
    lab_copy_call_clear(&call);
    return rc ? lab_error_wrap(err, "cannot copy '%s' to '%s'", from, to) : 0;
}

int lab_copy_up(const struct lab_copier *c,
                const char *const *from,
                size_t n,
                const char *to,
                struct lab_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct plat_stat st;
        LAB_AUTOFREE char *target = NULL;
        if (plat_stat(from[i], &st))
            return lab_fail(err, LAB_USAGE, "no file '%s' here", from[i]);
        if (st.is_dir && !c->recursive) {
            lab_fail(err, LAB_USAGE, "'%s' is a folder", from[i]);
            return lab_error_hint(err, "-r copies folders");
        }
        if (!st.is_dir && !st.is_file)
            return lab_fail(err, LAB_USAGE, "'%s' is neither a file nor a folder", from[i]);
        if (place(c, from[i], to, n > 1, st.is_dir, &target, err))
            return -1;
        if (st.is_dir ? send_tree(c, from[i], target, err)
                      : send_file(c, from[i], target, &st, err))
            return -1;
    }
    return 0;
}
