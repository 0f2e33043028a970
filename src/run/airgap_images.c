/* Whether the images of a cluster's pods are in the node already, or come from the lab's registry.
 */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "run/airgap_priv.h"
#include "spec/yaml.h"

/* Registries for which registries.yaml names an endpoint inside the lab (facts: k3s "Private
 * Registry Configuration"; "*" is for all that have no entry of their own). */
struct mirrors {
    struct lab_yaml_doc doc;
    const struct lab_yaml *map;
    bool broken;
};

static void read_mirrors(struct mirrors *out, const char *text)
{
    LAB_AUTO_STR struct lab_str file = LAB_STR_INIT;
    struct lab_problems problems = {0};
    for (const char *at = text;;) {
        LAB_AUTOFREE char *line = airgap_next(&at, "registries");
        if (!line)
            break;
        lab_str_addf(&file, "%s\n", line);
    }
    const struct lab_yaml_source source = {
        .text = lab_str_get(&file), .len = file.len, .about = "", .guest = true};
    out->broken = lab_yaml_read(&out->doc, &source, &problems) != 0;
    out->map = lab_yaml_get(out->doc.root, "mirrors");
    lab_problems_clear(&problems);
}

static char *host_of(const char *endpoint)
{
    const char *p = strstr(endpoint, "://");
    p = p ? p + 3 : endpoint;
    return lab_strndup(p, strcspn(p, ":/"));
}

static bool
is_mirrored(const struct mirrors *m, const struct lab_lint_lab *lab, const char *registry)
{
    const struct lab_yaml *own = lab_yaml_get(m->map, registry);
    const struct lab_yaml *list = lab_yaml_get(own ? own : lab_yaml_get(m->map, "*"), "endpoint");
    for (size_t i = 0; list && i < list->items.len; i++) {
        const struct lab_yaml *item = list->items.items[i];
        LAB_AUTOFREE char *host = item->kind == LAB_YAML_SCALAR ? host_of(item->text) : NULL;
        if (host && lab_lint_is_inside(lab, host))
            return true;
    }
    return false;
}

static bool is_registry_inside(const struct lab_lint_lab *lab, const char *registry)
{
    LAB_AUTOFREE char *host = host_of(registry);
    return lab_lint_is_inside(lab, host);
}

struct node_images {
    const struct lab_lint_lab *lab;
    struct lab_refs there;
    struct mirrors mirrors;
    struct airgap_verdict v;
    size_t pods, used;
};

static void judge_pod(struct node_images *w, const char *pod, const char *image, const char *policy)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    bool always = strcmp(policy, "Always") == 0;
    w->used++;
    if (lab_image_ref_parse(&ref, image, NULL)) {
        airgap_say(&w->v, LAB_AIRGAP_NOT_PROVED, "%s: '%s' is no name of an image", pod, image);
        return;
    }
    bool there = lab_refs_has(&w->there, &ref);
    bool served =
        is_registry_inside(w->lab, ref.registry) || is_mirrored(&w->mirrors, w->lab, ref.registry);
    if (!there && !served)
        airgap_say(&w->v, LAB_AIRGAP_MISSING, "%s needs %s: not imported, no mirror for %s", pod,
                   image, ref.registry);
    else if (always && !served)
        airgap_say(&w->v, LAB_AIRGAP_MISSING,
                   "%s pulls %s at every start (imagePullPolicy Always), and %s has no mirror", pod,
                   image, ref.registry);
    else if (lab_ref_is_latest(&ref))
        airgap_say(&w->v, LAB_AIRGAP_WARNING, "%s uses %s: whichever came last", pod, image);
}

/* "NODE NAMESPACE/NAME IMAGE POLICY" of this node, or of none yet. */
static void judge_pods(struct node_images *w, const char *node, const char *text)
{
    for (const char *at = text;;) {
        LAB_AUTOFREE char *line = airgap_next(&at, "pod");
        char where[256], pod[512], image[600], policy[64] = "";
        if (!line)
            return;
        if (sscanf(line, "%255s %511s %599s %63s", where, pod, image, policy) < 3)
            continue;
        if (strcmp(where, node) == 0 || strcmp(where, "-") == 0) {
            w->pods++;
            judge_pod(w, pod, image, policy);
        }
    }
}

static bool has(const char *text, const char *key, const char *value)
{
    LAB_AUTOFREE char *got = text ? airgap_first(text, key) : NULL;
    return got && strcmp(got, value) == 0;
}

static bool is_cut(const char *text, const char *key)
{
    for (const char *at = text;;) {
        LAB_AUTOFREE char *got = airgap_next(&at, "cut");
        if (!got || strcmp(got, key) == 0)
            return got != NULL;
    }
}

/* The first master that could ask its API: every one knows all pods. */
static const char *pods_of(const struct lab_airgap_look *looks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (has(looks[i].text, "pods", "asked"))
            return looks[i].text;
    return NULL;
}

static void judge_node(struct node_images *w, const struct lab_airgap_look *look, const char *pods)
{
    read_mirrors(&w->mirrors, look->text);
    for (const char *at = look->text;;) {
        LAB_AUTOFREE char *image = airgap_next(&at, "image");
        if (!image)
            break;
        lab_refs_add(&w->there, image);
    }
    if (has(look->text, "k3s", "no"))
        airgap_say(&w->v, LAB_AIRGAP_NOT_PROVED, "k3s is not installed yet");
    else if (!has(look->text, "images", "asked") || is_cut(look->text, "image"))
        airgap_say(&w->v, LAB_AIRGAP_NOT_PROVED, "containerd could not be asked what is imported");
    if (w->mirrors.broken)
        airgap_say(&w->v, LAB_AIRGAP_NOT_PROVED, "registries.yaml cannot be read");
    if (!pods)
        airgap_say(&w->v, LAB_AIRGAP_NOT_PROVED, "no master could tell which pods there are");
    else if (is_cut(pods, "pod"))
        airgap_say(&w->v, LAB_AIRGAP_NOT_PROVED, "there are more pods than a master told of");
    if (pods && w->v.result == LAB_AIRGAP_OK)
        judge_pods(w, look->node, pods);
}

void airgap_judge_images(struct lab_airgap *out,
                         const struct lab_lint_lab *lab,
                         const struct lab_airgap_look *look,
                         const struct lab_airgap_look *looks,
                         size_t n)
{
    struct node_images w = {.lab = lab};
    if (!look->k3s)
        return;
    judge_node(&w, look, pods_of(looks, n));
    airgap_row(
        out, look->node, "images", &w.v,
        lab_tr(
            "add it to the bundle, or push it to the lab's registry and name that in registries.yaml"),
        "%zu imported; %zu of pods, all imported or mirrored", w.there.list.len, w.used);
    lab_refs_clear(&w.there);
    lab_yaml_doc_clear(&w.mirrors.doc);
}
