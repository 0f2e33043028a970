/* virsh's tables; its XML is read in libvirt_read.c. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "provider/libvirt_read.h"

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static bool key_is(const char *line, size_t n, const char *key, const char **value)
{
    while (n > 0 && *line == ' ') {
        line++;
        n--;
    }
    size_t len = strlen(key);
    if (n < len || memcmp(line, key, len) != 0)
        return false;
    *value = line + len;
    return true;
}

/* Domain: 'NAME'; the name itself may hold a quote, so the last one on the line ends it. */
static char *quoted(const char *value, const char *end)
{
    while (end > value && end[-1] != '\'')
        end--;
    return end > value ? lab_strndup(value, (size_t)(end - 1 - value)) : NULL;
}

void lab_libvirt_read_stats(struct lab_libvirt_stats *out, const char *text)
{
    struct lab_libvirt_stat *now = NULL;
    for (const char *line = text; *line; line = next_line(line)) {
        size_t n = strcspn(line, "\n");
        const char *value;
        if (key_is(line, n, "Domain: '", &value)) {
            char *name = quoted(value, line + n);
            now = name ? lab_vec_push(&out->list) : NULL;
            if (now)
                now->name = name;
        } else if (now && key_is(line, n, "state.state=", &value)) {
            now->state = (int)strtol(value, NULL, 10);
        } else if (now && key_is(line, n, "state.reason=", &value)) {
            now->reason = (int)strtol(value, NULL, 10);
        }
    }
}

const struct lab_libvirt_stat *lab_libvirt_stats_find(const struct lab_libvirt_stats *stats,
                                                      const char *name)
{
    for (size_t i = 0; i < stats->list.len; i++) {
        if (strcmp(stats->list.items[i].name, name) == 0)
            return &stats->list.items[i];
    }
    return NULL;
}

void lab_libvirt_stats_clear(struct lab_libvirt_stats *stats)
{
    LAB_VEC_FOREACH (s, &stats->list)
        free(s->name);
    lab_vec_clear(&stats->list);
}

int lab_libvirt_read_bytes(const char *text, const char *key, uint64_t *out)
{
    for (const char *line = text; *line; line = next_line(line)) {
        const char *value;
        if (!key_is(line, strcspn(line, "\n"), key, &value) || *value != ':')
            continue;
        value += 1 + strspn(value + 1, " ");
        LAB_AUTOFREE char *digits = lab_strndup(value, strspn(value, "0123456789"));
        return *digits ? lab_parse_uint(digits, UINT64_MAX, out) : -1;
    }
    return -1;
}
