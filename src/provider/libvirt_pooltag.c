/* Whose a lab's pool is: a pool has no metadata (formatstorage.html), so an empty volume in it
 * carries the tag in its name, "labctl.ID.HOME", HOME being 16 digits of the SHA-256 of
 * lab_home_tag(). Nobody else's pool can have it: the pool's own UUID is made from the ID. */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/log.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

#define PREFIX "labctl."
enum { HOME_DIGITS = 16, ID_LEN = LAB_UUID_TEXT - 1 };

static char *tag_of(const char *id, const char *home)
{
    char sum[LAB_SHA256_HEX];
    lab_sha256_hex(home, strlen(home), sum);
    return lab_format(PREFIX "%s.%.*s", id, HOME_DIGITS, sum);
}

/* Another one's is not known, only its sum. */
static char *elsewhere(const char *volume)
{
    return lab_format(lab_tr("another LABCTL_HOME (%s)"), volume + strlen(PREFIX) + ID_LEN + 1);
}

bool lab_libvirt_is_pool_tag(const char *volume)
{
    return strncmp(volume, PREFIX, strlen(PREFIX)) == 0 &&
           strlen(volume) == strlen(PREFIX) + ID_LEN + 1 + HOME_DIGITS &&
           volume[strlen(PREFIX) + ID_LEN] == '.';
}

int lab_libvirt_tag_pool(struct lab_libvirt *lv,
                         const struct lab_libvirt_names *volumes,
                         struct lab_error *err)
{
    LAB_AUTOFREE char *tag = tag_of(lv->lab_id, lv->owner_home);
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    LAB_VEC_FOREACH (name, &volumes->list)
        if (lab_libvirt_is_pool_tag(*name))
            return 0; /* also one from where this LABCTL_HOME was before */
    lab_child_args(&c, "vol-create-as", "--pool", lv->pools[LAB_POOL_LAB].name, "--name", tag,
                   "--capacity", "0", "--format", "raw", (char *)NULL);
    /* another node's worker may have been faster */
    return lab_virsh_do(&c, lab_tr("tag the lab's storage pool"), "exists already", err);
}

/* The id in the tag, when the pool's UUID is made from it; else NULL. */
static char *id_in(const char *volume, const char *pool_uuid)
{
    char made[LAB_UUID_TEXT];
    if (!lab_libvirt_is_pool_tag(volume))
        return NULL;
    LAB_AUTOFREE char *id = lab_format("%.*s", (int)ID_LEN, volume + strlen(PREFIX));
    lab_libvirt_pool_uuid(id, made);
    return strcmp(made, pool_uuid) == 0 ? lab_steal(&id) : NULL;
}

static bool is_of_homes(const char *volume, const char *id, const char *homes)
{
    LAB_AUTOFREE char *lines = lab_strdup(homes);
    LAB_AUTOFREE char *adopted = elsewhere(volume);
    char *rest = lines;
    for (char *home; (home = strtok_r(rest, "\n", &rest));) {
        LAB_AUTOFREE char *tag = tag_of(id, home);
        if (strcmp(tag, volume) == 0 || strcmp(home, adopted) == 0)
            return true;
    }
    return false;
}

/* A ledger that was edited names the id, and so the pool, of a lab in another LABCTL_HOME. */
int lab_libvirt_pool_is_theirs(struct lab_libvirt *lv, bool *theirs, struct lab_error *err)
{
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    *theirs = false;
    if (!lv->homes)
        return 0;
    if (lab_libvirt_volumes(lv, LAB_POOL_LAB, &names, err) != 0)
        return -1;
    LAB_VEC_FOREACH (name, &names.list) {
        LAB_AUTOFREE char *id = id_in(*name, lv->pools[LAB_POOL_LAB].uuid);
        if (id)
            *theirs = !is_of_homes(*name, id, lv->homes);
    }
    return 0;
}

int lab_libvirt_read_pool_tag(
    struct lab_libvirt *lv, const char *pool_uuid, char **id, char **home, struct lab_error *err)
{
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    *id = *home = NULL;
    if (lab_libvirt_volumes(lv, LAB_POOL_LAB, &names, err) != 0)
        return -1;
    LAB_VEC_FOREACH (name, &names.list) {
        LAB_AUTOFREE char *found = *id ? NULL : id_in(*name, pool_uuid);
        if (!found)
            continue;
        LAB_AUTOFREE char *here = tag_of(found, lv->owner_home);
        *home = strcmp(*name, here) == 0 ? lab_strdup(lv->owner_home) : elsewhere(*name);
        *id = lab_steal(&found);
    }
    return 0;
}
