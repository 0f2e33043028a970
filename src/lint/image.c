#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "lint/text.h"

static bool is_ours(const struct lint_text *t, const struct lab_image_ref *ref)
{
    return t->lab->registry && strcmp(t->lab->registry, ref->registry) == 0;
}

/* kubelet's default for latest is Always: it asks the registry even for an image that is there
 * (kubernetes.io/docs/concepts/containers/images, "Default image pull policy"). */
static void check_latest(const struct lint_text *t, size_t offset, const char *name, bool named)
{
    lint_add(
        t, offset, named ? LAB_LINT_WARNING : LAB_LINT_ERROR, name,
        lab_tr("name the version that the bundle has (or at least imagePullPolicy: IfNotPresent)"),
        named
            ? "'latest' is whichever image was imported last"
            : lab_tr("'latest' is pulled at every start, from a registry that cannot be reached"));
}

static void check_list(const struct lint_text *t,
                       size_t offset,
                       const char *name,
                       const struct lab_image_ref *ref,
                       const char *policy)
{
    if (lab_refs_has(t->lab->images, ref)) {
        if (policy && strcmp(policy, "Always") == 0 && !t->lab->registry)
            lint_add(t, offset, LAB_LINT_WARNING, name,
                     lab_tr("write imagePullPolicy: IfNotPresent"),
                     "imagePullPolicy Always asks a registry, and the lab has none");
        return;
    }
    lint_add(
        t, offset, t->lab->registry ? LAB_LINT_WARNING : LAB_LINT_ERROR, name,
        lab_tr("add it to the bundle's image list, or write the version that the list has"),
        t->lab->registry
            ? "the payload's image list lacks it: only the lab's registry could have it"
            : lab_tr(
                  "the payload's image list lacks it, and there is no registry to pull it from"));
}

void lint_image(const struct lint_text *t, size_t offset, const char *name, const char *policy)
{
    LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
    if (strchr(name, '{') || strchr(name, '$') || lab_image_ref_parse(&ref, name, NULL))
        return; /* not written out; or no image: a picture, a disk */
    if (lab_ref_is_latest(&ref))
        check_latest(t, offset, name,
                     is_ours(t, &ref) || (policy && strcmp(policy, "Always") != 0));
    else if (t->lab->images && !is_ours(t, &ref))
        check_list(t, offset, name, &ref, policy);
}
