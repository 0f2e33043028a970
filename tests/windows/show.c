/* Prints what platform/win32 finds out, for tests/windows/check, which sets the scene:
 *   show find TOOL            the path of a program of VMware, or "none"
 *   show networks             VMware's networks
 *   show advice N ADDR MASK   what to run to change one */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

static int find(const char *tool)
{
    LAB_AUTOFREE char *path = plat_find_vmware(tool);
    puts(path ? path : "none");
    return 0;
}

static int networks(void)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTO_STR struct lab_str text = LAB_STR_INIT;
    if (plat_vmnet_settings(&text, &err) != 0) {
        printf("%s\n%s\n", err.message, err.hint);
        return 3;
    }
    fputs(lab_str_get(&text), stdout);
    return 0;
}

int main(int argc, char **argv)
{
    plat_console_init();
    argv = plat_arguments(&argc, argv);
    if (argc == 3 && strcmp(argv[1], "find") == 0)
        return find(argv[2]);
    if (argc == 2 && strcmp(argv[1], "networks") == 0)
        return networks();
    if (argc == 5 && strcmp(argv[1], "advice") == 0) {
        LAB_AUTOFREE char *text = plat_vmnet_advice((unsigned)atoi(argv[2]), argv[3], argv[4]);
        puts(text);
        return 0;
    }
    return 2;
}
