#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "provider/libvirt_impl.h"
#include "provider/libvirt_xml.h"
#include "provider/virsh.h"

/* What libvirt says about one of our two pools. */
struct pool_look {
    bool exists, ours, active;
    char *path, *uuid;
    uint64_t available;
};

static void look_clear(struct pool_look *l)
{
    free(l->path);
    free(l->uuid);
}

static int look(struct lab_libvirt *lv,
                const struct lab_libvirt_pool *pool,
                struct pool_look *out,
                struct lab_error *err)
{
    LAB_AUTO_VIRSH_BATCH struct lab_virsh_batch b;
    lab_virsh_batch_init(&b, lv->uri);
    size_t xml = lab_virsh_batch_add(&b, "pool-dumpxml", "--pool", pool->name, (char *)NULL);
    size_t active = lab_virsh_batch_add(&b, "pool-list", "--name", (char *)NULL);
    if (lab_virsh_batch_run(&b, err) != 0)
        return -1;
    const char *text = b.parts.items[xml];
    if (!*text) {
        if (strstr(lab_str_get(&b.child.errout), "failed to get pool"))
            return 0;
        return lab_virsh_fail(&b.child, lab_tr("read the storage pool"), err);
    }
    struct lab_libvirt_pool_info info = {0};
    if (lab_libvirt_read_pool(&info, text, err) != 0)
        return -1;
    out->exists = true;
    out->ours = info.uuid && strcmp(info.uuid, pool->uuid) == 0;
    out->active = lab_has_line(b.parts.items[active], pool->name);
    out->path = lab_steal(&info.path);
    out->uuid = lab_steal(&info.uuid);
    out->available = info.available;
    lab_libvirt_pool_info_clear(&info);
    return 0;
}

void lab_libvirt_pool_uuid(const char *lab_id, char uuid[LAB_UUID_TEXT])
{
    LAB_AUTOFREE char *seed = lab_format("labctl pool %s", lab_id);
    lab_uuid_named(seed, uuid);
}

int lab_libvirt_pool_of(struct lab_libvirt *lv,
                        const char *lab_id,
                        char **path,
                        struct lab_error *err)
{
    struct lab_libvirt_pool pool = {.name = lv->pools[LAB_POOL_LAB].name};
    struct pool_look now = {0};
    lab_libvirt_pool_uuid(lab_id, pool.uuid);
    *path = NULL;
    if (look(lv, &pool, &now, err) != 0)
        return -1;
    if (now.ours)
        *path = now.path ? lab_steal(&now.path) : lab_strdup(lab_tr("no path"));
    look_clear(&now);
    return 0;
}

int lab_libvirt_pool_owner(
    struct lab_libvirt *lv, char **id, char **home, char **path, struct lab_error *err)
{
    struct lab_libvirt_pool *pool = &lv->pools[LAB_POOL_LAB];
    LAB_CLEANUP(look_clear) struct pool_look now = {0};
    *id = *home = *path = NULL;
    if (look(lv, pool, &now, err) != 0)
        return -1;
    if (!now.exists || !now.active || !now.uuid || !now.path)
        return 0;
    lab_assign(&pool->path, now.path);
    if (lab_libvirt_read_pool_tag(lv, now.uuid, id, home, err) != 0)
        return -1;
    *path = *id ? lab_steal(&now.path) : NULL;
    return 0;
}

static int conflict(const struct lab_libvirt *lv,
                    const struct lab_libvirt_pool *pool,
                    const char *path,
                    struct lab_error *err)
{
    bool images = pool == &lv->pools[LAB_POOL_IMAGES];
    lab_fail(err, LAB_CONFLICT, "storage pool '%s' (%s) on %s %s; it is left alone", pool->name,
             path ? path : lab_tr("no path"), lv->uri,
             images ? lab_tr("was not made by labctl")
                    : lab_tr("belongs to a lab of the same name under another LABCTL_HOME"));
    if (images)
        return lab_error_hint(err,
                              "remove it if nobody needs it: virsh -c '%s' pool-destroy %s; "
                              "virsh -c '%s' pool-undefine %s",
                              lv->uri, pool->name, lv->uri, pool->name);
    return lab_error_hint(err,
                          "give this lab another name, or remove it if nobody needs it: "
                          "virsh -c '%s' pool-destroy %s; virsh -c '%s' pool-undefine %s",
                          lv->uri, pool->name, lv->uri, pool->name);
}

static int act(struct lab_libvirt *lv,
               const char *command,
               const char *pool,
               const char *fine,
               struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = 120000;
    lab_child_args(&c, command, "--pool", pool, (char *)NULL);
    LAB_AUTOFREE char *what =
        lab_format(lab_tr("%s storage pool '%s'"), command + strlen("pool-"), pool);
    return lab_virsh_do(&c, what, fine, err);
}

static int
define(struct lab_libvirt *lv, const struct lab_libvirt_pool *pool, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str xml = LAB_STR_INIT;
    LAB_AUTO_XML_FILE char *file = NULL;
    LAB_AUTO_CHILD struct lab_child c;
    lab_libvirt_put_pool(&xml, pool->name, pool->uuid, pool->path);
    lab_virsh_init(&c, lv->uri);
    if (lab_libvirt_xml_file(lv, &xml, &file, err) != 0)
        return -1;
    lab_child_args(&c, "pool-define", "--file", file, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("define storage pool '%s'"), pool->name);
    if (lab_virsh_run(&c, err) != 0)
        return -1;
    if (lab_virsh_says(&c, "already exists with uuid"))
        return conflict(lv, pool, pool->path, err);
    return c.status == 0 ? 0 : lab_virsh_fail(&c, what, err);
}

