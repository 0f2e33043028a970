/* The texts: lab.yaml's cloud_init, and YAML and scripts of the payload. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/io.h"
#include "base/ipv4.h"
#include "base/text.h"
#include "platform.h"
#include "run/airgap_priv.h"
#include "run/registry.h"

#define MAX_TEXT  (4u << 20)
#define MAX_FILES 20000
#define MAX_DEPTH 32
#define PEEK      256

/* labctl's own gets a port only when it is up first; until then it is the usual one. */
static char *registry_of(const struct lab_spec *spec)
{
    char text[LAB_IPV4_TEXT];
    const struct lab_registry_spec *r = &spec->registry;
    if (!spec->has_registry || r->address)
        return lab_strdup(r->address);
    const struct lab_node *node = r->node ? lab_spec_node(spec, r->node) : NULL;
    if (node)
        return lab_format("%s:%d", lab_ipv4_format(node->nics.items[0].ip, text),
                          LAB_REGISTRYD_PORT);
    LAB_VEC_FOREACH (network, &spec->networks)
        if (network->gateway)
            return lab_format("%s:%d", lab_ipv4_format(network->gateway, text), LAB_REGISTRYD_PORT);
    return NULL;
}

void airgap_lab_fill(struct airgap_lab *out, const struct lab_spec *spec)
{
    memset(out, 0, sizeof(*out));
    LAB_VEC_FOREACH (network, &spec->networks)
        if (network->has_ipam)
            *lab_vec_push(&out->networks) = network->range;
    LAB_VEC_FOREACH (node, &spec->nodes)
        *lab_vec_push(&out->hosts) = node->name;
    out->registry = registry_of(spec);
    out->lab = (struct lab_lint_lab){
        .networks = out->networks.items,
        .networks_len = out->networks.len,
        .hosts = out->hosts.items,
        .hosts_len = out->hosts.len,
        .registry = out->registry,
    };
}

void airgap_lab_clear(struct airgap_lab *lab)
{
    lab_vec_clear(&lab->networks);
    lab_vec_clear(&lab->hosts);
    lab_refs_clear(&lab->images);
    free(lab->registry);
}

struct walk {
    struct airgap_lab *lab;
    struct lab_airgap *out;
    const char *dir;
    LAB_VEC(char *) files; /* relative, with '/' */
    struct lab_error *err;
};

/* --- the folder --------------------------------------------------------------------------------
 */

static int list(struct walk *w, const char *below, int depth);

static int take_entry(struct walk *w, const char *path, int depth)
{
    LAB_AUTOFREE char *whole = lab_path_join(w->dir, path);
    struct plat_stat st;
    if (plat_lstat(whole, &st) != 0)
        return 0;
    if (st.is_dir)
        return list(w, path, depth + 1);
    if (st.is_file && w->files.len == MAX_FILES)
        return lab_fail(w->err, LAB_USAGE, "the payload '%s' has more than %d files", w->dir,
                        MAX_FILES);
    if (st.is_file)
        *lab_vec_push(&w->files) = lab_strdup(path);
    return 0;
}

struct folder {
    struct walk *w;
    const char *below;
    int depth;
    bool failed;
};

static int on_name(void *arg, const char *name)
{
    struct folder *f = arg;
    LAB_AUTOFREE char *path = lab_format("%s%s%s", f->below, *f->below ? "/" : "", name);
    f->failed = take_entry(f->w, path, f->depth) != 0;
    return f->failed;
}

static int list(struct walk *w, const char *below, int depth)
{
    struct folder f = {w, below, depth, false};
    LAB_AUTOFREE char *whole = lab_path_join(w->dir, below);
    if (depth > MAX_DEPTH)
        return lab_fail(w->err, LAB_USAGE, "the payload '%s' is nested more than %d folders deep",
                        w->dir, MAX_DEPTH);
    if (plat_list_dir(*below ? whole : w->dir, on_name, &f, w->err))
        return -1;
    return f.failed ? -1 : 0;
}

/* --- one file ----------------------------------------------------------------------------------
 */

/* k3s' own installer knows many addresses and uses none: labctl runs it with
 * INSTALL_K3S_SKIP_DOWNLOAD. The bundle's manifest says where things came from. */
static bool is_known(const char *path)
{
    return strcmp(path, "k3s/install.sh") == 0 || strcmp(path, "manifest.yaml") == 0;
}

/* Whether a file without a telling name is a script: by its first bytes, since it may be huge. */
static bool begins_as_script(const char *path)
{
    char bytes[2] = "";
    int fd = lab_io_open(path, NULL);
    bool script = fd >= 0 && lab_io_read_all(fd, bytes, 2, 0) == 0 && memcmp(bytes, "#!", 2) == 0;
    if (fd >= 0)
        lab_io_close(fd);
    return script;
}

static bool is_text(const char *path, const char *whole)
{
    enum lab_lint_kind kind;
    return lab_lint_kind_of(path, "", &kind) || begins_as_script(whole);
}

/* -1: said in the report. */
static int read_text(struct walk *w, const char *whole, struct lab_str *text)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_file_read(whole, MAX_TEXT, text, &why) == 0)
        return 0;
    lab_lint_unread(&w->out->lint, whole, why.message);
    return -1;
}

static void lint_file(struct walk *w, const char *path)
{
    LAB_AUTOFREE char *whole = lab_path_join(w->dir, path);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    enum lab_lint_kind kind;
    if (is_known(path) || !is_text(path, whole) || read_text(w, whole, &text) ||
        !lab_lint_kind_of(path, lab_str_get(&text), &kind))
        return;
    w->out->files++;
    lab_lint(&w->out->lint, &w->lab->lab, kind, whole, lab_str_get(&text));
}

static void read_lists(struct walk *w)
{
    bool any = false;
    LAB_VEC_FOREACH (path, &w->files) {
        LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
        LAB_AUTOFREE char *whole = lab_path_join(w->dir, *path);
        if (!lab_refs_is_list(*path) || read_text(w, whole, &text))
            continue;
        lab_refs_read_list(&w->lab->images, *path, lab_str_get(&text));
        any = true;
    }
    if (any)
        w->lab->lab.images = &w->lab->images;
}

/* cloud_init of lab.yaml, where it stands in the file. */
static int lint_spec(struct walk *w, const struct lab_spec *spec)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (lab_file_read(spec->path, LAB_SPEC_MAX_BYTES, &text, w->err))
        return -1;
    w->out->files++;
    lab_lint(&w->out->lint, &w->lab->lab, LAB_LINT_LAB, spec->file, lab_str_get(&text));
    return 0;
}

int lab_airgap_static(const struct lab_spec *spec, struct lab_airgap *out, struct lab_error *err)
{
    struct airgap_lab lab;
    airgap_lab_fill(&lab, spec);
    struct walk w = {.lab = &lab, .out = out, .dir = spec->payload.dir, .err = err};
    int rc = w.dir ? list(&w, "", 0) : 0;
    if (rc == 0)
        read_lists(&w);
    if (rc == 0)
        rc = lint_spec(&w, spec);
    if (rc == 0)
        LAB_VEC_FOREACH (path, &w.files)
            lint_file(&w, *path);
    LAB_VEC_FOREACH (path, &w.files)
        free(*path);
    lab_vec_clear(&w.files);
    airgap_lab_clear(&lab);
    return rc;
}
