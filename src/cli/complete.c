#include "cli/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/topics.h"
#include "run/gate.h"
#include "run/guest_logs.h"

/* What stands before the word that is being typed. */
struct line {
    const struct lab_command *command;
    const struct lab_option *pending; /* the word is its value */
    const char *file, *lab;
    const char *verb;    /* the first argument */
    size_t arguments;    /* how many there are */
    bool only_arguments; /* "--" was there */
    const struct lab_complete_names *names;
    const char *word;
    const char *before; /* of the word: "--target=", to be kept in front; not NUL-terminated */
    size_t before_len;
    struct lab_candidates *out;
};

void lab_candidates_add(struct lab_candidates *out, const char *text, const char *about)
{
    struct lab_candidate *c = lab_vec_push(&out->list);
    c->text = lab_strdup(text);
    c->about = about;
}

void lab_candidates_clear(struct lab_candidates *out)
{
    LAB_VEC_FOREACH (c, &out->list)
        free(c->text);
    lab_vec_clear(&out->list);
    out->files = false;
}

static void offer(struct line *l, const char *text, const char *about)
{
    if (!lab_starts_with(text, l->word))
        return;
    LAB_AUTOFREE char *whole = lab_format("%.*s%s", (int)l->before_len, l->before, text);
    lab_candidates_add(l->out, whole, about);
}

static void offer_all(struct line *l, struct lab_candidates *found)
{
    LAB_VEC_FOREACH (c, &found->list)
        offer(l, c->text, c->about);
    lab_candidates_clear(found);
}

static void offer_commands(struct line *l)
{
    for (size_t i = 0; i < lab_commands_len; i++)
        if (lab_commands[i]->summary)
            offer(l, lab_commands[i]->name, lab_commands[i]->summary);
}

/* What `help` knows. */
static void offer_explained(struct line *l)
{
    offer_commands(l);
    for (size_t i = 0; i < lab_topics_len; i++)
        offer(l, lab_topics[i].name, lab_topics[i].summary);
}

static void offer_gates(struct line *l)
{
    for (int gate = 0; gate < LAB_GATE_COUNT; gate++)
        offer(l, lab_gate_name((enum lab_gate)gate), lab_gate_title((enum lab_gate)gate));
}

static void offer_logs(struct line *l)
{
    const struct lab_guest_log *log;
    for (size_t i = 0; (log = lab_guest_log_at(i)); i++)
        offer(l, log->name, log->about);
}

/* "table, json, yaml or ndjson (…)": the words themselves. */
static void offer_listed(struct line *l, const char *list)
{
    size_t end = strcspn(list, "(;:");
    for (size_t at = 0; at < end;) {
        size_t n = strcspn(list + at, ", (;:");
        LAB_AUTOFREE char *word = lab_strndup(list + at, n);
        if (n && strcmp(word, "or") != 0)
            offer(l, word, NULL);
        at += n + 1;
    }
}

static bool is_one_of(const char *word, size_t n, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && strncmp(word, list[i], n) == 0)
            return true;
    return false;
}

/* Either side of a copy: a file of this host, or a node whose path follows. */
static void offer_sides(struct line *l)
{
    struct lab_candidates found = {0};
    l->names->nodes(&found, l->file, l->lab);
    LAB_VEC_FOREACH (c, &found.list) {
        LAB_AUTOFREE char *side = lab_format("%s:", c->text);
        offer(l, side, NULL);
    }
    lab_candidates_clear(&found);
    l->out->files = true;
}

/* kind: the word by which help texts call it: "NODE", "[NODE…]", "FILE|URL". */
static void offer_kind(struct line *l, const char *kind, size_t n)
{
    static const char *const files[] = {"FILE", "DIR",   "KEY",  "SOURCE", "OUT",
                                        "NEW",  "IMAGE", "FROM", "TO"};
    if (n > 7 && strncmp(kind, "[NODE:]", 7) == 0) {
        offer_sides(l);
        return;
    }
    kind += *kind == '[';
    size_t len = 0;
    while (len < n && kind[len] >= 'A' && kind[len] <= 'Z')
        len++;
    struct lab_candidates found = {0};
    if (len == 4 && strncmp(kind, "NODE", 4) == 0)
        l->names->nodes(&found, l->file, l->lab);
    else if (len == 8 && strncmp(kind, "SNAPSHOT", 8) == 0)
        l->names->snapshots(&found, l->file, l->lab);
    else if (len == 4 && strncmp(kind, "GATE", 4) == 0)
        offer_gates(l);
    else if (len == 4 && strncmp(kind, "WHAT", 4) == 0)
        offer_logs(l);
    else if (len == 7 && strncmp(kind, "COMMAND", 7) == 0)
        offer_explained(l);
    else if (is_one_of(kind, len, files, LAB_ARRAY_LEN(files)))
        l->out->files = true;
    offer_all(l, &found);
}

static void offer_values(struct line *l, const struct lab_option *o)
{
    struct lab_candidates found = {0};
    if (strcmp(o->value, "FORMAT") == 0)
        offer_listed(l, o->help);
    else if (strcmp(o->name, "lab") == 0)
        l->names->labs(&found);
    else
        offer_kind(l, o->value, strlen(o->value));
    offer_all(l, &found);
}

static void offer_options(struct line *l)
{
    const struct lab_option *o;
    for (size_t i = 0; (o = lab_cli_option_at(l->command, i)); i++) {
        LAB_AUTOFREE char *text = lab_format("--%s", o->name);
        if (o->help)
            offer(l, text, o->help);
    }
}

