/* registry: its verbs are in cmd_registry_*.c. */
#include "cli/registry.h"
#include "cli/verbs.h"

#include <string.h>

#include "base/i18n.h"
#include "base/text.h"

#define TARGET "to ca username password-file insecure "

static const struct lab_verb verbs[] = {
    {"up", lab_registry_cmd_up, "", false},
    {"down", lab_registry_cmd_down, "", false},
    {"status", lab_registry_cmd_status, "", false},
    {"logs", lab_registry_cmd_logs, "follow ", false},
    {"push", lab_registry_cmd_push, "image platform " TARGET, false},
    {"ls", lab_registry_cmd_ls, TARGET, false},
    {"verify", lab_registry_cmd_verify, "image platform host-only " TARGET, false},
    {"serve", lab_registry_cmd_serve, "child-of ", true}, /* the supervisor; no word in the help */
};

static int run_registry(struct lab_cli *cli, struct lab_error *err)
{
    return lab_cli_run_verb(cli, verbs, LAB_ARRAY_LEN(verbs), err);
}

static const struct lab_option options[] = {
    {"follow", 0, NULL, LAB_N("go on printing what is added (logs)")},
    {"image", 0, "REF", LAB_N("only this image of SOURCE; may be repeated (push, verify)")},
    {"platform", 0, "OS/ARCH", LAB_N("of images for several (push, verify; default: linux/amd64)")},
    {"to", 0, "ADDRESS", LAB_N("HOST:PORT[/PREFIX] instead of the lab's (push, ls, verify)")},
    {"ca", 0, "FILE", LAB_N("CA certificate of the registry, PEM (push, ls, verify)")},
    {"username", 0, "NAME", LAB_N("who to be there (push, ls, verify)")},
    {"password-file", 0, "FILE", LAB_N("with the password in its first line (push, ls, verify)")},
    {"insecure", 0, NULL, LAB_N("plain HTTP, without any protection (push, ls, verify)")},
    {"host-only", 0, NULL, LAB_N("do not ask the nodes, too (verify)")},
    {"child-of", 0, "PID", NULL}, /* of serve, for labctl itself */
    {0},
};

const struct lab_command lab_cmd_registry = {
    .name = "registry",
    .summary = LAB_N("the container registry of the lab"),
    .arguments = "up | down | status | logs | push SOURCE | ls | verify SOURCE",
    .text = LAB_N(
        "With 'registry: {serve: true}' in lab.yaml labctl runs Debian's docker-registry on this\n"
        "host, with TLS by the lab's own CA, which every node trusts. 'labctl up' starts it, and so\n"
        "does 'up' here, without guests; it goes on when labctl has ended, and is started again when\n"
        "it dies. 'down' ends it, its images stay; 'teardown' removes them with the lab.\n"
        "'status' also looks at a registry that somebody else runs ('registry: {address: …}').\n\n"
        "SOURCE is an OCI image layout, an archive of one or of 'docker save' (plain, gzip or zstd), or\n"
        "a bundle. 'push' sends what the registry does not have; images are called there as in SOURCE,\n"
        "without the name of their own registry. 'up' pushes a bundle's images by itself. 'ls' lists what\n"
        "is there, 'verify' proves that every image of SOURCE can be pulled by digest: from this host,\n"
        "and for the lab's own registry from inside each node as well.\n\n"
        "  labctl registry up\n"
        "  labctl registry status -o json\n"
        "  labctl registry logs --follow\n"
        "  labctl registry push bundle\n"
        "  labctl registry push images.tar --to 192.168.6.1:5000/mirror --ca ca.crt"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE,
    .run = run_registry,
};
