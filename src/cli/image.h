/* What the files of the image command share. */
#ifndef LAB_CLI_IMAGE_H
#define LAB_CLI_IMAGE_H

#include "cli/command.h"
#include "run/images.h"

/* A line on the terminal: "42% of 1.5 GiB". */
struct lab_image_bar {
    const char *tail; /* said when all is done but the end of it, or NULL */
    bool drawn;
};
/* NULL when there is nobody to see it. Its argument is a struct lab_image_bar. */
lab_cache_progress *lab_image_bar_of(const struct lab_cli *cli);
void lab_image_bar_end(const struct lab_image_bar *bar);

/* The value of --sha256, in lower case. */
int lab_image_sum(const char *text, char sum[LAB_SHA256_HEX], struct lab_error *err) LAB_MUST_CHECK;
/* A number for programs, "1.5 GiB" for people; 0 is empty there. */
json_t *lab_image_size(const struct lab_cli *cli, uint64_t bytes);

/* cmd_image_cache.c */
int lab_image_cmd_import(struct lab_cli *cli, struct lab_error *err);
int lab_image_cmd_list(struct lab_cli *cli, struct lab_error *err);
int lab_image_cmd_verify(struct lab_cli *cli, struct lab_error *err);
int lab_image_cmd_rm(struct lab_cli *cli, struct lab_error *err);
int lab_image_cmd_prune(struct lab_cli *cli, struct lab_error *err);

#endif
