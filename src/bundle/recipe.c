#include "bundle/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "bundle/recipe_schema.h"
#include "bundle/tree.h"
#include "net/http.h"
#include "platform.h"
#include "spec/values.h"

#define ALNUM_LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define FILES_DIR   "files/"

struct reader {
    struct lab_draft draft; /* what the tables of spec report through */
    struct lab_spec spec;   /* only its folder: where relative paths start */
    struct lab_recipe *out;
};

static const struct lab_field text_field = {.type = LAB_TYPE_TEXT};

/* Every text of a list, in order; those that are refused are left out. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define EACH_TEXT(r, object, map, name, text, at)                                                  \
    for (const struct lab_yaml *list_ = lab_read_child(object, map, name), *at = NULL;             \
         list_ && next_text(&(r)->draft, list_, name, &at, &text);)
/* NOLINTEND(bugprone-macro-parentheses) */

static size_t index_after(const struct lab_yaml *list, const struct lab_yaml *item)
{
    size_t i = 0;
    if (!item)
        return 0;
    while (i < list->items.len && list->items.items[i] != item)
        i++;
    return i + 1;
}

static bool next_text(struct lab_draft *d,
                      const struct lab_yaml *list,
                      const char *name,
                      const struct lab_yaml **at,
                      char **text)
{
    for (size_t i = index_after(list, *at); i < list->items.len; i++) {
        struct lab_field field = text_field;
        const struct lab_yaml *item = list->items.items[i];
        field.key = name;
        *at = item;
        *text = NULL;
        if (lab_read_value(d, &field, item, text))
            return true;
    }
    return false;
}

/* --- sources ---------------------------------------------------------------------------------- */

/* A URL as it is, a path made absolute; NULL after a problem. Takes the text. */
static char *read_source(struct reader *r, const struct lab_yaml *at, char *text)
{
    LAB_AUTOFREE char *source = text;
    if (!lab_is_url(source))
        return lab_draft_path(&r->draft, source);
    if (lab_url_has_login(source)) { /* and never repeat it on the screen */
        lab_draft_error(&r->draft, at->pos,
                        "the URL contains a user name or password, which does not belong into a "
                        "file; download it and write its path");
        return NULL;
    }
    if (!lab_manifest_can_say(source)) {
        lab_draft_error(&r->draft, at->pos,
                        "a URL consists of printable ASCII without '\"' and '\\' (write %%22 and "
                        "the like)");
        return NULL;
    }
    if (lab_starts_with(source, "https://") || lab_starts_with(source, "http://") ||
        lab_starts_with(source, "file:///"))
        return lab_steal(&source);
    lab_draft_error(&r->draft, at->pos, "'%s': only https://, http:// and file:/// are known",
                    source);
    return NULL;
}

/* References never begin like a path, nor end like an archive. */
static bool looks_like_archive(const char *text)
{
    static const char *const ends[] = {".tar",  ".tar.gz",  ".tgz", ".tar.zst",
                                       ".tzst", ".tar.bz2", ".tbz", ".tar.lz4"};
    if (lab_is_url(text) || *text == '.' || *text == '/' || *text == '~' ||
        lab_path_is_absolute(text) || strchr(text, '\\'))
        return true;
    for (size_t i = 0; i < LAB_ARRAY_LEN(ends); i++)
        if (lab_ends_with(text, ends[i]))
            return true;
    return false;
}

static void read_images(struct reader *r, const struct lab_yaml *root)
{
    char *text;
    EACH_TEXT(r, &lab_recipe_root, root, "images", text, at)
    {
        bool archive = looks_like_archive(text);
        if (!archive && !lab_manifest_can_say(text)) {
            lab_draft_error(&r->draft, at->pos, "no reference of an image");
            free(text);
            continue;
        }
        char *source = archive ? read_source(r, at, text) : text;
        if (source)
            *lab_vec_push(&r->out->images) = (struct lab_recipe_image){source, archive};
    }
}

static void read_registry(struct reader *r, const struct lab_yaml *map)
{
    struct lab_recipe_registry *one = lab_vec_push(&r->out->registries);
    lab_read_object(&r->draft, &lab_recipe_registry, map, one);
    if (!one->username != !one->password_file)
        lab_draft_error(&r->draft, map->pos, "'username' and 'password_file' belong together");
}

/* --- k3s -------------------------------------------------------------------------------------- */

static bool is_version(const char *s)
{
    return *s == 'v' && s[1] >= '0' && s[1] <= '9' && strlen(s) <= 64 &&
           strspn(s, ALNUM_LOWER ".+-") == strlen(s) && !strstr(s, "..");
}

