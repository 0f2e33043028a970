/* registry: its verbs are in cmd_registry_*.c. */
#include "cli/registry.h"

#include <string.h>

#include "base/text.h"

#define TARGET "to ca username password-file insecure "

static const struct {
    const char *name;
    int (*run)(struct lab_cli *, struct lab_error *);
    const char *takes; /* options, with a space behind each */
} verbs[] = {
    {"up", lab_registry_cmd_up, ""},
    {"down", lab_registry_cmd_down, ""},
    {"status", lab_registry_cmd_status, ""},
    {"logs", lab_registry_cmd_logs, "follow "},
    {"push", lab_registry_cmd_push, "image platform " TARGET},
    {"ls", lab_registry_cmd_ls, TARGET},
    {"verify", lab_registry_cmd_verify, "image platform host-only " TARGET},
    {"serve", lab_registry_cmd_serve, "child-of "}, /* the supervisor; no word in the help */
};

static int unknown_verb(const char *verb, struct lab_error *err)
{
    const char *names[LAB_ARRAY_LEN(verbs)];
    for (size_t i = 0; i < LAB_ARRAY_LEN(verbs); i++)
        names[i] = verbs[i].name;
    const char *nearest = lab_nearest(verb, names, LAB_ARRAY_LEN(verbs));
    lab_fail(err, LAB_USAGE, "there is no 'labctl registry %s'", verb);
    return nearest ? lab_error_hint(err, "did you mean 'labctl registry %s'?", nearest)
                   : lab_error_hint(err, "see 'labctl registry --help'");
}

static int
check_options(const struct lab_cli *cli, const char *verb, const char *takes, struct lab_error *err)
{
    for (size_t i = 0; i < cli->given_len; i++) {
        LAB_AUTOFREE char *word = lab_format("%s ", cli->given[i].option->name);
        if (strstr(takes, word))
            continue;
        lab_fail(err, LAB_USAGE, "'labctl registry %s' takes no option '--%s'", verb,
                 cli->given[i].option->name);
        return lab_error_hint(err, "see 'labctl registry --help'");
    }
    return 0;
}

static int run_registry(struct lab_cli *cli, struct lab_error *err)
{
    const char *verb = cli->arguments.items[0];
    for (size_t i = 0; i < LAB_ARRAY_LEN(verbs); i++)
        if (strcmp(verb, verbs[i].name) == 0)
            return check_options(cli, verb, verbs[i].takes, err) ? -1 : verbs[i].run(cli, err);
    return unknown_verb(verb, err);
}

static const struct lab_option options[] = {
    {"follow", 0, NULL, "go on printing what is added (logs)"},
    {"image", 0, "REF", "only this image of SOURCE; may be repeated (push, verify)"},
    {"platform", 0, "OS/ARCH", "of images for several (push, verify; default: linux/amd64)"},
    {"to", 0, "ADDRESS", "HOST:PORT[/PREFIX] instead of the lab's (push, ls, verify)"},
    {"ca", 0, "FILE", "CA certificate of the registry, PEM (push, ls, verify)"},
    {"username", 0, "NAME", "who to be there (push, ls, verify)"},
    {"password-file", 0, "FILE", "with the password in its first line (push, ls, verify)"},
    {"insecure", 0, NULL, "plain HTTP, without any protection (push, ls, verify)"},
    {"host-only", 0, NULL, "do not ask the nodes, too (verify)"},
    {"child-of", 0, "PID", NULL}, /* of serve, for labctl itself */
    {0},
};

const struct lab_command lab_cmd_registry = {
    .name = "registry",
    .summary = "the container registry of the lab",
    .arguments = "up | down | status | logs | push SOURCE | ls | verify SOURCE",
    .text =
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
        "  labctl registry push images.tar --to 192.168.6.1:5000/mirror --ca ca.crt",
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .takes = LAB_TAKES_FILE,
    .run = run_registry,
};
