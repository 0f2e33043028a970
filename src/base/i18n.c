#include "base/i18n.h"

#include <stdint.h>
#include <string.h>

#include "base/asset.h"
#include "base/mem.h"
#include "base/text.h"
#include "platform.h"

static const struct {
    const char *name, *asset;
} languages[] = {{"ko", "templates/locale/ko.mo"}};

static const struct lab_asset *catalogue; /* NULL: English */
static const char *language = "en";

/* The catalogue is of this build's machine, so its byte order is ours. */
static uint32_t word_at(const char *bytes, size_t at)
{
    uint32_t word;
    memcpy(&word, bytes + at, sizeof(word));
    return word;
}

/* The i-th string of a table of (length, offset); NULL when it does not lie within the bytes. */
static const char *string_at(const char *bytes, size_t n, uint64_t table, uint32_t i)
{
    uint64_t entry = table + (uint64_t)i * 8;
    if (entry + 8 > n)
        return NULL;
    uint64_t length = word_at(bytes, entry), at = word_at(bytes, entry + 4);
    return at + length < n && bytes[at + length] == 0 ? bytes + at : NULL;
}

const char *lab_catalogue_find(const char *bytes, size_t n, const char *msgid)
{
    enum { HEADER = 28 };
    static const uint32_t magic = 0x950412de;
    if (n < HEADER || word_at(bytes, 0) != magic)
        return NULL;
    uint64_t originals = word_at(bytes, 12), translations = word_at(bytes, 16);
    uint32_t low = 0, high = word_at(bytes, 8);
    while (low < high) { /* sorted by strcmp() */
        uint32_t middle = low + (high - low) / 2;
        const char *text = string_at(bytes, n, originals, middle);
        int order = text ? strcmp(msgid, text) : 0;
        if (!text)
            return NULL;
        if (order == 0) {
            const char *found = string_at(bytes, n, translations, middle);
            return found && *found ? found : NULL;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool choose(const char *name)
{
    size_t n = strcspn(name, "_.@-");
    catalogue = NULL;
    language = "en";
    for (size_t i = 0; i < LAB_ARRAY_LEN(languages); i++) {
        if (strlen(languages[i].name) == n && strncmp(languages[i].name, name, n) == 0) {
            catalogue = lab_asset_get(languages[i].asset);
            language = languages[i].name;
            return true;
        }
    }
    return (n == 2 && strncmp(name, "en", n) == 0) || (n == 1 && *name == 'C') ||
           (n == 5 && strncmp(name, "POSIX", n) == 0);
}

bool lab_language_set(const char *name)
{
    if (name)
        return choose(name);
    const char *user = plat_language();
    return user && choose(user) && (!catalogue || plat_terminal_utf8() || choose("C"));
}

const char *lab_language(void)
{
    return language;
}

const char *lab_tr(const char *msgid)
{
    /* the entry of "" is the catalogue's header */
    const char *found =
        catalogue && *msgid ? lab_catalogue_find(catalogue->text, catalogue->size, msgid) : NULL;
    return found ? found : msgid;
}

char *lab_vtr(const char *fmt, va_list ap)
{
    return lab_vformat(lab_tr(fmt), ap);
}
