#include "cli/man.h"

#include <string.h>

#include "cli/topics.h"

/* roff reads '\' and, at the start of a line, '.' and '\''; a bare '-' may become a hyphen. */
static void put_text(struct lab_str *out, const char *text, size_t n)
{
    if (n && (*text == '.' || *text == '\''))
        lab_str_add(out, "\\&");
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\')
            lab_str_add(out, "\\e");
        else if (text[i] == '-')
            lab_str_add(out, "\\-");
        else
            lab_str_addc(out, text[i]);
    }
}

static void put_line(struct lab_str *out, const char *text, size_t n)
{
    put_text(out, text, n);
    lab_str_addc(out, '\n');
}

/* Help texts: paragraphs between empty lines; what begins with two spaces is shown as it stands. */
static void put_body(struct lab_str *out, const char *text)
{
    bool literal = false;
    while (*text) {
        size_t n = strcspn(text, "\n");
        bool indented = n > 2 && text[0] == ' ' && text[1] == ' ';
        if (indented != literal)
            lab_str_add(out, indented ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n");
        literal = indented;
        if (n == 0 && !literal)
            lab_str_add(out, ".PP\n");
        else
            put_line(out, text + (indented ? 2 : 0), n - (indented ? 2 : 0));
        text += n + (text[n] == '\n');
    }
    if (literal)
        lab_str_add(out, ".RE\n.fi\n");
}

static void put_option(struct lab_str *out, const struct lab_option *o)
{
    LAB_AUTOFREE char *letter = o->letter ? lab_format("-%c, ", o->letter) : lab_strdup("");
    LAB_AUTOFREE char *words =
        lab_format("%s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "");
    lab_str_add(out, ".TP\n.B ");
    put_line(out, words, strlen(words));
    put_line(out, o->help, strlen(o->help));
}

static void put_head(struct lab_str *out, const char *name, const char *summary)
{
    lab_str_addf(out, ".TH \"%s\" 1 \"\" \"labctl " LABCTL_VERSION "\" \"labctl\"\n.SH NAME\n",
                 name);
    put_text(out, name, strlen(name));
    lab_str_add(out, " \\- ");
    put_line(out, summary, strlen(summary));
    lab_str_add(out, ".SH SYNOPSIS\n");
}

static void put_commands(struct lab_str *out)
{
    lab_str_add(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < lab_commands_len; i++) {
        const struct lab_command *c = lab_commands[i];
        if (!c->summary)
            continue;
        lab_str_addf(out, ".TP\n.BR ");
        LAB_AUTOFREE char *page = lab_format("labctl-%s", c->name);
        put_text(out, page, strlen(page));
        lab_str_add(out, " (1)\n");
        put_line(out, c->summary, strlen(c->summary));
    }
}

static void put_options(struct lab_str *out, const struct lab_command *command)
{
    const struct lab_option *o;
    lab_str_add(out, ".SH OPTIONS\n");
    for (size_t i = 0; (o = lab_cli_option_at(command, i)); i++)
        if (o->help)
            put_option(out, o);
}

static void put_topic(struct lab_str *out, const char *title, const char *name)
{
    lab_str_addf(out, ".SH %s\n", title);
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    lab_topic_put(name, &text);
    put_body(out, lab_str_get(&text));
}

void lab_man_page(const struct lab_command *command, struct lab_str *out)
{
    if (!command) {
        put_head(out, "labctl", "make a running lab of virtual machines from one lab.yaml");
        lab_str_add(out, ".B labctl\n.I COMMAND\n[OPTIONS] [ARGUMENTS]\n");
        put_commands(out);
        put_topic(out, "EXIT STATUS", "exit-status");
        put_topic(out, "ENVIRONMENT", "environment");
        put_topic(out, "GATES", "gates");
        return;
    }
    LAB_AUTOFREE char *name = lab_format("labctl-%s", command->name);
    put_head(out, name, command->summary);
    lab_str_add(out, ".B labctl ");
    put_line(out, command->name, strlen(command->name));
    lab_str_add(out, "[OPTIONS] ");
    put_line(out, command->arguments ? command->arguments : "",
             command->arguments ? strlen(command->arguments) : 0);
    lab_str_add(out, ".SH DESCRIPTION\n");
    put_body(out, command->text);
    put_options(out, command);
    lab_str_add(out, ".SH SEE ALSO\n.BR labctl (1)\n");
}
