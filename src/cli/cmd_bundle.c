/* bundle create|verify|sign|keygen|inspect|diff|split|join: what crosses the gap to a place without
 * internet. */
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/bundle.h"
#include "cli/verbs.h"

static const struct lab_verb verbs[] = {
    {"create", lab_bundle_cmd_create, "file update sign retries output ", false},
    {"verify", lab_bundle_cmd_verify, "key ", false},
    {"sign", lab_bundle_cmd_sign, "key ", false},
    {"keygen", lab_bundle_cmd_keygen, "", false},
    {"inspect", lab_bundle_cmd_inspect, "", false},
    {"diff", lab_bundle_cmd_diff, "", false},
    {"split", lab_bundle_cmd_split, "size output ", false},
    {"join", lab_bundle_cmd_join, "key output ", false},
};

/* -o is the folder where a verb writes one, elsewhere the format. */
static int check_option(struct lab_cli *cli,
                        const struct lab_verb *verb,
                        const char *name,
                        const char *value,
                        struct lab_error *err)
{
    if (lab_verb_takes(verb, name))
        return 0;
    return strcmp(name, "output") == 0 ? lab_cli_take_output(cli, value, err)
                                       : lab_cli_refuse_option(cli, verb, name, err);
}

static int run_bundle(struct lab_cli *cli, struct lab_error *err)
{
    const struct lab_verb *verb = lab_cli_verb(cli, verbs, LAB_ARRAY_LEN(verbs), err);
    for (size_t i = 0; verb && i < cli->given_len; i++)
        if (check_option(cli, verb, cli->given[i].option->name, cli->given[i].value, err) < 0)
            return -1;
    return verb ? verb->run(cli, err) : -1;
}

static const struct lab_option options[] = {
    {"file", 'f', "FILE", LAB_N("what the bundle is to hold (create; default: bundle.yaml)")},
    {"update", 0, NULL, LAB_N("accept what differs from bundle.lock (create)")},
    {"sign", 0, "KEY", LAB_N("sign it by this private key (create)")},
    {"retries", 0, "N", LAB_N("tries of a download, in a row without a byte (create; default: 8)")},
    {"size", 0, "SIZE", LAB_N("of a part, such as 2G (split; default: 2G, which FAT32 can hold)")},
    {"key", 0, "FILE", LAB_N("public key to trust (verify, join), private key (sign)")},
    {"output", 'o', "DIR",
     LAB_N("the folder to write (create, join: bundle; split: parts); else table, json, …")},
    {0},
};

const struct lab_command lab_cmd_bundle = {
    .name = "bundle",
    .summary = LAB_N("carry k3s, images and packages to a place without internet"),
    .arguments =
        "create | verify DIR | sign DIR | keygen FILE | inspect DIR | diff DIR DIR | split DIR | join DIR…",
    .text = LAB_N(
        "A bundle is a folder with all that a lab needs, and sums of every byte. 'create' makes one,\n"
        "where there is internet or a mirror, from a bundle.yaml such as:\n\n"
        "  arch: amd64\n"
        "  k3s: {version: v1.33.4+k3s1}        # mirror: https://… or file:///…\n"
        "  images: [./tools.tar]               # archives of docker save or skopeo\n"
        "  packages:\n"
        "    release: bookworm\n"
        "    names: [jq, tree]\n"
        "    sources: [\"deb https://deb.debian.org/debian bookworm main\"]\n"
        "    keyring: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        "  files:\n"
        "    - {source: https://example.com/app.yaml, path: files/app.yaml}\n\n"
        "It goes on where an earlier run broke off, and pins in bundle.lock what nobody else vouches\n"
        "for. 'verify' reads all of it: signature, SHA256SUMS, manifest.yaml; what is\n"
        "missing, altered or extra is named.\n"
        "'keygen' makes a pair of keys, 'sign' signs by the private one. A public key that is\n"
        "LABCTL_HOME/bundle.pub is trusted by itself, and then an unsigned bundle is refused.\n\n"
        "'split' cuts a bundle into parts for small media, 'join' checks them, names those that are\n"
        "missing or damaged, and makes the bundle again (without labctl: cat bundle.tar.* | tar -x).\n"
        "'diff' tells what a second bundle has that a first one has not.\n\n"
        "  labctl bundle create -o bundle\n"
        "  labctl bundle keygen team\n"
        "  labctl bundle sign bundle --key team\n"
        "  labctl bundle verify bundle --key team.pub\n"
        "  labctl bundle inspect bundle\n"
        "  labctl bundle split bundle --size 2G -o /media/stick\n"
        "  labctl bundle join /media/stick -o bundle"),
    .options = options,
    .min_arguments = 1,
    .max_arguments = -1,
    .run = run_bundle,
};