static void read_k3s(struct reader *r, const struct lab_yaml *root)
{
    struct lab_recipe_k3s k3s = {NULL, NULL};
    const struct lab_yaml *map = lab_read_child(&lab_recipe_root, root, "k3s");
    if (!map)
        return;
    lab_read_object(&r->draft, &lab_recipe_k3s, map, &k3s);
    if (k3s.version && !is_version(k3s.version))
        lab_draft_error(&r->draft, lab_yaml_pos(map, "version"),
                        "'%s' is no release of k3s; write one such as v1.33.4+k3s1", k3s.version);
    r->out->k3s_version = k3s.version;
    if (k3s.mirror && !lab_is_url(k3s.mirror))
        lab_draft_error(&r->draft, lab_yaml_pos(map, "mirror"),
                        "'%s' is no URL; for a folder of this machine write file:///…", k3s.mirror);
    if (k3s.mirror)
        r->out->k3s_mirror = read_source(r, lab_yaml_get(map, "mirror"), k3s.mirror);
    for (size_t n = r->out->k3s_mirror ? strlen(r->out->k3s_mirror) : 0;
         n && r->out->k3s_mirror[n - 1] == '/';)
        r->out->k3s_mirror[--n] = '\0';
}

/* --- packages --------------------------------------------------------------------------------- */

