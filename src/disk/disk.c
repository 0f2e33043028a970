#include "disk/disk_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"

static const struct {
    const char *name;
    lab_disk_open_fn *open;
} formats[] = {
    [LAB_DISK_RAW] = {"raw", lab_disk_open_raw},
    [LAB_DISK_QCOW2] = {"qcow2", lab_disk_open_qcow2},
    [LAB_DISK_VMDK] = {"vmdk", lab_disk_open_vmdk},
    [LAB_DISK_OVA] = {"ova", lab_disk_open_ova},
};

const char *lab_disk_format_name(enum lab_disk_format format)
{
    return formats[format].name;
}

static int choose(const struct lab_disk_source *source,
                  const char *name,
                  enum lab_disk_format *out,
                  struct lab_error *err)
{
    if (!name)
        return lab_disk_detect(source, out, err);
    for (size_t i = 0; i < LAB_ARRAY_LEN(formats); i++)
        if (strcmp(formats[i].name, name) == 0) {
            *out = (enum lab_disk_format)i;
            return 0;
        }
    return lab_disk_refuse(err, source->path,
                           lab_tr("convert it first (qemu-img convert -O qcow2)"),
                           "is said to be of the format '%.32s', which labctl does not read", name);
}

bool lab_same_file(const char *a, const char *b)
{
    struct plat_stat sa, sb;
    if (plat_stat(a, &sa) < 0 || plat_stat(b, &sb) < 0)
        return false;
    if (sa.inode || sb.inode)
        return sa.inode == sb.inode && sa.size == sb.size && sa.mtime_ns == sb.mtime_ns;
    LAB_AUTOFREE char *pa = plat_absolute(a);
    LAB_AUTOFREE char *pb = plat_absolute(b);
    return strcmp(pa, pb) == 0;
}

static int check_chain(const char *path, const struct lab_disk_chain *chain, struct lab_error *err)
{
    for (const struct lab_disk_chain *c = chain; c; c = c->up)
        if (lab_same_file(path, c->path))
            return lab_disk_refuse(err, c->path,
                                   lab_tr("fetch the image and its backing files again"),
                                   "stands on itself: its chain of backing files comes back to it");
    if (chain && chain->depth >= LAB_DISK_DEPTH_MAX)
        return lab_disk_refuse(err, path,
                               lab_tr("convert it into one image (qemu-img convert -O qcow2)"),
                               "is the backing file of %u others; labctl follows %u", chain->depth,
                               LAB_DISK_DEPTH_MAX - 1);
    return 0;
}

int lab_disk_open_in(struct lab_disk **out,
                     const char *path,
                     const char *format,
                     const struct lab_disk_chain *chain,
                     struct lab_error *err)
{
    struct lab_disk_source *source = NULL;
    const struct lab_disk_chain here = {path, chain, chain ? chain->depth + 1 : 1};
    enum lab_disk_format kind = LAB_DISK_RAW;
    if (check_chain(path, chain, err) < 0 || lab_disk_source_open(&source, path, err) < 0)
        return -1;
    if (choose(source, format, &kind, err) < 0) {
        lab_disk_source_close(source);
        return -1;
    }
    return formats[kind].open(out, source, &here, err);
}

int lab_disk_open(struct lab_disk **out, const char *path, struct lab_error *err)
{
    return lab_disk_open_in(out, path, NULL, NULL, err);
}

const struct lab_disk_info *lab_disk_info(const struct lab_disk *disk)
{
    return &disk->info;
}

void lab_disk_add_file(struct lab_disk *disk, const char *path)
{
    *lab_vec_push(&disk->files) = lab_strdup(path);
}

const char *lab_disk_file(const struct lab_disk *disk, size_t i)
{
    return i < disk->files.len ? disk->files.items[i] : NULL;
}

int lab_disk_map(struct lab_disk *disk,
                 uint64_t offset,
                 struct lab_disk_extent *out,
                 struct lab_error *err)
{
    return disk->ops->map(disk, offset, out, err);
}

int lab_disk_read(
    struct lab_disk *disk, uint64_t offset, void *bytes, size_t n, struct lab_error *err)
{
    return disk->ops->read(disk, offset, bytes, n, err);
}

void lab_disk_close(struct lab_disk *disk)
{
    if (!disk)
        return;
    LAB_VEC_FOREACH (file, &disk->files)
        free(*file);
    lab_vec_clear(&disk->files);
    disk->ops->close(disk);
}

char *lab_disk_sibling(const char *owner, const char *name, const char *what, struct lab_error *err)
{
    struct plat_stat st;
    LAB_AUTOFREE char *folder = lab_path_dir(owner);
    LAB_AUTOFREE char *joined = lab_path_join(folder, name);
    LAB_AUTOFREE char *path = plat_absolute(joined);
    LAB_AUTOFREE char *path_folder = lab_path_dir(path);
    LAB_AUTOFREE char *absolute = plat_absolute(owner);
    LAB_AUTOFREE char *absolute_folder = lab_path_dir(absolute);
    if (strcmp(path_folder, absolute_folder) != 0) {
        lab_disk_refuse(
            err, owner,
            lab_tr("put both into one folder (qemu-img rebase -u -b NAME), or convert it into "
                   "one image (qemu-img convert -O qcow2)"),
            "names '%s' as its %s, which is not in its own folder", name, what);
        return NULL;
    }
    if (plat_lstat(path, &st) < 0) {
        lab_disk_refuse(err, owner, lab_tr("fetch that file too, into the same folder"),
                        "names '%s' as its %s, which is not there", name, what);
        return NULL;
    }
    if (!st.is_file) {
        lab_disk_refuse(err, owner, lab_tr("put the file itself there"),
                        "names '%s' as its %s, which is no plain file", name, what);
        return NULL;
    }
    return lab_path_join(folder, lab_path_base(path));
}
