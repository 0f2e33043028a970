/* The libvirt provider: QEMU guests through virsh, on this host or another one. */
#include <libxml/parser.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "platform.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"
#include "provider/virsh_lost.h"

/* Beside libvirt's own volumes: the one place that every host's AppArmor profile, SELinux policy
 * and file modes let QEMU read. */
#define SYSTEM_IMAGES "/var/lib/libvirt/images"
#define IMAGES_POOL   "labctl_images"

static void free_impl(struct lab_libvirt *lv)
{
    for (size_t i = 0; i < LAB_POOL_KINDS; i++) {
        free(lv->pools[i].name);
        free(lv->pools[i].path);
    }
    uv_mutex_destroy(&lv->lock);
    uv_mutex_destroy(&lv->upload_lock);
    uv_cond_destroy(&lv->upload_done);
    lab_vec_clear(&lv->uploads);
    free(lv->uri);
    free(lv->lab);
    free(lv->lab_id);
    free(lv->home);
    free(lv->owner_home);
    free(lv->homes);
    free(lv);
}

static void name_pools(struct lab_libvirt *lv)
{
    struct lab_libvirt_pool *lab = &lv->pools[LAB_POOL_LAB];
    struct lab_libvirt_pool *images = &lv->pools[LAB_POOL_IMAGES];
    lab->name = lab_format("labctl-%s", lv->lab);
    images->name = lab_strdup(IMAGES_POOL);
    lab_libvirt_pool_uuid(lv->lab_id, lab->uuid);
    lab_uuid_named("labctl pool of base images", images->uuid);
    if (!lv->session) {
        lab->path = lab_format(SYSTEM_IMAGES "/%s", lab->name);
        images->path = lab_format(SYSTEM_IMAGES "/%s", images->name);
        return;
    }
    /* The user's own QEMU reads what the user reads: LABCTL_HOME, two levels above the lab. */
    LAB_AUTOFREE char *labs = lab_path_dir(lv->home);
    LAB_AUTOFREE char *top = lab_path_dir(labs);
    lab->path = lab_path_join(lv->home, "volumes");
    images->path = lab_path_join(top, IMAGES_POOL);
}

static struct lab_libvirt *new_impl(const struct lab_provider_config *config)
{
    struct lab_libvirt *lv = lab_alloc(sizeof(*lv));
    lv->uri = lab_strdup(config->uri ? config->uri : LAB_LIBVIRT_DEFAULT_URI);
    lv->lab = lab_strdup(config->owner.lab ? config->owner.lab : "");
    lv->lab_id = lab_strdup(config->owner.lab_id ? config->owner.lab_id : "");
    lv->owner_home = lab_strdup(config->owner.home ? config->owner.home : "");
    lv->homes = config->homes ? lab_strdup(config->homes) : NULL;
    lv->owner = (struct lab_owner){lv->lab, lv->lab_id, lv->owner_home};
    lv->home = config->home ? lab_strdup(config->home) : plat_temp_dir();
    lv->session = lab_virsh_uri_is_session(lv->uri);
    lv->remote = !lab_virsh_uri_is_local(lv->uri);
    lv->kvm = -1;
    lv->notice = config->notice;
    lv->notice_arg = config->notice_arg;
    uv_mutex_init(&lv->lock);
    uv_mutex_init(&lv->upload_lock);
    uv_cond_init(&lv->upload_done);
    name_pools(lv);
    return lv;
}

static int check_uri(const char *uri, struct lab_error *err)
{
    if (lab_starts_with(uri, "qemu:///") || lab_starts_with(uri, "qemu+") ||
        lab_starts_with(uri, "qemu://"))
        return 0;
    lab_fail(err, LAB_USAGE, "labctl drives QEMU through libvirt; '%s' is not a qemu URI", uri);
    return lab_error_hint(err, "leave out libvirt.uri for qemu:///system, or use "
                               "qemu+ssh://USER@HOST/system");
}

static int reach(struct lab_libvirt *lv, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_forget();
    lab_virsh_init(&c, lv->uri);
    c.timeout_ms = lv->remote ? 60000 : 20000;
    lab_child_arg(&c, "uri");
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_virsh_run(&c, &why) == 0)
        return c.status == 0 ? 0 : lab_virsh_fail(&c, lab_tr("connect to libvirt"), err);
    if (why.code == LAB_TIMEOUT || (c.status < 0 && !c.signal)) /* else libvirt's refusal says so */
        lab_error_wrap(&why, "cannot connect to libvirt");
    if (err)
        lab_error_move(err, &why);
    return -1;
}

static int
open_(struct lab_provider *p, const struct lab_provider_config *config, struct lab_error *err)
{
    /* libxml2 sets up its globals here, once, before worker threads parse. */
    xmlInitParser();
    struct lab_libvirt *lv = new_impl(config);
    if (check_uri(lv->uri, err) != 0 || reach(lv, err) != 0) {
        free_impl(lv);
        return -1;
    }
    p->ops = &lab_libvirt_ops;
    p->impl = lv;
    return 0;
}

