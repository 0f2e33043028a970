#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { LONGEST = 64 }; /* longer words are no slips of the finger */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Insertions, deletions, replacements, and swaps of neighbours (Damerau-Levenshtein, without
 * editing a swapped pair again). Case counts nothing. Both words have at most LONGEST bytes. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t differs = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + differs);
            bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[m];
}

const char *lab_nearest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    size_t len = strlen(word);
    if (len > LONGEST)
        return NULL;
    size_t limit = len / 3 > 1 ? len / 3 : 1;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > LONGEST)
            continue;
        size_t d = distance(word, candidates[i]);
        /* A candidate that shares no letter is none, however short both are. */
        if (d > limit || d >= (len > other ? len : other))
            continue;
        best = candidates[i];
        if (d == 0)
            return best;
        limit = d - 1;
    }
    return best;
}
