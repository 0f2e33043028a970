#include "provider/virsh.h"

#include <stdarg.h>
#include <string.h>

#include "base/crypto.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/text.h"
#include "base/work.h"
#include "provider/virsh_connect.h"
#include "provider/virsh_lost.h"

/* The user's debugging variables would put libvirt's whole log onto stderr. virsh warns about an
 * empty VIRSH_DEBUG, so that one gets its quiet value. */
static const char *const environment[] = {"LC_ALL=C",
                                          "LANGUAGE=",
                                          "LIBVIRT_DEBUG=",
                                          "LIBVIRT_LOG_OUTPUTS=",
                                          "LIBVIRT_LOG_FILTERS=",
                                          "VIRSH_DEBUG=4",
                                          "VIRSH_LOG_FILE=",
                                          NULL};

void lab_virsh_init(struct lab_child *c, const char *uri)
{
    lab_child_init(c, "virsh");
    c->env = environment;
    lab_child_args(c, "-q", "-c", uri, (char *)NULL);
}

static const char *uri_of(const struct lab_child *c)
{
    return c->argv.len > 3 ? c->argv.items[3] : "";
}

static int run_once(struct lab_child *c, struct lab_error *err)
{
    LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
    if (lab_child_run(c, &why) == 0)
        return 0;
    if (c->missing)
        lab_assign(&why.hint, lab_tr(LAB_VIRSH_INSTALL_HINT));
    if (why.code == LAB_TIMEOUT)
        lab_error_hint(&why, "libvirt does not answer; look at it with: journalctl -u libvirtd");
    if (err)
        lab_error_move(err, &why);
    return -1;
}

/* What was lost is asked again, whatever it was: labctl gives no command that may not be given
 * twice, and takes "it is so already" for success. whole: also the part of a batch that was lost is
 * a loss, though virsh's status tells only about its last command. */
static int run_until_answered(struct lab_child *c, bool whole, struct lab_error *err)
{
    for (uint64_t since = 0;;) {
        if (run_once(c, err) != 0)
            return -1;
        if ((c->status == 0 && !whole) || !lab_virsh_lost(lab_str_get(&c->errout))) {
            lab_virsh_answered();
            return 0;
        }
        if (!since)
            lab_log("libvirt went away; for %d s it is asked again", LAB_VIRSH_PATIENCE_MS / 1000);
        if (lab_virsh_wait(&since))
            continue;
        if (lab_work_cancelled())
            return lab_fail(err, LAB_CANCELLED, "interrupted while libvirt (%s) was away",
                            uri_of(c));
        lab_virsh_connect_explain(c, uri_of(c), err);
        return lab_virsh_known() ? lab_error_wrap(err, "libvirt went away for more than %d s",
                                                  LAB_VIRSH_PATIENCE_MS / 1000)
                                 : -1;
    }
}

int lab_virsh_run(struct lab_child *c, struct lab_error *err)
{
    return run_until_answered(c, false, err);
}

bool lab_virsh_says(const struct lab_child *c, const char *words)
{
    return c->status != 0 && strstr(lab_str_get(&c->errout), words) != NULL;
}

/* One line of stderr without "error: ". */
struct complaint {
    const char *text;
    size_t len;
};

static bool next_complaint(const char **text, struct complaint *out)
{
    while (**text) {
        size_t n = strcspn(*text, "\n");
        size_t skip = lab_starts_with(*text, "error: ") ? strlen("error: ") : 0;
        *out = (struct complaint){*text + skip, n - skip};
        *text += n + ((*text)[n] == '\n');
        if (out->len > 0)
            return true;
    }
    return false;
}

/* In a batch, VMs that are not there are no failure; they would hide the one that is. */
static bool is_absence(const struct complaint *c)
{
    return lab_starts_with(c->text, "failed to get domain '");
}

static bool only_absences(const char *text)
{
    struct complaint c;
    while (next_complaint(&text, &c)) {
        if (!is_absence(&c))
            return false;
    }
    return true;
}

