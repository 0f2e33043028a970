/* What the commands that draw have in common. */
#ifndef LAB_CLI_PICTURE_H
#define LAB_CLI_PICTURE_H

#include "cli/command.h"

enum lab_drawing { LAB_DRAW_TEXT, LAB_DRAW_SVG, LAB_DRAW_HTML, LAB_DRAW_DATA };

/* What -o asks for, else the ending of --to. DATA: json, yaml or ndjson, now in cli->output. */
int lab_picture_format(struct lab_cli *cli,
                       bool has_html,
                       enum lab_drawing *out,
                       struct lab_error *err) LAB_MUST_CHECK;
/* To stdout, or to the file of --to, which is replaced as a whole. */
int lab_picture_put(const struct lab_cli *cli,
                    const struct lab_str *text,
                    struct lab_error *err) LAB_MUST_CHECK;
/* As -o says, to the same place. */
int lab_picture_data(const struct lab_cli *cli,
                     json_t *value /* taken */,
                     const char *key,
                     struct lab_error *err) LAB_MUST_CHECK;
/* Columns of the terminal, or of a page of text in a file or a pipe; utf8: for --to always. */
void lab_picture_screen(const struct lab_cli *cli, unsigned *columns, bool *utf8);

#endif