/* Words of a usage such as "build OUT FILE…|FOLDER | ls IMAGE | verify". */
struct usage {
    const char *at, *word;
    size_t len;
};

static bool next_word(struct usage *u)
{
    u->at += strspn(u->at, " ");
    u->word = u->at;
    u->len = strcspn(u->at, " ");
    u->at += u->len;
    return u->len != 0;
}

static bool is_word(const struct usage *u, const char *word)
{
    return strlen(word) == u->len && strncmp(u->word, word, u->len) == 0;
}

static bool is_verb(const struct usage *u)
{
    return u->word[0] >= 'a' && u->word[0] <= 'z';
}

static void offer_verbs(struct line *l, struct usage u)
{
    bool begins = true;
    while (next_word(&u)) {
        if (begins && is_verb(&u)) {
            LAB_AUTOFREE char *verb = lab_strndup(u.word, u.len);
            offer(l, verb, NULL);
        }
        begins = is_word(&u, "|");
    }
}

/* To the words that follow the verb which was given. */
static bool seek_verb(struct usage *u, const char *verb)
{
    bool begins = true;
    while (next_word(u)) {
        if (begins && is_word(u, verb))
            return true;
        begins = is_word(u, "|");
    }
    return false;
}

static bool is_many(const char *kind, size_t n)
{
    LAB_AUTOFREE char *text = lab_strndup(kind, n);
    return strstr(text, "…") != NULL;
}

static void offer_argument(struct line *l)
{
    if (!l->command->arguments)
        return;
    struct usage u = {l->command->arguments, NULL, 0};
    struct usage first = u;
    size_t behind = l->arguments;
    if (!next_word(&first))
        return;
    if (is_verb(&first)) {
        if (behind == 0) {
            offer_verbs(l, u);
            return;
        }
        if (!seek_verb(&u, l->verb))
            return;
        behind--;
    }
    struct usage kind = {0}, many = {0}; /* "FILE…" stands for all that follow */
    for (size_t i = 0; i <= behind; i++) {
        if (!next_word(&u) || is_word(&u, "|") || is_word(&u, "--") || is_word(&u, "[--")) {
            if (!many.len)
                return;
            break;
        }
        kind = u;
        if (is_many(u.word, u.len))
            many = u;
    }
    offer_kind(l, kind.word, kind.len);
    if (many.len && strncmp(many.word, "[NODE:]", 7) != 0 && many.word != kind.word)
        offer_kind(l, many.word, many.len);
}

static const struct lab_option *
option_called(const struct lab_command *command, const char *name, size_t n)
{
    const struct lab_option *o;
    for (size_t i = 0; (o = lab_cli_option_at(command, i)); i++)
        if (n == 1 ? o->letter == *name : strlen(o->name) == n && strncmp(o->name, name, n) == 0)
            return o;
    return NULL;
}

static void note_value(struct line *l, const struct lab_option *o, const char *value)
{
    if (strcmp(o->name, "file") == 0)
        l->file = value;
    else if (strcmp(o->name, "lab") == 0)
        l->lab = value;
}

static void pass_option(struct line *l, const char *word)
{
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    size_t n = is_long ? strcspn(name, "=") : 1;
    const struct lab_option *o = option_called(l->command, name, n);
    if (!o || !o->value)
        return;
    if (is_long ? name[n] == '=' : name[1] != 0)
        note_value(l, o, name + n + (is_long ? 1 : 0));
    else
        l->pending = o;
}

static void pass(struct line *l, const char *word)
{
    const struct lab_option *pending = l->pending;
    l->pending = NULL;
    if (pending && !(lab_cli_value_is_optional(pending) && word[0] == '-')) {
        note_value(l, pending, word);
    } else if (strcmp(word, "--") == 0) {
        l->only_arguments = true;
    } else if (word[0] == '-' && word[1] && !l->only_arguments) {
        pass_option(l, word);
    } else if (!l->command) {
        l->command = lab_cli_command(word);
        l->only_arguments = !l->command; /* nobody knows what may follow */
    } else {
        if (l->arguments++ == 0)
            l->verb = word;
    }
}

static void offer_option(struct line *l)
{
    size_t n = strcspn(l->word, "=");
    if (!l->word[n] || l->word[1] != '-') {
        offer_options(l);
        return;
    }
    const struct lab_option *o = option_called(l->command, l->word + 2, n - 2);
    if (!o || !o->value)
        return;
    l->before = l->word;
    l->before_len = n + 1;
    l->word += n + 1;
    offer_values(l, o);
}

void lab_complete(const char *const *words,
                  size_t n,
                  const struct lab_complete_names *names,
                  struct lab_candidates *out)
{
    struct line l = {.names = names, .word = n ? words[n - 1] : "", .before = "", .out = out};
    for (size_t i = 0; i + 1 < n; i++)
        pass(&l, words[i]);
    if (l.only_arguments && (!l.command || l.command->takes & LAB_TAKES_COMMAND))
        out->files = true; /* a command for the guest */
    else if (l.pending && !(lab_cli_value_is_optional(l.pending) && l.word[0] == '-'))
        offer_values(&l, l.pending);
    else if (l.word[0] == '-' && !l.only_arguments)
        offer_option(&l);
    else if (!l.command)
        offer_commands(&l);
    else
        offer_argument(&l);
}