void lab_virsh_reason(const struct lab_child *c, struct lab_str *out)
{
    const char *text = lab_str_get(&c->errout);
    bool absences = only_absences(text);
    LAB_AUTO_STR struct lab_str joined = LAB_STR_MAX(64u * 1024);
    for (struct complaint line; next_complaint(&text, &line);) {
        /* "Failed to start domain 'x'": the caller says that already, the cause comes after it. */
        bool heading = joined.len == 0 && *text && lab_starts_with(line.text, "Failed to ");
        if (heading || (!absences && is_absence(&line)))
            continue;
        if (joined.len > 0)
            lab_str_add(&joined, ": ");
        lab_str_addn(&joined, line.text, line.len);
    }
    if (joined.len > 0)
        lab_put_printable(out, joined.ptr, joined.len, 900);
    else if (c->signal)
        lab_str_addf(out, lab_tr("virsh was ended by signal %d"), c->signal);
    else
        lab_str_addf(out, lab_tr("virsh ended with status %d and said nothing"), c->status);
}

int lab_virsh_fail(const struct lab_child *c, const char *what, struct lab_error *err)
{
    LAB_AUTO_STR struct lab_str reason = LAB_STR_INIT;
    lab_virsh_reason(c, &reason);
    bool full = strstr(lab_str_get(&c->errout), "No space left on device") != NULL;
    lab_fail(err, full ? LAB_HOST : LAB_HYPERVISOR, "cannot %s (%s): %s", what, uri_of(c),
             lab_str_get(&reason));
    if (full)
        lab_error_hint(err,
                       "make room where libvirt keeps its volumes (df -h /var/lib/libvirt/images)");
    return -1;
}

int lab_virsh_do(struct lab_child *c, const char *what, const char *fine, struct lab_error *err)
{
    if (lab_virsh_run(c, err) != 0)
        return lab_error_wrap(err, "cannot %s", what);
    if (c->status == 0 || (fine && lab_virsh_says(c, fine)))
        return 0;
    return lab_virsh_fail(c, what, err);
}

void lab_virsh_batch_init(struct lab_virsh_batch *b, const char *uri)
{
    memset(b, 0, sizeof(*b));
    lab_virsh_init(&b->child, uri);
    lab_random_hex(b->nonce, 32);
}

/* virsh's own shell: inside '…' everything is literal. */
static void put_quoted(struct lab_str *out, const char *word)
{
    lab_str_addc(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            lab_str_add(out, "'\\''");
        else
            lab_str_addc(out, *word);
    }
    lab_str_addc(out, '\'');
}

size_t lab_virsh_batch_add(struct lab_virsh_batch *b, ...)
{
    va_list ap;
    va_start(ap, b);
    lab_str_addf(&b->script, "echo %s; ", b->nonce);
    for (const char *word; (word = va_arg(ap, const char *)) != NULL;) {
        put_quoted(&b->script, word);
        lab_str_addc(&b->script, ' ');
    }
    lab_str_add(&b->script, "; ");
    va_end(ap);
    return b->commands++;
}

/* Cuts the output at the nonces, in place. Text before the first one belongs to nobody. */
void lab_virsh_batch_split(struct lab_virsh_batch *b)
{
    char *at = b->child.out.ptr ? strstr(b->child.out.ptr, b->nonce) : NULL;
    while (at) {
        *at = '\0';
        at += strlen(b->nonce);
        /* With -q, virsh's echo writes no newline; without, and in some releases, it does. */
        if (*at == '\n')
            at++;
        *lab_vec_push(&b->parts) = at;
        at = strstr(at, b->nonce);
    }
}

int lab_virsh_batch_run(struct lab_virsh_batch *b, struct lab_error *err)
{
    lab_str_addf(&b->script, "echo %s", b->nonce);
    lab_child_arg(&b->child, lab_str_get(&b->script));
    if (run_until_answered(&b->child, true, err) != 0)
        return -1;
    lab_virsh_batch_split(b);
    if (b->parts.len == b->commands + 1)
        return 0;
    /* The status tells only about the last command; a missing border means virsh died on the way.
     */
    if (b->child.status == 0 && b->child.errout.len == 0)
        return lab_fail(err, LAB_HYPERVISOR,
                        "cannot read from libvirt (%s): virsh answered %zu of %zu questions",
                        uri_of(&b->child), b->parts.len > 0 ? b->parts.len - 1 : 0, b->commands);
    return lab_virsh_fail(&b->child, lab_tr("read from libvirt"), err);
}

void lab_virsh_batch_clear(struct lab_virsh_batch *b)
{
    lab_child_clear(&b->child);
    lab_str_clear(&b->script);
    lab_vec_clear(&b->parts);
}
