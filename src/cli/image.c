#include "cli/image.h"

#include <string.h>

#include "base/text.h"

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
