#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"
#include "provider/vmrun.h"

/* The next line without its end, LF or CRLF; false at the end of the text. */
static bool next_line(const char **at, const char **line, size_t *len)
{
    if (**at == '\0')
        return false;
    *line = *at;
    *len = strcspn(*at, "\n");
    *at += *len + ((*at)[*len] == '\n');
    while (*len > 0 && (*line)[*len - 1] == '\r')
        (*len)--;
    return true;
}

/* Moves *at behind "Total running VMs: N"; warnings may stand before it. */
static bool read_total(const char **at, uint64_t *total)
{
    static const char mark[] = "Total running VMs: ";
    const char *line;
    size_t len;
    while (next_line(at, &line, &len)) {
        if (len <= strlen(mark) || memcmp(line, mark, strlen(mark)) != 0)
            continue;
        LAB_AUTOFREE char *digits = lab_strndup(line + strlen(mark), len - strlen(mark));
        return lab_parse_uint(digits, 100000, total) == 0;
    }
    return false;
}

static int fail_unread(const char *said, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str head = LAB_STR_INIT;
    lab_put_printable(&head, said, strlen(said), 160);
    return lab_fail(err, LAB_HYPERVISOR,
                    "cannot read vmrun's list: it has no line 'Total running VMs: N'; vmrun said "
                    "\"%s\"",
                    lab_str_get(&head));
}

int lab_vmrun_list_read(struct lab_vmrun_list *out, const char *text, struct lab_error *err)
{
    uint64_t total;
    const char *line;
    size_t len;
    memset(out, 0, sizeof(*out));
    const char *said = text;
    if (!read_total(&text, &total))
        return fail_unread(said, err);
    while (next_line(&text, &line, &len)) {
        if (len > 0)
            *lab_vec_push(&out->paths) = lab_strndup(line, len);
    }
    if (out->paths.len == total)
        return 0;
    return lab_fail(err, LAB_HYPERVISOR,
                    "cannot read vmrun's list: it tells of %llu VMs and names %zu",
                    (unsigned long long)total, out->paths.len);
}

int lab_vmrun_list(const struct lab_vmrun *v, struct lab_vmrun_list *out, struct lab_error *err)
{
    LAB_AUTO_CHILD struct lab_child c;
    memset(out, 0, sizeof(*out));
    lab_vmrun_init(&c, v);
    lab_child_arg(&c, "list");
    if (lab_vmrun_do(&c, lab_tr("list the VMs that run"), NULL, err) != 0)
        return -1;
    return lab_vmrun_list_read(out, lab_str_get(&c.out), err);
}

bool lab_vmrun_list_has(const struct lab_vmrun_list *list, const char *vmx)
{
    LAB_VEC_FOREACH (path, &list->paths) {
        if (plat_same_path(*path, vmx))
            return true;
    }
    return false;
}

void lab_vmrun_list_clear(struct lab_vmrun_list *list)
{
    LAB_VEC_FOREACH (path, &list->paths)
        free(*path);
    lab_vec_clear(&list->paths);
}
