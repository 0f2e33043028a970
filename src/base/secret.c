#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "platform.h"

enum { FILE_MAX = 4096, LINE_MAX_BYTES = 1023 };

static int
first_line(const struct lab_str *text, const char *path, char **out, struct lab_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *line = lab_str_get(text);
    size_t at = lab_starts_with(line, mark) ? strlen(mark) : 0;
    size_t n = strcspn(line + at, "\r\n");
    if (at + n < text->len && !line[at + n]) { /* UTF-16 has one beside every letter */
        lab_fail(err, LAB_USAGE, "the password file '%s' is no plain text", path);
        return lab_error_hint(err, "write the password as UTF-8, in the first line");
    }
    if (n == 0)
        return lab_fail(err, LAB_USAGE, "there is no password in the first line of '%s'", path);
    if (n > LINE_MAX_BYTES)
        return lab_fail(err, LAB_USAGE, "the password in '%s' is longer than %d bytes", path,
                        LINE_MAX_BYTES);
    *out = lab_strndup(line + at, n);
    return 0;
}

int lab_secret_read(char **out, const char *path, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_MAX(FILE_MAX + 1);
    int rc = lab_file_read(path, FILE_MAX, &text, err);
    if (rc == 0)
        rc = first_line(&text, path, out, err);
    if (text.ptr)
        lab_wipe(text.ptr, text.len);
    return rc;
}

char *lab_secret_exposed(const char *path)
{
    enum { READ_BY_OTHERS = 044 };
    struct plat_stat st;
    if (plat_stat(path, &st) != 0 || !(st.mode & READ_BY_OTHERS))
        return NULL;
    LAB_AUTOFREE char *mend = plat_private_command(path);
    return lab_format(lab_tr("other users of this host can read the password file '%s': %s"), path,
                      mend);
}

void lab_secret_free(char *secret)
{
    if (secret)
        lab_wipe(secret, strlen(secret));
    free(secret);
}

void lab_secret_clear(char **secret)
{
    lab_secret_free(*secret);
    *secret = NULL;
}
