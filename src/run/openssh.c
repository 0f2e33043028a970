#include "run/openssh.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "platform.h"
#include "run/roster.h"

/* OpenSSH on Windows takes both slashes, all other programs only this one. */
static char *slashed(char *path)
{
    for (char *p = path; *p; p++)
        if (plat_is_separator(*p))
            *p = '/';
    return path;
}

int lab_openssh_gather(struct lab_run *run, struct lab_openssh *out, struct lab_error *err)
{
    if (lab_need_lab(run, err) || lab_run_check_targets(run, err))
        return -1;
    *out = (struct lab_openssh){.lab = lab_state_name(run->state),
                                .user = lab_run_user(run),
                                .key = slashed(lab_run_path(run, "keys/login")),
                                .known_hosts = slashed(lab_run_path(run, "known_hosts"))};
    LAB_VEC_FOREACH (r, &run->records.list) {
        const char *address = r->nics.len ? r->nics.items[0].ip : NULL;
        if (address && lab_run_targeted(run, r->name))
            *lab_vec_push(&out->nodes) = (struct lab_openssh_node){r->name, address};
    }
    if (lab_file_exists(out->known_hosts))
        return 0;
    lab_openssh_clear(out);
    lab_fail(err, LAB_USAGE, "the nodes of lab '%s' have no host keys yet",
             lab_state_name(run->state));
    return lab_error_hint(err, "'%s up' makes them", lab_run_self(run));
}

void lab_openssh_clear(struct lab_openssh *ssh)
{
    free(ssh->key);
    free(ssh->known_hosts);
    lab_vec_clear(&ssh->nodes);
    *ssh = (struct lab_openssh){0};
}

/* A value with spaces stands in quotes, which it cannot hold itself; '%' begins a token. */
static int
put_path(struct lab_str *out, const char *keyword, const char *path, struct lab_error *err)
{
    if (strpbrk(path, "\"\n\r")) {
        lab_fail(err, LAB_HOST, "%s: OpenSSH's configuration cannot name such a path", path);
        return lab_error_hint(err, "set LABCTL_HOME to a folder without quotes in its name");
    }
    lab_str_addf(out, "  %s \"", keyword);
    for (; *path; path++)
        lab_str_add(out, *path == '%' ? "%%" : (const char[]){*path, 0});
    lab_str_add(out, "\"\n");
    return 0;
}

int lab_openssh_config(const struct lab_openssh *ssh, struct lab_str *out, struct lab_error *err)
{
    lab_str_addf(out, "# Lab %s, made by labctl\n", ssh->lab);
    LAB_VEC_FOREACH (node, &ssh->nodes) {
        /* by the node's name, which known_hosts has: an address may be forwarded */
        lab_str_addf(out,
                     "Host %s %s.%s\n  HostName %s\n  HostKeyAlias %s\n  User %s\n"
                     "  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n",
                     node->name, node->name, ssh->lab, node->address, node->name, ssh->user);
        if (put_path(out, "IdentityFile", ssh->key, err) ||
            put_path(out, "UserKnownHostsFile", ssh->known_hosts, err))
            return -1;
    }
    return 0;
}

void lab_openssh_hosts(const struct lab_openssh *ssh, struct lab_str *out)
{
    lab_str_addf(out, "# Lab %s, made by labctl\n", ssh->lab);
    LAB_VEC_FOREACH (node, &ssh->nodes)
        lab_str_addf(out, "%-15s %s %s.%s\n", node->address, node->name, node->name, ssh->lab);
}
