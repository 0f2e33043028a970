#include "run/payload_fit.h"

#include "base/i18n.h"
#include "base/text.h"
#include "bundle/manifest.h"
#include "media/iso.h"

struct room {
    uint64_t bytes; /* of the payload's files */
    uint64_t least; /* without so much free a guest refuses to copy them */
    uint64_t wants; /* the bundle's own estimate for all that is made of it in a node */
};

/* The guest's own condition before it copies (check_space in seeds/guest/copy-payload). Its file
 * system has no more free than the disk has bytes, so a disk that is smaller than this fails for
 * sure. What the system itself takes is left out: how much of an image is in use is not known, and
 * its virtual size says nothing, since most of it is empty. */
static uint64_t least(uint64_t bytes)
{
    return bytes + bytes / 20 + ((uint64_t)64 << 20);
}

/* min_free_bytes is an estimate on the safe side, and an image is hardly full: together no more
 * than a reason to warn. An image as large as the disk (one that was made to measure) is not
 * counted, or every such lab would be warned of. */
static bool is_tight(const struct lab_spec *spec, const struct lab_node *node, uint64_t wants)
{
    uint64_t image = spec->images.items[node->image].virtual_size;
    return wants > (image < node->disk_bytes ? node->disk_bytes - image : node->disk_bytes);
}

static void judge(const struct lab_spec *spec,
                  const struct lab_node *node,
                  const struct room *room,
                  struct lab_problems *out)
{
    bool given = node->disk_pos.line != 0, never = room->least > node->disk_bytes;
    if (!never && !is_tight(spec, node, room->wants))
        return;
    LAB_AUTO_STR struct lab_str disk = LAB_STR_INIT, bytes = LAB_STR_INIT, need = LAB_STR_INIT;
    lab_put_size(&disk, node->disk_bytes);
    lab_put_size(&bytes, room->bytes);
    lab_put_size(&need, never ? room->least : room->wants);
    lab_problems_add(
        out, never ? LAB_PROBLEM_ERROR : LAB_PROBLEM_WARNING, given ? node->disk_pos : node->pos,
        never ? "%s is %s, but the payload (%s) needs %s free in every node, beside the "
                "system"
              : lab_tr("%s is %s, which may be too little: the payload (%s) wants about %s "
                       "free beside the system"),
        given ? "'disk_size'" : lab_tr("the disk, without 'disk_size',"), lab_str_get(&disk),
        lab_str_get(&bytes), lab_str_get(&need));
}

static int measure(const struct lab_payload *payload, struct room *room, struct lab_error *err)
{
    LAB_AUTO_MANIFEST struct lab_manifest manifest = {0};
    if (lab_payload_count(payload->dir, NULL, &room->bytes, err))
        return -1;
    room->least = room->wants = least(room->bytes);
    /* one that cannot be read is refused by those who verify it */
    if (payload->bundle && lab_manifest_load(&manifest, payload->bundle, NULL) == 0 &&
        manifest.min_free_bytes > room->wants)
        room->wants = manifest.min_free_bytes;
    return 0;
}

int lab_payload_fit(const struct lab_spec *spec,
                    const bool *anew,
                    struct lab_problems *problems,
                    struct lab_error *err)
{
    struct room room;
    if (!spec->payload.dir)
        return 0;
    if (measure(&spec->payload, &room, err))
        return -1;
    for (size_t i = 0; i < spec->nodes.len; i++)
        if (!anew || anew[i])
            judge(spec, &spec->nodes.items[i], &room, problems);
    return 0;
}

int lab_payload_check(struct lab_run *run, const bool *anew, struct lab_error *err)
{
    struct lab_problems problems = {{0}, 0, 0};
    int rc = lab_payload_fit(run->spec, anew, &problems, err);
    LAB_VEC_FOREACH (p, &problems.list) {
        LAB_AUTOFREE char *text =
            lab_format("%s:%d:%d: %s", run->spec->file, p->pos.line, p->pos.column, p->message);
        if (p->severity == LAB_PROBLEM_WARNING)
            lab_run_warning(run, "%s", text);
        else if (rc == 0)
            rc = lab_fail(err, LAB_USAGE, "%s", text);
    }
    lab_problems_clear(&problems);
    return rc ? lab_error_hint(err,
                               "give the nodes a larger disk_size, or leave out of the payload "
                               "what they do not need")
              : 0;
}
