#include "bundle/sums.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "bundle/tree.h"

#define DIGITS (LAB_SHA256_HEX - 1)

bool lab_is_sha256(const char *text)
{
    return strspn(text, "0123456789abcdef") == DIGITS && text[DIGITS] == '\0';
}

void lab_sums_add(struct lab_sums *sums, const char *path, const char sha256[LAB_SHA256_HEX])
{
    struct lab_sum *sum = lab_vec_push(&sums->list);
    sum->path = lab_strdup(path);
    memcpy(sum->sha256, sha256, LAB_SHA256_HEX);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct lab_sum *)a)->path, ((const struct lab_sum *)b)->path);
}

void lab_sums_sort(struct lab_sums *sums)
{
    if (sums->list.len > 0)
        qsort(sums->list.items, sums->list.len, sizeof(*sums->list.items), by_path);
}

void lab_sums_put(struct lab_str *out, const struct lab_sums *sums)
{
    LAB_VEC_FOREACH (sum, &sums->list)
        lab_str_addf(out, "%s  %s\n", sum->sha256, sum->path);
}

/* NULL, or the end of a sentence about the line. */
static const char *take_line(struct lab_sums *out, char *line)
{
    if (strlen(line) < DIGITS + 3 || strspn(line, "0123456789abcdef") != DIGITS ||
        line[DIGITS] != ' ' || line[DIGITS + 1] != ' ')
        return lab_tr("is not 64 digits, two blanks and a path");
    const char *path = line + DIGITS + 2, *bad = lab_bundle_bad_path(path);
    if (bad)
        return line[strlen(line) - 1] == '\r' ? lab_tr("ends in CR LF") : bad;
    if (strcmp(path, LAB_SUMS_NAME) == 0 || strcmp(path, LAB_SUMS_SIGNATURE) == 0)
        return lab_tr("names a file that cannot be in this list");
    size_t n = out->list.len;
    if (n == LAB_BUNDLE_MAX_FILES)
        return lab_tr("is one more than a bundle may have");
    if (n && strcmp(out->list.items[n - 1].path, path) >= 0)
        return lab_tr("is not in order behind the one before, or says the same path again");
    line[DIGITS] = '\0';
    lab_sums_add(out, path, line);
    return NULL;
}

static char *complain(size_t number, const char *line, const char *why)
{
    LAB_AUTO_STR struct lab_str shown = LAB_STR_INIT;
    lab_put_printable(&shown, line, strlen(line), 160);
    return lab_format(lab_tr("line %zu ('%s') %s"), number, lab_str_get(&shown), why);
}

char *lab_sums_parse(struct lab_sums *out, const char *text, size_t len)
{
    size_t number = 1;
    for (const char *at = text, *end = text + len; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop : end) - at);
        LAB_AUTOFREE char *line = lab_strndup(at, n);
        const char *why = strlen(line) != n ? lab_tr("contains a NUL") : take_line(out, line);
        if (!why && !stop)
            why = lab_tr("does not end in a line break: the file was cut off");
        if (why)
            return complain(number, line, why);
        at = stop + 1;
    }
    return len ? NULL : lab_strdup(lab_tr("it is empty"));
}

const struct lab_sum *lab_sums_find(const struct lab_sums *sums, const char *path)
{
    const struct lab_sum key = {.path = (char *)(uintptr_t)path};
    if (sums->list.len == 0)
        return NULL;
    return bsearch(&key, sums->list.items, sums->list.len, sizeof(key), by_path);
}

void lab_sums_clear(struct lab_sums *sums)
{
    LAB_VEC_FOREACH (sum, &sums->list)
        free(sum->path);
    lab_vec_clear(&sums->list);
}
