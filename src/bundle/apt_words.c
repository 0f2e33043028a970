/* apt-get ends with 100 whatever was wrong; only its words tell (apt 2.6, LC_ALL=C). */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "bundle/apt.h"

struct phrase {
    const char *part;
    bool update;
    enum lab_code code;
    const char *what, *hint;
};

/* The first that is found says it; the line it was found in is quoted. */
static const struct phrase phrases[] = {
    {"Unable to locate package", false, LAB_USAGE, LAB_N("a package is not in the sources"),
     LAB_N("check its name, and whether 'sources' has the component that it is in (main, contrib, "
           "universe)")},
    {"has no installation candidate", false, LAB_USAGE, LAB_N("a package is not in the sources"),
     LAB_N("another package names it, but none of the sources has it: check 'sources' and 'arch'")},
    {"was not found", false, LAB_USAGE, LAB_N("a package is not there in that version"),
     LAB_N(
         "sources usually keep only the newest version: write the name alone, or the version they have")},
    {"is a virtual package", false, LAB_USAGE, LAB_N("a name stands for several packages"),
     LAB_N("write the name of one of them instead")},
    {"NO_PUBKEY", true, LAB_INTEGRITY, LAB_N("the sources are signed by a key that is not trusted"),
     LAB_N("name the keyring of that distribution with 'keyring', for example "
           "/usr/share/keyrings/debian-archive-keyring.gpg (package debian-archive-keyring)")},
    {"BADSIG", true, LAB_INTEGRITY, LAB_N("the signature of a source is wrong"),
     LAB_N("try another mirror: its lists were changed or are just being replaced")},
    {"is not signed", true, LAB_INTEGRITY, LAB_N("a source is not signed"),
     LAB_N(
         "name the right address, or, when nobody else can have changed it, write [trusted=yes] behind "
         "'deb'")},
    {"does not have a Release file", true, LAB_HOST, LAB_N("a source has no lists there"),
     LAB_N("check the address and the release in 'sources'")},
    {"is not valid yet", true, LAB_HOST, LAB_N("this machine's clock is behind"),
     LAB_N("set the clock")},
    {"is expired", true, LAB_HOST,
     LAB_N("the lists of a source are too old, or this machine's clock is "
           "ahead"),
     LAB_N("check the clock (date), or use a mirror that is kept up to date")},
    {"Hash Sum mismatch", true, LAB_INTEGRITY, LAB_N("the lists of a source do not fit together"),
     LAB_N("a mirror that is just being updated, or a proxy: try again later, or another mirror")},
    {"Malformed ", true, LAB_USAGE, LAB_N("a line of 'sources' is wrong"),
     LAB_N("write it as in sources.list: deb [options] URL RELEASE COMPONENT…")},
    {"Failed to fetch", true, LAB_HOST, LAB_N("a source cannot be reached"),
     LAB_N("check its address, the network and the proxy (http_proxy)")},
};

/* The line around a place, without apt's "E: ". */
static void put_line(struct lab_str *out, const char *text, const char *at)
{
    const char *from = at;
    while (from > text && from[-1] != '\n')
        from--;
    if (lab_starts_with(from, "E: ") || lab_starts_with(from, "W: "))
        from += 3;
    lab_put_printable(out, from, strcspn(from, "\n"), 500);
}

/* "The following packages have unmet dependencies:" and the lines below it that are indented. */
static int unmet(const char *out, struct lab_error *err)
{
    static const char head[] = "unmet dependencies:\n";
    const char *at = strstr(out, head);
    LAB_AUTO_STR struct lab_str lines = LAB_STR_INIT;
    if (!at)
        return 0;
    for (at += strlen(head); *at == ' ';) {
        size_t n = strcspn(at, "\n");
        lab_str_add(&lines, lines.len ? "; " : "");
        lab_put_printable(&lines, at, n, 300);
        at += n + (at[n] == '\n');
    }
    lab_fail(err, LAB_USAGE, "the packages cannot be installed together: %s", lab_str_get(&lines));
    lab_error_hint(err, "add the source that has what is missing, or take the package out; an "
                        "'installed' list of another release has this effect too");
    return -1;
}

/* Nothing known: apt's last complaint. */
static void put_last(struct lab_str *out, const char *errout)
{
    const char *last = NULL;
    for (const char *at = errout; (at = strstr(at, "E: ")); at++)
        if (at == errout || at[-1] == '\n')
            last = at;
    if (last)
        put_line(out, errout, last);
    else
        lab_put_printable(out, errout, strlen(errout), 500);
}

int lab_apt_explain(const struct lab_apt *apt,
                    const char *out,
                    const char *errout,
                    bool update,
                    struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str line = LAB_STR_INIT;
    if (!update && unmet(out, err) < 0)
        return -1;
    for (size_t i = 0; i < LAB_ARRAY_LEN(phrases); i++) {
        const struct phrase *p = &phrases[i];
        const char *at = p->update == update ? strstr(errout, p->part) : NULL;
        if (!at)
            continue;
        put_line(&line, errout, at);
        lab_fail(err, p->code, "%s (%s, %s): %s", lab_tr(p->what), apt->wants->release, apt->arch,
                 lab_str_get(&line));
        return lab_error_hint(err, "%s", lab_tr(p->hint));
    }
    put_last(&line, errout);
    return lab_fail(err, LAB_HOST, "apt-get could not %s for %s, %s: %s",
                    update ? lab_tr("read the sources") : lab_tr("resolve the packages"),
                    apt->wants->release, apt->arch, lab_str_get(&line));
}
