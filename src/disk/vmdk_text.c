/* VMDK descriptors: "key=value" lines, and extents as "RW 4192256 SPARSE "disk-s001.vmdk"" or
 * "RW 4192256 FLAT "disk-flat.vmdk" 0". */
#include "disk/vmdk.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define PARTS_MAX 4096

struct parse {
    struct lab_vmdk_text *out;
    const char *path;
    struct lab_error *err;
    uint64_t sectors;
    unsigned line;
};

static int damaged(const struct parse *p, const char *what)
{
    return lab_disk_damaged(p->err, p->path, "line %u of its descriptor %s", p->line, what);
}

/* Cuts the next word off; words in quotes may hold blanks. NULL at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    if (*word == '\0')
        return NULL;
    bool quoted = *word == '"';
    word += quoted;
    size_t n = quoted ? strcspn(word, "\"") : strcspn(word, " \t");
    *rest = word + n + (word[n] != '\0');
    word[n] = '\0';
    return word;
}

static int kind_of(const struct parse *p, const char *name, enum lab_vmdk_kind *out)
{
    static const struct {
        const char *name;
        enum lab_vmdk_kind kind;
    } kinds[] = {{"SPARSE", LAB_VMDK_SPARSE},
                 {"FLAT", LAB_VMDK_FLAT},
                 {"VMFS", LAB_VMDK_FLAT}, /* flat too, on an ESX host */
                 {"ZERO", LAB_VMDK_ZERO}};
    for (size_t i = 0; name && i < LAB_ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *out = kinds[i].kind;
            return 0;
        }
    return lab_disk_refuse(p->err, p->path, lab_tr("convert it first (qemu-img convert -O qcow2)"),
                           "has an extent of the kind '%.32s' (line %u of its descriptor), which "
                           "labctl does not read",
                           name ? name : "", p->line);
}

static int parse_extent(struct parse *p, char *rest)
{
    struct lab_vmdk_extent e = {0};
    const char *sectors = next_word(&rest), *kind = next_word(&rest);
    if (!sectors || lab_parse_uint(sectors, LAB_DISK_MAX / LAB_DISK_SECTOR, &e.sectors) < 0)
        return damaged(p, lab_tr("has no sensible number of sectors"));
    if (kind_of(p, kind, &e.kind) < 0)
        return -1;
    const char *file = next_word(&rest), *offset = next_word(&rest);
    if (e.kind != LAB_VMDK_ZERO && (!file || *file == '\0'))
        return damaged(p, lab_tr("names no file"));
    if (offset && lab_parse_uint(offset, LAB_DISK_MAX / LAB_DISK_SECTOR, &e.offset) < 0)
        return damaged(p, lab_tr("has no sensible offset"));
    p->sectors += e.sectors;
    if (e.sectors == 0 || p->sectors > LAB_DISK_MAX / LAB_DISK_SECTOR)
        return damaged(p, lab_tr("makes a disk of nothing, or of more than 64 TiB"));
    if (p->out->extents.len >= PARTS_MAX)
        return damaged(p, lab_tr("is one of more extents than labctl reads (4096)"));
    e.file = e.kind == LAB_VMDK_ZERO ? NULL : lab_strdup(file);
    *lab_vec_push(&p->out->extents) = e;
    return 0;
}

static int parse_value(struct parse *p, const char *key, char *rest)
{
    const char *value = next_word(&rest);
    value = value ? value : "";
    if (strcmp(key, "createType") == 0) {
        lab_assign(&p->out->type, value);
    } else if (strcmp(key, "parentCID") == 0 && strcmp(value, "ffffffff") != 0) {
        return lab_disk_refuse(
            p->err, p->path,
            lab_tr("make a full clone of it (vmware-vdiskmanager -r, or the clone of "
                   "the VM)"),
            "is a snapshot or linked clone: it stands on another disk");
    }
    return 0;
}

static int parse_line(struct parse *p, char *line)
{
    static const char *const access[] = {"RW", "RDONLY", "NOACCESS"};
    line += strspn(line, " \t");
    if (*line == '#' || *line == '\0')
        return 0;
    for (size_t i = 0; i < LAB_ARRAY_LEN(access); i++) {
        size_t n = strlen(access[i]);
        if (strncmp(line, access[i], n) == 0 && (line[n] == ' ' || line[n] == '\t'))
            return parse_extent(p, line + n);
    }
    char *equals = strchr(line, '=');
    if (!equals)
        return 0;
    size_t n = (size_t)(equals - line);
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    line[n] = '\0';
    return parse_value(p, line, equals + 1);
}

int lab_vmdk_text_parse(struct lab_vmdk_text *out,
                        const char *path,
                        char *text,
                        struct lab_error *err)
{
    struct parse p = {.out = out, .path = path, .err = err};
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        p.line++;
        if (parse_line(&p, line) < 0)
            return -1;
    }
    if (!out->type || out->extents.len == 0)
        return lab_disk_damaged(err, path, "its descriptor has no createType or no extents");
    return 0;
}

void lab_vmdk_text_clear(struct lab_vmdk_text *text)
{
    LAB_VEC_FOREACH (e, &text->extents)
        free(e->file);
    lab_vec_clear(&text->extents);
    free(text->type);
}
