/* Disks and memory: whether what the lab asks for is there. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "run/doctor.h"
#include "state/state.h"

/* --- disks ------------------------------------------------------------------------------------ */

/* The folder, or the nearest one above it that exists: it will be made on the same file system. */
static char *existing(const char *folder)
{
    struct plat_stat st;
    char *at = plat_absolute(folder);
    while (plat_stat(at, &st) != 0) {
        char *above = lab_path_dir(at);
        bool top = strcmp(above, at) == 0;
        free(at);
        at = above;
        if (top)
            break;
    }
    return at;
}

/* One file system and everything that goes there. */
struct volume {
    char *at; /* a folder of it that exists */
    uint64_t now, peak, later;
    struct lab_str folders, parts;
};

static struct volume *volume_of(struct volume *list, size_t *n, const char *folder)
{
    LAB_AUTOFREE char *at = existing(folder);
    for (size_t i = 0; i < *n; i++)
        if (plat_same_disk(list[i].at, at))
            return &list[i];
    list[*n].at = lab_steal(&at);
    return &list[(*n)++];
}

static void put_part(struct lab_str *out, const char *what, uint64_t bytes)
{
    if (!bytes)
        return;
    lab_str_addf(out, "%s%s ", out->len ? ", " : "", lab_tr(what));
    lab_put_size(out, bytes);
}

static void add(struct volume *v, const struct lab_place *place)
{
    v->now += place->now;
    v->later += place->later;
    if (place->now + place->meanwhile > v->peak)
        v->peak = place->now + place->meanwhile;
    lab_str_addf(&v->folders, "%s%s", v->folders.len ? ", " : "", place->folder);
    put_part(&v->parts, place->what, place->now);
    put_part(&v->parts, LAB_N("for a while"), place->meanwhile);
}

static void judge(const struct volume *v, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    uint64_t has = 0, need = v->now > v->peak ? v->now : v->peak;
    struct lab_finding *f;
    if (plat_free_space(v->at, &has, &err) != 0) {
        f = lab_found_error(out, LAB_N("disk"), LAB_RESULT_UNKNOWN, &err);
        lab_finding_looked(f, "%s", lab_str_get(&v->folders));
        return;
    }
    LAB_AUTO_STR struct lab_str is = LAB_STR_INIT, wants = LAB_STR_INIT;
    lab_put_size(&is, has);
    lab_put_size(&wants, need);
    if (need)
        lab_str_addf(&text, lab_tr("%s free, the lab needs %s"), lab_str_get(&is),
                     lab_str_get(&wants));
    else
        lab_str_addf(&text, lab_tr("%s free, the lab needs nothing more"), lab_str_get(&is));
    if (v->parts.len)
        lab_str_addf(&text, " (%s)", lab_str_get(&v->parts));
    if (v->later) {
        LAB_AUTO_STR struct lab_str later = LAB_STR_INIT;
        lab_put_size(&later, v->later);
        lab_str_addf(&text, lab_tr("; its disks may grow by %s"), lab_str_get(&later));
    }
    bool fits = need <= has, forever = fits && v->later <= has - need;
    f = lab_found(out, LAB_N("disk"),
                  !fits     ? LAB_RESULT_FAIL
                  : forever ? LAB_RESULT_OK
                            : LAB_RESULT_WARNING,
                  "%s", lab_str_get(&text));
    lab_finding_looked(f, "%s", lab_str_get(&v->folders));
    if (!fits)
        lab_finding_fix(f, "free some space, or set LABCTL_HOME or vm_dir to a larger disk");
    else if (!forever)
        lab_finding_fix(f, "the disks are sparse: keep an eye on the free space, or give the nodes "
                           "smaller disks");
}

void lab_doctor_disk(const struct lab_places *places, struct lab_findings *out)
{
    struct volume *list = lab_calloc(places->list.len + 1, sizeof(*list));
    size_t n = 0;
    LAB_VEC_FOREACH (place, &places->list)
        add(volume_of(list, &n, place->folder), place);
    for (size_t i = 0; i < n; i++) {
        judge(&list[i], out);
        lab_str_clear(&list[i].folders);
        lab_str_clear(&list[i].parts);
        free(list[i].at);
    }
    free(list);
}

void lab_doctor_home(struct lab_findings *out)
{
    static const uint64_t enough = (uint64_t)4 << 30;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    LAB_AUTOFREE char *home = lab_home();
    LAB_AUTOFREE char *at = existing(home);
    uint64_t bytes = 0;
    struct lab_finding *f;
    if (plat_free_space(at, &bytes, &err) != 0) {
        f = lab_found_error(out, LAB_N("disk"), LAB_RESULT_UNKNOWN, &err);
    } else {
        lab_put_size(&text, bytes);
        f = lab_found(out, LAB_N("disk"), bytes >= enough ? LAB_RESULT_OK : LAB_RESULT_WARNING,
                      "%s free", lab_str_get(&text));
        if (bytes < enough)
            lab_finding_fix(f, "free some space, or set LABCTL_HOME to a larger disk");
    }
    lab_finding_looked(f, "%s", home);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void put_memory(struct lab_str *out, uint64_t need, uint64_t total, uint64_t available)
{
    LAB_AUTO_STR struct lab_str free_ = LAB_STR_INIT, all = LAB_STR_INIT, wants = LAB_STR_INIT;
    lab_put_size(&free_, available);
    lab_put_size(&all, total);
    lab_put_size(&wants, need);
    if (need)
        lab_str_addf(out, lab_tr("%s of %s can be had, the nodes that do not run yet want %s"),
                     lab_str_get(&free_), lab_str_get(&all), lab_str_get(&wants));
    else
        lab_str_addf(out, lab_tr("%s of %s can be had"), lab_str_get(&free_), lab_str_get(&all));
}

void lab_doctor_memory(const struct lab_demand *demand, struct lab_findings *out)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    uint64_t total, available, need = 0;
    struct lab_finding *f;
    if (demand)
        LAB_VEC_FOREACH (node, &demand->nodes)
            need += node->running ? 0 : node->memory_bytes;
    if (plat_memory(&total, &available, &err) != 0) {
        lab_found_error(out, LAB_N("memory"), LAB_RESULT_UNKNOWN, &err);
        return;
    }
    put_memory(&text, need, total, available);
    f = lab_found(out, LAB_N("memory"),
                  need > total       ? LAB_RESULT_FAIL
                  : need > available ? LAB_RESULT_WARNING
                                     : LAB_RESULT_OK,
                  "%s", lab_str_get(&text));
    lab_finding_looked(f, "memory and swap of this host");
    if (need > total)
        lab_finding_fix(f, "give the nodes less memory in lab.yaml, or make fewer of them");
    else if (need > available)
        lab_finding_fix(f, "end other programs or VMs: else the host will swap, or kill a VM");
}
