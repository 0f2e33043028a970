#include "media/iso_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"

#define SUMS           "SHA256SUMS"
#define SIGNATURE      SUMS ".sig"
#define SUMS_MAX_BYTES (64u << 20)
#define HASH_DIGITS    (LAB_SHA256_HEX - 1)

/* A bundle's list is labctl's own, perhaps signed, and no other may take its place; that of a plain
 * folder was written by whoever filled it, who can also write a better one. */
static int hint_source(struct lab_error *err, const char *dir, enum lab_code code)
{
    LAB_AUTOFREE char *bundle = lab_path_join(dir, "manifest.yaml");
    if (lab_file_exists(bundle))
        return lab_error_hint(err,
                              "copy the bundle from its source again; 'labctl bundle verify %s' "
                              "names all that differs",
                              dir);
    if (code == LAB_INTEGRITY)
        return lab_error_hint(err, "take the file from its source again");
    return lab_error_hint(err, "write SHA256SUMS with sha256sum, or remove it: labctl makes one");
}

static int sums_wrong(
    struct lab_error *err, enum lab_code code, const char *dir, const char *name, const char *why)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, name, strlen(name), 256);
    lab_fail(err, code, "cannot use the payload '%s': %s: '%s' %s", dir, SUMS, lab_str_get(&shown),
             why);
    return hint_source(err, dir, code);
}

/* --- a SHA256SUMS that came with the payload -------------------------------------------------- */

struct sums {
    const char *dir;
    struct lab_iso *iso; /* sorted */
    struct lab_error *err;
};

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct lab_iso_file *)a)->path, ((const struct lab_iso_file *)b)->path);
}

static struct lab_iso_file *find_file(struct lab_iso *iso, const char *path)
{
    const struct lab_iso_file key = {.path = (char *)(uintptr_t)path};
    if (iso->files.len == 0)
        return NULL;
    return bsearch(&key, iso->files.items, iso->files.len, sizeof(key), by_path);
}

/* "HASH  PATH" or "HASH *PATH". The expected hash goes to the file: it is compared as soon as the
 * file is read. */
static int take_line(struct sums *s, char *line)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(line);
    if (len < HASH_DIGITS + 3 || strspn(line, digits) != HASH_DIGITS || line[HASH_DIGITS] != ' ' ||
        (line[HASH_DIGITS + 1] != ' ' && line[HASH_DIGITS + 1] != '*'))
        return sums_wrong(s->err, LAB_USAGE, s->dir, line,
                          lab_tr("is no line of sha256sum (64 digits, two blanks, a path)"));
    if (line[len - 1] == '\r')
        return sums_wrong(s->err, LAB_USAGE, s->dir, line,
                          lab_tr("ends in CR LF, which no guest's sha256sum takes"));
    const char *path = line + HASH_DIGITS + 2;
    struct lab_iso_file *file = find_file(s->iso, lab_starts_with(path, "./") ? path + 2 : path);
    if (!file)
        return sums_wrong(s->err, LAB_INTEGRITY, s->dir, path, lab_tr("is missing in the folder"));
    memcpy(file->sha256, line, HASH_DIGITS);
    file->sha256[HASH_DIGITS] = '\0';
    return 0;
}

static int take_lines(struct sums *s, char *text)
{
    for (char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        bool more = line[len] == '\n';
        line[len] = '\0';
        if (len > 0 && take_line(s, line) < 0)
            return -1;
        line += len + more;
    }
    return 0;
}

/* The list cannot hold itself or what signs it; the guest knows both. */
static bool is_list(const char *path)
{
    return strcmp(path, SUMS) == 0 || strcmp(path, SIGNATURE) == 0;
}

/* What is not in SHA256SUMS, the guest would not verify. */
static int all_listed(struct sums *s)
{
    LAB_VEC_FOREACH (file, &s->iso->files)
        if (file->sha256[0] == '\0' && !is_list(file->path))
            return sums_wrong(s->err, LAB_USAGE, s->dir, file->path, lab_tr("is not listed in it"));
    return 0;
}

static int take_sums(struct sums *s, const char *source, char manifest[LAB_SHA256_HEX])
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(SUMS_MAX_BYTES + 1);
    if (lab_file_read(source, SUMS_MAX_BYTES, &text, s->err) < 0)
        return lab_error_wrap(s->err, "cannot use the payload '%s'", s->dir);
    lab_sha256_hex(lab_str_get(&text), text.len, manifest);
    if (text.len > 0 && (take_lines(s, text.ptr) < 0 || all_listed(s) < 0))
        return -1;
    return text.len > 0 ? 0 : sums_wrong(s->err, LAB_USAGE, s->dir, SUMS, lab_tr("is empty"));
}

/* --- one that we make ------------------------------------------------------------------------- */

static void make_sums(struct lab_iso *iso, char manifest[LAB_SHA256_HEX])
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_VEC_FOREACH (file, &iso->files)
        lab_str_addf(&text, "%s  %s\n", file->sha256, file->path);
    lab_sha256_hex(lab_str_get(&text), text.len, manifest);
    lab_iso_add_bytes(iso, SUMS, lab_str_get(&text), text.len, 0644);
}

