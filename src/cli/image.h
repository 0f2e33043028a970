/* What the files of the image command share. */
#ifndef LAB_CLI_IMAGE_H
#define LAB_CLI_IMAGE_H

#include "cli/bar.h"
#include "cli/command.h"
#include "run/images.h"

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
