/* Simple commands of a POSIX shell script, without running or expanding anything. Quotes, comments,
 * here-documents and commands in $( ) and ` ` are told apart; what is not needed for that
 * (redirections, functions, case patterns) passes as words. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lint/text.h"

#define MAX_NESTED 16
#define MAX_HERE   8

struct lexer {
    const struct lint_text *t;
    const char *s;
    struct lint_words words;
    struct lab_str word;
    size_t word_at;
    bool in_word;
    char *here[MAX_HERE]; /* delimiters whose bodies begin with the next line */
    size_t here_len;
    int nested;
    size_t counted; /* up to here there are so many lines */
    int lines;
};

static void lex(struct lexer *l, size_t i, size_t end);

void lint_words_add(struct lint_words *words, size_t at, const char *text, size_t n)
{
    *lab_vec_push(&words->list) = (struct lint_word){at, lab_strndup(text, n)};
}

void lint_words_clear(struct lint_words *words)
{
    LAB_VEC_FOREACH (w, &words->list)
        free(w->text);
    lab_vec_clear(&words->list);
}

static void begin_word(struct lexer *l, size_t at)
{
    if (!l->in_word)
        l->word_at = at;
    l->in_word = true;
}

static void end_word(struct lexer *l)
{
    if (!l->in_word)
        return;
    lint_words_add(&l->words, l->word_at, lab_str_get(&l->word), l->word.len);
    lab_str_truncate(&l->word, 0);
    l->in_word = false;
}

static void end_command(struct lexer *l)
{
    end_word(l);
    if (l->words.list.len)
        lint_command(l->t, &l->words, true);
    lint_words_clear(&l->words);
}

/* Past a quoted text at i that ends in its line; an apostrophe that is none opens nothing. */
static size_t skip_quoted(const struct lexer *l, size_t i, size_t end)
{
    for (size_t close = i + 1; close < end && l->s[close] != '\n'; close++)
        if (l->s[close] == l->s[i])
            return close;
    return i;
}

/* The end of what a bracket or quote at i opens, or end. */
static size_t closing(const struct lexer *l, size_t i, size_t end)
{
    char open = l->s[i], close = open == '(' ? ')' : open == '{' ? '}' : open;
    int depth = 0;
    for (; i < end; i++) {
        char c = l->s[i];
        if (c == '\\' && open != '\'')
            i++;
        else if (c == close && (open == close ? depth == 1 : --depth == 0))
            return i;
        else if (c == open)
            depth++;
        else if (open != close && (c == '\'' || c == '"'))
            i = skip_quoted(l, i, end);
    }
    return end;
}

/* A command inside a word: read apart, and a blank spot in the word. */
static size_t inner(struct lexer *l, size_t i, size_t end)
{
    size_t stop = closing(l, i, end);
    struct lexer deeper = {.t = l->t, .s = l->s, .nested = l->nested + 1};
    if (deeper.nested < MAX_NESTED) {
        lex(&deeper, i + 1, stop);
        end_command(&deeper);
        lab_str_clear(&deeper.word);
    }
    lab_str_add(&l->word, "$()");
    return stop;
}

/* At '$': a command, or a name that stays as it is written. */
static size_t dollar(struct lexer *l, size_t i, size_t end)
{
    if (i + 1 < end && l->s[i + 1] == '(')
        return inner(l, i + 1, end);
    size_t stop = i + 1 < end && l->s[i + 1] == '{' ? closing(l, i + 1, end) : i;
    lab_str_addn(&l->word, l->s + i, (stop < end ? stop + 1 : end) - i);
    return stop;
}

static size_t double_quoted(struct lexer *l, size_t i, size_t end)
{
    for (i++; i < end && l->s[i] != '"'; i++) {
        if (l->s[i] == '\\' && i + 1 < end)
            lab_str_addc(&l->word, l->s[++i]);
        else if (l->s[i] == '$')
            i = dollar(l, i, end);
        else if (l->s[i] == '`')
            i = inner(l, i, end);
        else
            lab_str_addc(&l->word, l->s[i]);
    }
    return i;
}

