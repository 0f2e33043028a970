#include "cli/image.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "platform.h"

static void draw(void *arg, uint64_t done, uint64_t total)
{
    struct lab_image_bar *bar = arg;
    LAB_AUTO_STR struct lab_str all = LAB_STR_INIT;
    lab_put_size(&all, total);
    fprintf(stderr, "\r%3u%% of %s%s\033[K", (unsigned)(done * 100 / total), lab_str_get(&all),
            done == total && bar->tail ? bar->tail : "");
    fflush(stderr);
    bar->drawn = true;
}

lab_cache_progress *lab_image_bar_of(const struct lab_cli *cli)
{
    return !cli->quiet && plat_is_terminal(2) ? draw : NULL;
}

void lab_image_bar_end(const struct lab_image_bar *bar)
{
    if (bar->drawn)
        fputs("\r\033[K", stderr);
}

int lab_image_sum(const char *text, char sum[LAB_SHA256_HEX], struct lab_error *err)
{
    if (strlen(text) != LAB_SHA256_HEX - 1 ||
        strspn(text, "0123456789abcdefABCDEF") != strlen(text))
        return lab_fail(err, LAB_USAGE, "'--sha256 %s' is not 64 hexadecimal digits", text);
    for (size_t i = 0; i < LAB_SHA256_HEX; i++)
        sum[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] + 32 : text[i]);
    return 0;
}

json_t *lab_image_size(const struct lab_cli *cli, uint64_t bytes)
{
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (cli->output != LAB_OUTPUT_TABLE)
        return json_integer((json_int_t)bytes);
    if (bytes)
        lab_put_size(&text, bytes);
    return json_string(lab_str_get(&text));
}
