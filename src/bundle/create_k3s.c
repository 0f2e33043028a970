/* A k3s release: names, places and sums as k3s publishes them (facts: k3s-airgap.md, 1 and 4). */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "bundle/archive.h"
#include "bundle/create_priv.h"
#include "bundle/sums.h"

#define RELEASES   "https://github.com/k3s-io/k3s/releases/download"
#define TREE       "https://raw.githubusercontent.com/k3s-io/k3s" /* install.sh is no asset */
#define TEXT_MAX   (1u << 20)
#define SCRIPT_MAX (4u << 20)

/* MIRROR/VERSION/NAME; '+' means a blank to some servers. Caller frees. */
static char *url_of(const struct lab_recipe *r, const char *base, const char *name)
{
    LAB_AUTO_STR struct lab_str url = LAB_STR_INIT;
    lab_str_addf(&url, "%s/", r->k3s_mirror ? r->k3s_mirror : base);
    for (const char *s = r->k3s_version; *s; s++)
        lab_str_add(&url, *s == '+' ? "%2B" : (char[2]){*s, '\0'});
    lab_str_addf(&url, "/%s", name);
    return lab_str_detach(&url);
}

static struct lab_item *plan(
    struct lab_create *c, const char *base, const char *name, const char *kept_as, const char *role)
{
    LAB_AUTOFREE char *url = url_of(&c->recipe, base, name);
    LAB_AUTOFREE char *path = lab_format("k3s/%s", kept_as);
    return lab_create_item(c, url, path, role);
}

static void pinned(struct lab_create *c, struct lab_item *item, const char *name, uint64_t max)
{
    item->pin = lab_format("k3s %s %s", c->recipe.k3s_version, name);
    item->max_bytes = max;
}

/* The digest of that name in a list of sha256sum's. */
static char *listed(const char *text, const char *name)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\r\n");
        const char *at = line + LAB_SHA256_HEX - 1;
        if (n > LAB_SHA256_HEX && strspn(line, "0123456789abcdef") == LAB_SHA256_HEX - 1) {
            at += strspn(at, " *");
            if ((size_t)(line + n - at) == strlen(name) && memcmp(at, name, strlen(name)) == 0)
                return lab_strndup(line, LAB_SHA256_HEX - 1);
        }
        line += n;
        line += strspn(line, "\r\n");
    }
    return NULL;
}

static int expect(struct lab_item *item,
                  const char *text,
                  const char *name,
                  const char *list,
                  struct lab_error *err)
{
    item->sha256 = listed(text, name);
    item->whose = lab_tr("the release's own sums");
    if (item->sha256)
        return 0;
    lab_fail(err, LAB_INTEGRITY, "'%s' of the release does not list '%s'", list, name);
    return lab_error_hint(err, "is this mirror complete, and for this version and processor?");
}

int lab_create_plan_k3s(struct lab_create *c, struct lab_error *err)
{
    const struct lab_recipe *r = &c->recipe;
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(TEXT_MAX + 1);
    if (!r->k3s_version)
        return 0;
    LAB_AUTOFREE char *list = lab_format("sha256sum-%s.txt", r->arch);
    LAB_AUTOFREE char *images = lab_format("k3s-airgap-images-%s.tar.zst", r->arch);
    const char *binary = strcmp(r->arch, "amd64") == 0 ? "k3s" : "k3s-arm64";
    c->manifest.k3s_version = lab_strdup(r->k3s_version);
    pinned(c, plan(c, RELEASES, list, list, LAB_FILE_K3S_SUMS), list, TEXT_MAX);
    if (lab_create_fetch(c, err) < 0)
        return -1;
    LAB_AUTOFREE char *path = lab_format("%s/k3s/%s", c->dir.part, list);
    if (lab_file_read(path, TEXT_MAX, &text, err) < 0)
        return -1;
    struct lab_item *item = plan(c, RELEASES, binary, "k3s", LAB_FILE_K3S_BINARY);
    item->mode = 0755;
    if (expect(item, lab_str_get(&text), binary, list, err) < 0 ||
        expect(plan(c, RELEASES, images, images, LAB_FILE_K3S_IMAGES), lab_str_get(&text), images,
               list, err) < 0)
        return -1;
    item = plan(c, TREE, "install.sh", "install.sh", LAB_FILE_K3S_INSTALL);
    item->mode = 0755;
    pinned(c, item, "install.sh", SCRIPT_MAX);
    pinned(c, plan(c, RELEASES, "k3s-images.txt", "k3s-images.txt", LAB_FILE_K3S_LIST),
           "k3s-images.txt", TEXT_MAX);
    return 0;
}

/* --- which images those are ------------------------------------------------------------------- */

static bool has_image(const struct lab_create *c, const char *ref)
{
    LAB_VEC_FOREACH (image, &c->manifest.images)
        if (strcmp(image->ref, ref) == 0)
            return true;
    return false;
}

/* k3s-images.txt says what the archive was made from. */
static void compare_list(struct lab_create *c, char *text)
{
    for (char *rest = text, *line; (line = strtok_r(rest, "\r\n", &rest)) != NULL;) {
        LAB_AUTOFREE char *ref = lab_image_full_name(line);
        if (*line && !has_image(c, ref))
            lab_create_note(c,
                            "k3s-images.txt names the image '%.200s', which is not in the "
                            "release's archive",
                            line);
    }
}

int lab_create_k3s_images(struct lab_create *c, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(TEXT_MAX + 1);
    if (!c->recipe.k3s_version)
        return 0;
    LAB_AUTOFREE char *archive = lab_format("k3s/k3s-airgap-images-%s.tar.zst", c->recipe.arch);
    LAB_AUTOFREE char *list = lab_format("%s/k3s/k3s-images.txt", c->dir.part);
    if (lab_archive_images(&c->manifest, c->dir.part, archive, c->recipe.arch, err) < 0 ||
        lab_file_read(list, TEXT_MAX, &text, err) < 0)
        return -1;
    if (text.len)
        compare_list(c, text.ptr);
    return 0;
}