/* At "<<": remembers the delimiter. */
static size_t here(struct lexer *l, size_t i, size_t end)
{
    i += 2;
    if (i < end && l->s[i] == '<')
        return i; /* <<<: a word follows */
    while (i < end && strchr("- \t'\"\\", l->s[i]))
        i++;
    size_t n = strcspn(l->s + i, " \t\n'\";|&)<>");
    if (i + n > end)
        n = end - i;
    if (l->here_len < MAX_HERE)
        l->here[l->here_len++] = lab_strndup(l->s + i, n);
    i += n;
    return i < end && strchr("'\"", l->s[i]) ? i : i - 1;
}

/* The body's lines, each by itself: a quote in one is no quote of the script's. A body that is a
 * file of its own is read as that. */
static void read_body(struct lexer *l, size_t from, size_t to)
{
    LAB_AUTOFREE char *body = lab_strndup(l->s + from, to - from);
    struct lint_text text = *l->t;
    enum lab_lint_kind kind;
    if (lab_lint_kind_of("", body, &kind) && l->t->depth < LINT_MAX_DEPTH) {
        for (; l->counted < from; l->counted++)
            l->lines += l->s[l->counted] == '\n';
        text = lint_inner(l->t, body, LINT_BLOCK, l->lines - 1, 0);
        text.kind = kind;
        kind == LAB_LINT_SHELL ? lint_shell(&text) : lint_yaml(&text);
        return;
    }
    while (from < to) {
        size_t n = strcspn(l->s + from, "\n");
        struct lexer line = {.t = l->t, .s = l->s, .nested = l->nested + 1};
        lex(&line, from, from + n < to ? from + n : to);
        end_command(&line);
        lab_str_clear(&line.word);
        from += n + 1;
    }
}

static size_t bodies(struct lexer *l, size_t i, size_t end)
{
    for (size_t h = 0; h < l->here_len; h++) {
        size_t from = i, n;
        for (; i < end; i += n + 1) {
            n = strcspn(l->s + i, "\n");
            size_t tabs = strspn(l->s + i, "\t");
            if (n - tabs == strlen(l->here[h]) &&
                strncmp(l->s + i + tabs, l->here[h], n - tabs) == 0)
                break;
        }
        i = i < end ? i : end;
        if (l->nested < MAX_NESTED)
            read_body(l, from, i);
        size_t rest = strcspn(l->s + i, "\n"); /* the end may be in the middle of this line */
        i = rest < end - i ? i + rest + 1 : end;
        free(l->here[h]);
    }
    l->here_len = 0;
    return i;
}

static size_t quoted(struct lexer *l, size_t i, size_t end)
{
    size_t stop;
    begin_word(l, l->s[i] == '"' || l->s[i] == '\'' ? i + 1 : i);
    switch (l->s[i]) {
    case '\'':
        stop = closing(l, i, end);
        lab_str_addn(&l->word, l->s + i + 1, stop > i + 1 ? stop - i - 1 : 0);
        return stop;
    case '"':
        return double_quoted(l, i, end);
    case '`':
        return inner(l, i, end);
    case '$':
        return dollar(l, i, end);
    default: /* a backslash; before the line's end it joins lines */
        if (i + 1 < end && l->s[i + 1] != '\n')
            lab_str_addc(&l->word, l->s[i + 1]);
        else if (!l->word.len)
            l->in_word = false;
        return i + 1;
    }
}

static void lex(struct lexer *l, size_t i, size_t end)
{
    for (; i < end; i++) {
        char c = l->s[i];
        if (c == '\n') {
            end_command(l);
            if (l->here_len)
                i = bodies(l, i + 1, end) - 1;
        } else if (strchr(" \t\r", c)) {
            end_word(l);
        } else if (c == '#' && !l->in_word) {
            i += strcspn(l->s + i, "\n") - 1;
        } else if (c == '<' && i + 1 < end && l->s[i + 1] == '<') {
            end_word(l);
            i = here(l, i, end);
        } else if (strchr(";&|()", c)) {
            end_command(l);
        } else if (strchr("'\"`$\\", c)) {
            i = quoted(l, i, end);
        } else {
            begin_word(l, i);
            lab_str_addc(&l->word, c);
        }
    }
    for (size_t h = 0; h < l->here_len; h++)
        free(l->here[h]);
    l->here_len = 0;
}

void lint_shell(const struct lint_text *t)
{
    struct lexer l = {.t = t, .s = t->text};
    lex(&l, 0, strlen(t->text));
    end_command(&l);
    lab_str_clear(&l.word);
}
