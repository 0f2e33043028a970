/* Images from a registry, into images/oci of the bundle: not in this build. */
#include "bundle/create_priv.h"

static int pull_image(struct lab_create *c, const char *ref, struct lab_error *err)
{
    (void)c;
    lab_fail(err, LAB_HOST, "cannot fetch the image '%s': this build cannot pull images", ref);
    return lab_error_hint(err,
                          "save it to a file with 'skopeo copy docker://%s "
                          "docker-archive:image.tar:%s' or 'docker save', and name the file",
                          ref, ref);
}

int lab_create_pull_images(struct lab_create *c, struct lab_error *err)
{
    LAB_VEC_FOREACH (image, &c->recipe.images)
        if (!image->is_archive && pull_image(c, image->source, err) < 0)
            return -1;
    return 0;
}
