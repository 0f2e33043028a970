#include "net/download_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define NOTE_MAX_BYTES (16u << 10)

void lab_note_clear(struct lab_note *note)
{
    free(note->source);
    free(note->etag);
    free(note->modified);
    *note = (struct lab_note){0};
}

/* Four lines: source, ETag, Last-Modified, length. */
bool lab_note_read(struct lab_note *out, const char *path)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(NOTE_MAX_BYTES + 1);
    char *lines[4];
    *out = (struct lab_note){0};
    if (!lab_file_exists(path) || lab_file_read(path, NOTE_MAX_BYTES, &text, NULL) < 0 || !text.len)
        return false;
    char *at = text.ptr;
    for (size_t i = 0; i < LAB_ARRAY_LEN(lines); i++) {
        char *stop = strchr(at, '\n');
        if (!stop)
            return false;
        *stop = '\0';
        lines[i] = at;
        at = stop + 1;
    }
    if (lab_parse_uint(lines[3], UINT64_MAX >> 1, &out->total) < 0)
        return false;
    out->source = lab_strdup(lines[0]);
    out->etag = lab_strdup(lines[1]);
    out->modified = lab_strdup(lines[2]);
    return true;
}

int lab_note_write(const struct lab_note *note, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_str_addf(&text, "%s\n%s\n%s\n%" PRIu64 "\n", note->source, note->etag, note->modified,
                 note->total);
    return lab_file_replace(path, lab_str_get(&text), text.len, 0600, err);
}

/* RFC 9110, 13.1.5: a weak tag cannot say whether two versions have the same bytes. */
const char *lab_note_validator(const struct lab_note *note)
{
    if (note->etag && note->etag[0] == '"')
        return note->etag;
    return note->modified && note->modified[0] ? note->modified : NULL;
}