/* build makes the folder with its mode and is harmless when it is there. */
static int
activate(struct lab_libvirt *lv, const struct lab_libvirt_pool *pool, struct lab_error *err)
{
    if (act(lv, "pool-build", pool->name, NULL, err) != 0)
        return -1;
    return act(lv, "pool-start", pool->name, "is already active", err);
}

static int bring_up(struct lab_libvirt *lv,
                    struct lab_libvirt_pool *pool,
                    bool make,
                    bool *there,
                    struct lab_error *err)
{
    LAB_CLEANUP(look_clear) struct pool_look now = {0};
    if (look(lv, pool, &now, err) != 0)
        return -1;
    const char *path = now.path;
    *there = now.exists && now.ours;
    if (now.exists && !now.ours)
        return make ? conflict(lv, pool, path, err) : 0;
    if (!now.exists) {
        if (!make)
            return 0;
        if (define(lv, pool, err) != 0)
            return -1;
        *there = true;
    } else if (path) {
        lab_assign(&pool->path, path);
    }
    if (!now.active && activate(lv, pool, err) != 0)
        return -1;
    bool theirs = false;
    if (now.exists && pool == &lv->pools[LAB_POOL_LAB] &&
        lab_libvirt_pool_is_theirs(lv, &theirs, err) != 0)
        return -1;
    if (theirs) {
        *there = false;
        return make ? conflict(lv, pool, path, err) : 0;
    }
    pool->ready = true;
    return 0;
}

static int open_pool(struct lab_libvirt *lv,
                     enum lab_libvirt_pool_kind kind,
                     bool make,
                     bool *there,
                     struct lab_error *err)
{
    struct lab_libvirt_pool *pool = &lv->pools[kind];
    uv_mutex_lock(&lv->lock);
    *there = pool->ready;
    int rc = pool->ready ? 0 : bring_up(lv, pool, make, there, err);
    uv_mutex_unlock(&lv->lock);
    return rc;
}

int lab_libvirt_pool_ensure(struct lab_libvirt *lv,
                            enum lab_libvirt_pool_kind kind,
                            struct lab_error *err)
{
    bool there;
    return open_pool(lv, kind, true, &there, err);
}

int lab_libvirt_pool_open(struct lab_libvirt *lv,
                          enum lab_libvirt_pool_kind kind,
                          bool *there,
                          struct lab_error *err)
{
    return open_pool(lv, kind, false, there, err);
}

int lab_libvirt_pool_available(struct lab_libvirt *lv,
                               enum lab_libvirt_pool_kind kind,
                               uint64_t *bytes,
                               struct lab_error *err)
{
    const struct lab_libvirt_pool *pool = &lv->pools[kind];
    struct pool_look now = {0};
    if (act(lv, "pool-refresh", pool->name, NULL, err) != 0 || look(lv, pool, &now, err) != 0)
        return -1;
    *bytes = now.available;
    look_clear(&now);
    return 0;
}

/* Everything in the lab's pool is the lab's, also what somebody put there by hand. Its tag goes
 * last. */
static int empty(struct lab_libvirt *lv, struct lab_error *err)
{
    if (act(lv, "pool-refresh", lv->pools[LAB_POOL_LAB].name, NULL, err) != 0)
        return -1;
    LAB_AUTO_NAMES struct lab_libvirt_names names = {{0}};
    if (lab_libvirt_volumes(lv, LAB_POOL_LAB, &names, err) != 0)
        return -1;
    for (int tags = 0; tags < 2; tags++)
        LAB_VEC_FOREACH (name, &names.list)
            if (lab_libvirt_is_pool_tag(*name) == tags &&
                lab_libvirt_volume_delete(lv, LAB_POOL_LAB, *name, err) != 0)
                return -1;
    return 0;
}

static int take_down(struct lab_libvirt *lv, struct lab_error *err)
{
    struct lab_libvirt_pool *pool = &lv->pools[LAB_POOL_LAB];
    bool there;
    if (lab_libvirt_pool_open(lv, LAB_POOL_LAB, &there, err) != 0 || empty(lv, err) != 0)
        return -1;
    uv_mutex_lock(&lv->lock);
    pool->ready = false;
    uv_mutex_unlock(&lv->lock);
    if (act(lv, "pool-destroy", pool->name, "is not active", err) != 0)
        return -1;
    return act(lv, "pool-delete", pool->name, NULL, err);
}

int lab_libvirt_remove_lab(struct lab_provider *p, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    bool there;
    if (lab_libvirt_pool_open(lv, LAB_POOL_LAB, &there, err) != 0)
        return -1;
    if (!there) {
        lab_log("lab '%s' has no storage pool of its own on %s", lv->lab, lv->uri);
        return 0;
    }
    LAB_AUTO_ERROR struct lab_error first = LAB_ERROR_INIT;
    if (take_down(lv, &first) != 0) {
        /* A virsh that a killed labctl left behind may just have added a volume. */
        lab_log("%s; once more", first.message);
        if (take_down(lv, err) != 0)
            return -1;
    }
    return act(lv, "pool-undefine", lv->pools[LAB_POOL_LAB].name, "failed to get pool", err);
}