static int add_made_sums(void *manifest, struct lab_iso *iso, struct lab_error *err)
{
    (void)err;
    make_sums(iso, manifest);
    return 0;
}

/* --- the payload ------------------------------------------------------------------------------ */

/* *given: it came with its own SHA256SUMS, whose hashes are now expected of the files. */
static int collect(struct lab_iso *iso,
                   const char *dir,
                   bool *given,
                   char manifest[LAB_SHA256_HEX],
                   struct lab_error *err)
{
    if (lab_iso_add_tree(iso, dir, err) < 0)
        return lab_error_wrap(err, "cannot use the payload '%s'", dir);
    struct lab_iso_file *own = find_file(iso, SUMS);
    *given = own != NULL;
    if (iso->files.len == (own ? 1u : 0u)) {
        lab_fail(err, LAB_USAGE, "cannot use the payload '%s': there are no files in it", dir);
        return lab_error_hint(err, "put k3s, images or packages into it, or leave `payload` out");
    }
    struct sums s = {dir, iso, err};
    return own ? take_sums(&s, own->source, manifest) : 0;
}

static void count(const struct lab_iso *iso, uint64_t *files, uint64_t *bytes)
{
    uint64_t sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < iso->files.len; i++) {
        if (is_list(iso->files.items[i].path))
            continue;
        n++;
        sum += iso->files.items[i].size;
    }
    if (files)
        *files = n;
    if (bytes)
        *bytes = sum;
}

int lab_payload_count(const char *dir, uint64_t *files, uint64_t *bytes, struct lab_error *err)
{
    LAB_CLEANUP(lab_iso_clear) struct lab_iso iso = {0};
    if (lab_iso_add_tree(&iso, dir, err) < 0)
        return lab_error_wrap(err, "cannot use the payload '%s'", dir);
    count(&iso, files, bytes);
    return 0;
}

int lab_payload_build(const char *dir,
                      const char *label,
                      const char *path,
                      const struct lab_iso_progress *progress,
                      char manifest[LAB_SHA256_HEX],
                      uint64_t *files,
                      uint64_t *bytes,
                      struct lab_error *err)
{
    LAB_CLEANUP(lab_iso_clear) struct lab_iso iso = {.label = label, .file_mode = 0644};
    const struct lab_iso_last last = {add_made_sums, manifest};
    bool given;
    if (collect(&iso, dir, &given, manifest, err) < 0)
        return -1;
    count(&iso, files, bytes);
    if (lab_iso_write_last(&iso, path, progress, given ? NULL : &last, NULL, err) == 0)
        return 0;
    if (err && err->code == LAB_INTEGRITY)
        hint_source(err, dir, err->code);
    return lab_error_wrap(err, "cannot make an image of the payload '%s'", dir);
}

static int hash_files(struct lab_iso *iso, const char *dir, struct lab_error *err)
{
    LAB_VEC_FOREACH (file, &iso->files) {
        char hex[LAB_SHA256_HEX];
        if (lab_sha256_file(file->source, hex, NULL, err) < 0)
            return -1;
        if (file->sha256[0] != '\0' && strcmp(file->sha256, hex) != 0)
            return sums_wrong(err, LAB_INTEGRITY, dir, file->path, lab_tr("has another checksum"));
        memcpy(file->sha256, hex, sizeof(hex));
    }
    return 0;
}

int lab_payload_add(struct lab_iso *iso,
                    const char *dir,
                    char manifest[LAB_SHA256_HEX],
                    uint64_t *files,
                    uint64_t *bytes,
                    struct lab_error *err)
{
    LAB_CLEANUP(lab_iso_clear) struct lab_iso payload = {0};
    bool given;
    if (collect(&payload, dir, &given, manifest, err) < 0 || hash_files(&payload, dir, err) < 0)
        return -1;
    count(&payload, files, bytes);
    if (!given)
        make_sums(&payload, manifest);
    LAB_VEC_FOREACH (file, &payload.files) {
        *lab_vec_push(&iso->files) = *file;
        *file = (struct lab_iso_file){0};
    }
    return 0;
}

int lab_payload_fingerprint(const char *dir, char hex[LAB_SHA256_HEX], struct lab_error *err)
{
    LAB_CLEANUP(lab_iso_clear) struct lab_iso iso = {0};
    if (lab_iso_add_tree(&iso, dir, err) < 0)
        return lab_error_wrap(err, "cannot use the payload '%s'", dir);
    struct lab_sha256 *hash = lab_sha256_new();
    LAB_VEC_FOREACH (file, &iso.files) {
        struct plat_stat st = {0};
        (void)plat_stat(file->source, &st);
        LAB_AUTOFREE char *line =
            lab_format("%s\n%llu %lld %o\n", file->path, (unsigned long long)file->size,
                       (long long)file->mtime_ns, st.mode);
        lab_sha256_add(hash, line, strlen(line));
    }
    lab_sha256_end(hash, hex);
    return 0;
}
