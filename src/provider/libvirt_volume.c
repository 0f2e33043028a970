#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "provider/libvirt_impl.h"
#include "provider/virsh.h"

void lab_libvirt_names_clear(struct lab_libvirt_names *names)
{
    LAB_VEC_FOREACH (name, &names->list)
        free(*name);
    lab_vec_clear(&names->list);
}

bool lab_libvirt_names_has(const struct lab_libvirt_names *names, const char *name)
{
    for (size_t i = 0; i < names->list.len; i++) {
        if (strcmp(names->list.items[i], name) == 0)
            return true;
    }
    return false;
}

/* " NAME   PATH": the name may hold spaces, but the path is the pool's and then the name. */
static void read_list(struct lab_libvirt_names *out, const char *text, const char *pool_path)
{
    LAB_AUTOFREE char *before = lab_format(" %s/", pool_path);
    while (*text) {
        size_t n = strcspn(text, "\n");
        LAB_AUTOFREE char *line = lab_strndup(text, n);
        text += n + (text[n] == '\n');
        char *name = strstr(line, before);
        if (!name)
            continue;
        name += strlen(before);
        for (size_t len = strlen(name); len > 0 && name[len - 1] == ' '; len--)
            name[len - 1] = '\0';
        *lab_vec_push(&out->list) = lab_strdup(name);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int lab_libvirt_volumes(struct lab_libvirt *lv,
                        enum lab_libvirt_pool_kind kind,
                        struct lab_libvirt_names *out,
                        struct lab_error *err)
{
    const struct lab_libvirt_pool *pool = &lv->pools[kind];
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "vol-list", "--pool", pool->name, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("list the volumes of pool '%s'"), pool->name);
    if (lab_virsh_do(&c, what, NULL, err) != 0)
        return -1;
    read_list(out, lab_str_get(&c.out), pool->path);
    if (out->list.len)
        qsort(out->list.items, out->list.len, sizeof(*out->list.items), by_name);
    return 0;
}

char *lab_libvirt_volume_path(const struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume)
{
    return lab_format("%s/%s", lv->pools[kind].path, volume);
}

int lab_libvirt_volume_number(struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume,
                              const char *key,
                              uint64_t *out,
                              struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "vol-info", "--bytes", "--pool", lv->pools[kind].name, "--vol", volume,
                   (char *)NULL);
    if (strcmp(key, LAB_VOLUME_FILE_SIZE) == 0)
        lab_child_arg(&c, "--physical");
    LAB_AUTOFREE char *what = lab_format(lab_tr("read the size of volume '%s'"), volume);
    if (lab_virsh_do(&c, what, NULL, err) != 0)
        return -1;
    if (lab_libvirt_read_bytes(lab_str_get(&c.out), key, out) == 0)
        return 0;
    return lab_fail(err, LAB_HYPERVISOR, "cannot %s (%s): vol-info did not tell '%s'", what,
                    lv->uri, key);
}

int lab_libvirt_volume_create(struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume,
                              uint64_t bytes,
                              struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "vol-create-as", "--pool", lv->pools[kind].name, "--name", volume,
                   "--allocation", "0", "--format", "raw", "--capacity", (char *)NULL);
    lab_child_argf(&c, "%llu", (unsigned long long)bytes);
    LAB_AUTOFREE char *what = lab_format(lab_tr("make volume '%s'"), volume);
    /* Its name is of this attempt alone: it was made by a call whose answer was lost. */
    return lab_virsh_do(&c, what, "exists already", err);
}

int lab_libvirt_volume_delete(struct lab_libvirt *lv,
                              enum lab_libvirt_pool_kind kind,
                              const char *volume,
                              struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    lab_virsh_init(&c, lv->uri);
    lab_child_args(&c, "vol-delete", "--pool", lv->pools[kind].name, "--vol", volume, (char *)NULL);
    LAB_AUTOFREE char *what = lab_format(lab_tr("delete volume '%s'"), volume);
    return lab_virsh_do(&c, what, "failed to get vol", err);
}
