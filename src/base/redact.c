#include "base/redact.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/redact_priv.h"
#include "base/vec.h"

/* Encoded forms of what is shorter are too short to mean anything. */
enum { SECRET_MIN = 6, FORM_MIN = 10 };

struct form {
    const char *what;
    char *bytes;
    size_t n;
};

struct lab_redact {
    LAB_VEC(struct form) forms;
    /* Forms by their first two bytes: most places of a text begin none. */
    unsigned char begins[65536 / 8];
};

struct lab_redact *lab_redact_new(void)
{
    return lab_alloc(sizeof(struct lab_redact));
}

void lab_redact_free(struct lab_redact *r)
{
    if (!r)
        return;
    LAB_VEC_FOREACH (form, &r->forms) {
        lab_wipe(form->bytes, form->n);
        free(form->bytes);
    }
    lab_vec_clear(&r->forms);
    free(r);
}

/* --- what is known ---------------------------------------------------------------------------- */

static unsigned key_of(const char *two)
{
    return (unsigned)(unsigned char)two[0] << 8 | (unsigned char)two[1];
}

static void add_form(struct lab_redact *r, const char *what, const char *bytes, size_t n)
{
    LAB_VEC_FOREACH (form, &r->forms)
        if (form->n == n && memcmp(form->bytes, bytes, n) == 0)
            return;
    struct form *form = lab_vec_push(&r->forms);
    *form = (struct form){what, lab_alloc(n + 1), n};
    memcpy(form->bytes, bytes, n);
    unsigned key = key_of(bytes);
    r->begins[key / 8] |= (unsigned char)(1U << key % 8);
}

static void add_hex(struct lab_redact *r, const char *what, const char *secret, size_t n)
{
    LAB_AUTOFREE char *hex = lab_alloc(2 * n + 1);
    if (2 * n < FORM_MIN)
        return;
    lab_hex(secret, n, hex);
    add_form(r, what, hex, 2 * n);
    for (char *c = hex; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    add_form(r, what, hex, 2 * n);
    lab_wipe(hex, 2 * n);
}

/* Somewhere within other bytes: what its first and last characters are depends on the neighbours.
 */
static void add_base64(struct lab_redact *r, const char *what, const char *secret, size_t n)
{
    static const size_t skip[] = {0, 2, 3};
    for (size_t before = 0; before < 3; before++) {
        LAB_AUTO_STR struct lab_str bytes = LAB_STR_INIT, text = LAB_STR_INIT;
        lab_str_addn(&bytes, "\0\0", before);
        lab_str_addn(&bytes, secret, n);
        lab_put_base64(&text, bytes.ptr, bytes.len);
        size_t len = text.len;
        while (len && text.ptr[len - 1] == '=')
            len--;
        size_t whole = (before + n) % 3 ? 1 : 0;
        if (len >= FORM_MIN + skip[before] + whole)
            add_form(r, what, text.ptr + skip[before], len - skip[before] - whole);
        lab_wipe(bytes.ptr, bytes.len);
        lab_wipe(text.ptr, text.len);
    }
}

static void know_bytes(struct lab_redact *r, const char *what, const char *secret, size_t n)
{
    if (n < SECRET_MIN)
        return;
    add_form(r, what, secret, n);
    add_hex(r, what, secret, n);
    add_base64(r, what, secret, n);
}

static void know_pem(struct lab_redact *r, const char *what, const char *text, size_t n)
{
    /* Short lines may be anybody's; the first lines of a key are the same for all of its kind. */
    enum { LINE_MIN = 32 };
    for (const char *line = text, *end = text + n; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = stop ? (size_t)(stop - line) : (size_t)(end - line);
        size_t bare = len && line[len - 1] == '\r' ? len - 1 : len;
        if (bare >= LINE_MIN && memcmp(line, "-----", 5) != 0)
            add_form(r, what, line, bare);
        line += len + 1;
    }
}

void lab_redact_know(struct lab_redact *r, const char *what, const char *secret, size_t n)
{
    if (n > 11 && memcmp(secret, "-----BEGIN ", 11) == 0)
        know_pem(r, what, secret, n);
    else
        know_bytes(r, what, secret, n);
}

/* The longest known secret that begins here. */
static const struct form *known_at(const struct lab_redact *r, const char *at, size_t n)
{
    const struct form *best = NULL;
    if (n < 2 || !(r->begins[key_of(at) / 8] & 1U << key_of(at) % 8))
        return NULL;
    LAB_VEC_FOREACH (form, &r->forms)
        if (form->n <= n && (!best || form->n > best->n) && memcmp(form->bytes, at, form->n) == 0)
            best = form;
    return best;
}

/* --- masking ---------------------------------------------------------------------------------- */

size_t lab_redact_text(const struct lab_redact *r, struct lab_str *out, const char *text, size_t n)
{
    struct lab_shape shape;
    size_t masked = 0, at = lab_shape_headless(&shape, text, n) ? shape.until : 0;
    if (at) {
        lab_str_addf(out, "%.*s[redacted: %s]", (int)shape.from, text, shape.what);
        masked++;
    }
    while (at < n) {
        const struct form *form = known_at(r, text + at, n - at);
        if (form) {
            lab_str_addf(out, "[redacted: %s]", form->what);
            at += form->n;
            masked++;
        } else if (lab_shape_at(&shape, text, n, at)) {
            /* what is before the value stays, e.g. its name */
            lab_str_addn(out, text + at, shape.from - at);
            lab_str_addf(out, "[redacted: %s]", shape.what);
            at = shape.until;
            masked++;
        } else {
            lab_str_addc(out, text[at++]);
        }
    }
    return masked;
}

const char *lab_redact_left(const struct lab_redact *r, const char *text, size_t n)
{
    LAB_AUTOFREE char *bare = lab_alloc(n + 1);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        if (isspace((unsigned char)text[i]))
            continue;
        if (text[i] == '\\' && i + 1 < n && text[i + 1] == 'n')
            i++;
        else
            bare[len++] = text[i];
    }
    for (size_t i = 0; i < len; i++) {
        const struct form *form = known_at(r, bare + i, len - i);
        if (form)
            return form->what;
    }
    for (size_t i = 0; i < n; i++) { /* a secret may have white space itself */
        const struct form *form = known_at(r, text + i, n - i);
        if (form)
            return form->what;
    }
    return NULL;
}