/* Debian Policy 5.6.1, and apt's NAME=VERSION. apt takes NAME- for a wish to remove it. */
static bool is_package(const char *s)
{
    size_t n = strspn(s, ALNUM_LOWER "+-.");
    if (n < 2 || !strchr(ALNUM_LOWER, *s) || s[n - 1] == '-')
        return false;
    return !s[n] ||
           (s[n] == '=' && s[n + 1] &&
            strspn(s + n + 1, ALNUM_LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-.:~") == strlen(s + n + 1));
}

static void read_packages(struct reader *r, const struct lab_yaml *root)
{
    struct lab_recipe_packages *p = &r->out->packages;
    const struct lab_object *o = &lab_recipe_packages;
    const struct lab_yaml *map = lab_read_child(&lab_recipe_root, root, "packages");
    char *text;
    if (!map)
        return;
    lab_read_object(&r->draft, o, map, p);
    EACH_TEXT(r, o, map, "names", text, at)
    {
        if (!is_package(text))
            lab_draft_error(
                &r->draft, at->pos,
                "'%s' is no name of a package (a-z, 0-9, '+', '-' and '.'; NAME=VERSION "
                "for one version)",
                text);
        *lab_vec_push(&p->names) = text;
    }
    EACH_TEXT(r, o, map, "sources", text, at)
    {
        if (!lab_starts_with(text, "deb "))
            lab_draft_error(&r->draft, at->pos,
                            "'%s' is no source; write a line such as \"deb "
                            "https://deb.debian.org/debian bookworm main\"",
                            text);
        *lab_vec_push(&p->sources) = text;
    }
    if (!p->names.len && lab_read_child(o, map, "names"))
        lab_draft_error(&r->draft, lab_yaml_pos(map, "names"), "'names' names no package");
    if (!p->sources.len && lab_read_child(o, map, "sources"))
        lab_draft_error(&r->draft, lab_yaml_pos(map, "sources"), "'sources' has no line");
}

/* --- files ------------------------------------------------------------------------------------ */

static void
check_path(struct reader *r, const struct lab_recipe_file *f, const struct lab_yaml *map)
{
    const char *bad = f->path ? lab_bundle_bad_path(f->path) : NULL;
    if (f->path && !bad && !lab_starts_with(f->path, FILES_DIR))
        bad = lab_tr("is not below files/");
    if (bad)
        lab_draft_error(&r->draft, lab_yaml_pos(map, "path"), "the path '%s' %s", f->path, bad);
    LAB_VEC_FOREACH (other, &r->out->files)
        if (other != f && f->path && other->path && strcmp(other->path, f->path) == 0)
            lab_draft_error(&r->draft, lab_yaml_pos(map, "path"), "the path '%s' is there twice",
                            f->path);
}

static void read_mode(struct reader *r, struct lab_recipe_file *f, const struct lab_yaml *map)
{
    const char *text = lab_yaml_text(map, "mode");
    f->mode = 0644;
    if (!text)
        return;
    if (strlen(text) == 4 && *text == '0' && strspn(text, "01234567") == 4)
        f->mode = (unsigned)strtoul(text, NULL, 8);
    else
        lab_draft_error(&r->draft, lab_yaml_pos(map, "mode"),
                        "'mode' is '%s'; write four octal digits, such as \"0644\"", text);
}

static void read_file(struct reader *r, const struct lab_yaml *map)
{
    struct lab_recipe_file *f = lab_vec_push(&r->out->files);
    lab_read_object(&r->draft, &lab_recipe_file, map, f);
    if (f->source)
        f->source = read_source(r, lab_yaml_get(map, "source"), f->source);
    for (char *s = f->sha256; s && *s; s++)
        *s = (char)(*s >= 'A' && *s <= 'F' ? *s + 32 : *s);
    check_path(r, f, map);
    read_mode(r, f, map);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void read_all(struct reader *r, const struct lab_yaml *root)
{
    struct lab_recipe_root values = {0};
    if (!lab_read_object(&r->draft, &lab_recipe_root, root, &values))
        return;
    r->out->arch = lab_strdup(values.arch ? "arm64" : "amd64");
    read_k3s(r, root);
    read_images(r, root);
    read_packages(r, root);
    const struct lab_yaml *registries = lab_read_child(&lab_recipe_root, root, "registries");
    for (size_t i = 0; registries && i < registries->items.len; i++)
        read_registry(r, registries->items.items[i]);
    const struct lab_yaml *files = lab_read_child(&lab_recipe_root, root, "files");
    for (size_t i = 0; files && i < files->items.len; i++)
        read_file(r, files->items.items[i]);
    if (values.registry) /* where the guest's unit looks for it (src/media/seed_registry.c) */
        *lab_vec_push(&r->out->files) = (struct lab_recipe_file){
            .source = values.registry,
            .path = lab_strdup("registry/docker-registry"),
            .mode = 0755,
        };
}

static int read_text(struct lab_str *text, const char *path, struct lab_error *err)
{
    if (!lab_file_exists(path)) {
        lab_fail(err, LAB_USAGE, "cannot find '%s'", path);
        return lab_error_hint(err, "write what the bundle shall hold into it ('labctl bundle "
                                   "--help' has an example), or name another with -f FILE");
    }
    return lab_file_read(path, LAB_SPEC_MAX_BYTES, text, err);
}

int lab_recipe_parse(struct lab_recipe *out,
                     const char *path,
                     const char *text,
                     size_t len,
                     struct lab_problems *problems,
                     struct lab_error *err)
{
    LAB_AUTOFREE char *whole = plat_absolute(path), *dir = lab_path_dir(whole);
    struct reader r = {.spec = {.dir = dir}, .out = out};
    r.draft = (struct lab_draft){
        .spec = &r.spec, .problems = problems, .source = {.text = text, .len = len, .about = ""}};
    out->file = lab_strdup(path);
    if (lab_yaml_read(&r.draft.doc, &r.draft.source, problems) == 0 && !problems->errors) {
        if (r.draft.doc.root)
            read_all(&r, r.draft.doc.root);
        else
            lab_draft_error(&r.draft, (struct lab_pos){1, 1}, lab_tr("the file is empty"));
    }
    lab_yaml_doc_clear(&r.draft.doc);
    return lab_problems_refuse(problems, path, err);
}

int lab_recipe_load(struct lab_recipe *out,
                    const char *path,
                    struct lab_problems *problems,
                    struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (read_text(&text, path, err) < 0)
        return -1;
    return lab_recipe_parse(out, path, lab_str_get(&text), text.len, problems, err);
}

void lab_recipe_clear(struct lab_recipe *recipe)
{
    struct lab_recipe_packages *p = &recipe->packages;
    LAB_VEC_FOREACH (i, &recipe->images)
        free(i->source);
    LAB_VEC_FOREACH (one, &recipe->registries) {
        free(one->name);
        free(one->mirror);
        free(one->ca);
        free(one->username);
        free(one->password_file);
    }
    lab_vec_clear(&recipe->registries);
    LAB_VEC_FOREACH (f, &recipe->files) {
        free(f->source);
        free(f->path);
        free(f->sha256);
    }
    LAB_VEC_FOREACH (name, &p->names)
        free(*name);
    LAB_VEC_FOREACH (line, &p->sources)
        free(*line);
    lab_vec_clear(&recipe->images);
    lab_vec_clear(&recipe->files);
    lab_vec_clear(&p->names);
    lab_vec_clear(&p->sources);
    free(p->release);
    free(p->keyring);
    free(p->installed);
    free(recipe->file);
    free(recipe->k3s_version);
    free(recipe->k3s_mirror);
    free(recipe->arch);
    *recipe = (struct lab_recipe){0};
}
