#include "cli/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "platform.h"

static int fail_format(const char *word, bool has_html, struct lab_error *err)
{
    return has_html
               ? lab_fail(err, LAB_USAGE, "-o '%s' is none of text, svg, html, json, yaml, ndjson",
                          word)
               : lab_fail(err, LAB_USAGE, "-o '%s' is none of text, svg, json, yaml, ndjson", word);
}

int lab_picture_format(struct lab_cli *cli,
                       bool has_html,
                       enum lab_drawing *out,
                       struct lab_error *err)
{
    const char *word = lab_cli_value(cli, "output"), *to = lab_cli_value(cli, "to");
    *out = LAB_DRAW_TEXT;
    if (!word && to && (lab_ends_with(to, ".svg") || (has_html && lab_ends_with(to, ".html"))))
        word = strrchr(to, '.') + 1;
    if (!word && to && lab_ends_with(to, ".json"))
        word = "json";
    if (!word || strcmp(word, "text") == 0 || strcmp(word, "table") == 0)
        return 0;
    if (strcmp(word, "svg") == 0)
        *out = LAB_DRAW_SVG;
    else if (has_html && strcmp(word, "html") == 0)
        *out = LAB_DRAW_HTML;
    else if (strcmp(word, "json") == 0 || strcmp(word, "yaml") == 0 || strcmp(word, "ndjson") == 0)
        *out = LAB_DRAW_DATA;
    else
        return fail_format(word, has_html, err);
    return *out == LAB_DRAW_DATA ? lab_cli_take_output(cli, word, err) : 0;
}

int lab_picture_put(const struct lab_cli *cli, const struct lab_str *text, struct lab_error *err)
{
    const char *to = lab_cli_value(cli, "to");
    if (!lab_str_ok(text))
        return lab_fail(err, LAB_INTERNAL, "the picture would be larger than 64 MiB");
    if (!to) {
        fputs(lab_str_get(text), stdout);
        return 0;
    }
    if (lab_file_replace(to, lab_str_get(text), text->len, 0644, err))
        return -1;
    if (!cli->quiet)
        lab_cli_say("wrote %s\n", to);
    return 0;
}

void lab_picture_screen(const struct lab_cli *cli, unsigned *columns, bool *utf8)
{
    int width, rows;
    bool screen = !lab_cli_value(cli, "to") && plat_is_terminal(1);
    plat_terminal_size(1, &width, &rows);
    *columns = screen && width > 0 ? (unsigned)width : 80;
    *utf8 = lab_cli_value(cli, "to") || plat_terminal_utf8();
}

/* lab_cli_print() knows stdout alone. */
int lab_picture_data(const struct lab_cli *cli,
                     json_t *value,
                     const char *key,
                     struct lab_error *err)
{
    if (!lab_cli_value(cli, "to")) {
        lab_cli_print(cli, value, key, NULL, 0);
        return 0;
    }
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (cli->output != LAB_OUTPUT_JSON) {
        json_decref(value);
        lab_fail(err, LAB_USAGE, "--to writes text, svg, html or json");
        return lab_error_hint(err, "leave --to away and send stdout to the file");
    }
    char *dump = json_dumps(value, JSON_INDENT(2));
    lab_str_addf(&text, "%s\n", dump ? dump : "null");
    free(dump);
    json_decref(value);
    return lab_picture_put(cli, &text, err);
}