static void close_(struct lab_provider *p)
{
    if (p->impl)
        free_impl(p->impl);
    p->impl = NULL;
}

void lab_libvirt_notice(const struct lab_libvirt *lv, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *text = lab_vtr(fmt, ap);
    va_end(ap);
    lab_log("%s", text);
    if (lv->notice)
        lv->notice(lv->notice_arg, text);
}

/* --- probe ------------------------------------------------------------------------------------ */

static char *line_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (!at)
        return NULL;
    at += strlen(key);
    return lab_strndup(at, strcspn(at, "\n"));
}

/* On another host no virtual CPU can be tried; there libvirt's word has to do. */
static bool remote_kvm(struct lab_libvirt *lv, const char **why)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "domcapabilities", "--virttype", "kvm", (char *)NULL);
    bool listed = lab_virsh_run(&c, &err) == 0 && c.status == 0;
    *why = listed ? NULL : lab_tr("libvirt on that host does not list KVM");
    return listed;
}

bool lab_libvirt_kvm(struct lab_libvirt *lv, const char **why)
{
    static const char asked_before[] = LAB_N("KVM did not run when it was tried");
    const char *reason = lab_tr(asked_before);
    uv_mutex_lock(&lv->lock);
    if (lv->kvm < 0 || (why && lv->kvm == 0))
        lv->kvm = lv->remote ? remote_kvm(lv, &reason) : plat_kvm_runs(&reason);
    bool runs = lv->kvm == 1;
    uv_mutex_unlock(&lv->lock);
    if (why)
        *why = runs ? NULL : reason;
    return runs;
}

static int probe(struct lab_provider *p, struct lab_host_info *out, struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "version", "--daemon", (char *)NULL);
    if (lab_virsh_do(&c, lab_tr("ask libvirt for its version"), NULL, err) != 0)
        return -1;
    const char *text = lab_str_get(&c.out);
    LAB_AUTOFREE char *daemon = line_after(text, "Running against daemon: ");
    LAB_AUTOFREE char *library = line_after(text, "Using library: libvirt ");
    LAB_AUTOFREE char *hypervisor = line_after(text, "Running hypervisor: ");
    const char *why;
    out->accelerated = lab_libvirt_kvm(lv, &why);
    out->why = lab_strdup(why);
    out->hypervisor = lab_format("libvirt %s, %s",
                                 daemon    ? daemon
                                 : library ? library
                                           : lab_tr("of unknown version"),
                                 hypervisor ? hypervisor : lab_tr("QEMU of unknown version"));
    return 0;
}

/* --- XML files ----------------------------------------------------------------------------------
 */

/* A file, not stdin: virsh opens it by name, and /dev/stdin cannot be opened when it is the socket
 * pair that libuv makes. The lab's folder is ours alone, and teardown removes it with what a kill
 * may have left. */
int lab_libvirt_xml_file(struct lab_libvirt *lv,
                         const struct lab_str *xml,
                         char **path,
                         struct lab_error *err)
{
    char token[17];
    lab_random_hex(token, 16);
    if (plat_mkdirs(lv->home, 0700, err) != 0)
        return -1;
    LAB_AUTOFREE char *name = lab_format("libvirt-%s.xml", token);
    LAB_AUTOFREE char *file = lab_path_join(lv->home, name);
    if (lab_file_replace(file, lab_str_get(xml), xml->len, 0600, err) != 0)
        return -1;
    *path = lab_steal(&file);
    return 0;
}

void lab_libvirt_xml_done(char **path)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    if (*path && plat_remove(*path, &err) != 0)
        lab_log("%s", err.message);
    free(*path);
    *path = NULL;
}

const struct lab_provider_ops lab_libvirt_ops = {
    .kind = LAB_PROVIDER_LIBVIRT,
    .name = "libvirt",
    .open = open_,
    .close = close_,
    .probe = probe,
    .look_network = lab_libvirt_look_network,
    .ensure_network = lab_libvirt_ensure_network,
    .remove_network = lab_libvirt_remove_network,
    .import_base = lab_libvirt_import_base,
    .put_medium = lab_libvirt_put_medium,
    .remove_medium = lab_libvirt_remove_medium,
    .define = lab_libvirt_define,
    .start = lab_libvirt_start,
    .soft_stop = lab_libvirt_soft_stop,
    .live_console = lab_libvirt_live_console,
    .hard_stop = lab_libvirt_hard_stop,
    .grow_disk = lab_libvirt_grow_disk,
    .destroy = lab_libvirt_destroy,
    .snapshot = lab_libvirt_snapshot,
    .revert = lab_libvirt_revert,
    .delete_snapshot = lab_libvirt_delete_snapshot,
    .snapshots = lab_libvirt_snapshots,
    .query = lab_libvirt_query,
    .find = lab_libvirt_find,
    .remove_lab = lab_libvirt_remove_lab,
    .diagnose = lab_libvirt_diagnose,
    .room = lab_libvirt_room,
    .records = lab_libvirt_records,
};
