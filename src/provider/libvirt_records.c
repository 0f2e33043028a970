/* What libvirt keeps of a VM: its definition, and QEMU's log where this host can read it. */
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

enum { LOG_BYTES = 2 * 1024 * 1024 };

/* libvirtd's own places (libvirt, "Logging in the library and the daemon"). Caller frees. */
static char *log_path(const struct lab_libvirt *lv, const char *name)
{
    const char *cache = plat_getenv("XDG_CACHE_HOME"), *home = plat_getenv("HOME");
    if (!lv->session)
        return lab_format("/var/log/libvirt/qemu/%s.log", name);
    if (cache)
        return lab_format("%s/libvirt/qemu/log/%s.log", cache, name);
    return home ? lab_format("%s/.cache/libvirt/qemu/log/%s.log", home, name) : NULL;
}

/* Without --security-info, so without passwords. */
static int definition(const struct lab_libvirt *lv,
                      const struct lab_libvirt_seen *s,
                      const struct lab_record_taker *taker,
                      struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "dumpxml", "--domain", s->def.uuid, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("read the definition of VM '%s'"), s->def.name);
    if (lab_virsh_do(&c, what, NULL, err) != 0)
        return -1;
    taker->take(taker->arg, "domain.xml", &c.out);
    return 0;
}

int lab_libvirt_records(struct lab_provider *p,
                        const char *name,
                        const struct lab_record_taker *taker,
                        struct lab_error *err)
{
    struct lab_libvirt *lv = p->impl;
    LAB_AUTO_SIGHT struct lab_libvirt_sight sight = {{0}};
    struct lab_libvirt_seen *s;
    if (lab_libvirt_see_ours(lv, name, &sight, &s, err) != 0)
        return -1;
    if (!s->exists)
        return lab_libvirt_absent(lv, name, lab_tr("describe"), err);
    if (definition(lv, s, taker, err) != 0)
        return -1;
    LAB_AUTOFREE char *path = lv->remote ? NULL : log_path(lv, s->def.name);
    LAB_AUTO_STR struct lab_str log = LAB_STR_INIT;
    if (path)
        lab_file_tail(path, LOG_BYTES, &log);
    if (log.len)
        taker->take(taker->arg, "qemu.log", &log);
    return 0;
}
