/* What is looked at before libyaml sees a byte: its own messages about these things name an offset
 * in a buffer, or nothing at all. */
#include "spec/yaml.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

struct lab_pos lab_text_pos(const char *text, size_t offset)
{
    struct lab_pos pos = {1, 1};
    /* An editor does not show the byte order mark, so it takes no column. */
    size_t i = offset >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (; i < offset; i++) {
        if (text[i] == '\n') {
            pos.line++;
            pos.column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80) {
            pos.column++;
        }
    }
    return pos;
}

static int refuse(const struct lab_yaml_source *s,
                  struct lab_problems *problems,
                  size_t offset,
                  const char *message)
{
    struct lab_pos pos = lab_text_pos(s->text, offset);
    lab_problems_add(problems, LAB_PROBLEM_ERROR, s->place ? s->place(s->arg, pos) : pos, "%s%s",
                     s->about, message);
    return -1;
}

static int check_control(const struct lab_yaml_source *s, struct lab_problems *problems)
{
    for (size_t i = 0; i < s->len; i++) {
        unsigned char c = (unsigned char)s->text[i];
        if ((c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n' || c == '\r')
            continue;
        LAB_AUTOFREE char *message = lab_format(
            lab_tr("control character 0x%02x is not allowed in YAML; is this the right file?"), c);
        return refuse(s, problems, i, message);
    }
    return 0;
}

int lab_yaml_check_bytes(const struct lab_yaml_source *s, struct lab_problems *problems)
{
    size_t most = s->max_bytes ? s->max_bytes : LAB_SPEC_MAX_BYTES;
    if (s->len > most) {
        LAB_AUTOFREE char *message = lab_format(
            lab_tr("the file is larger than %zu MiB; is this the right file?"), most >> 20);
        return refuse(s, problems, 0, message);
    }
    if (s->len >= 2 && (memcmp(s->text, "\xFF\xFE", 2) == 0 || memcmp(s->text, "\xFE\xFF", 2) == 0))
        return refuse(s, problems, 0, lab_tr("the file is UTF-16; save it as UTF-8"));
    size_t bad = lab_utf8_check(s->text, s->len);
    if (bad < s->len) {
        LAB_AUTOFREE char *message =
            lab_format(lab_tr("byte 0x%02x is not valid UTF-8; save the file as UTF-8"),
                       (unsigned char)s->text[bad]);
        return refuse(s, problems, bad, message);
    }
    return check_control(s, problems);
}
