/* For other programs on this host: ssh_config(5), so that ssh, scp, rsync, Ansible and VS Code
 * reach the guests by name and with the keys that labctl pinned; and lines for the host's hosts(5).
 */
#ifndef LAB_RUN_OPENSSH_H
#define LAB_RUN_OPENSSH_H

#include "run/run.h"

struct lab_openssh_node {
    const char *name, *address; /* of the run's records */
};
struct lab_openssh {
    const char *lab, *user;  /* of the run */
    char *key, *known_hosts; /* files; forward slashes */
    LAB_VEC(struct lab_openssh_node) nodes;
};

/* The targeted nodes that have an address; borrows from run. LAB_USAGE when the lab was never made.
 */
int lab_openssh_gather(struct lab_run *run,
                       struct lab_openssh *out,
                       struct lab_error *err) LAB_MUST_CHECK;
void lab_openssh_clear(struct lab_openssh *ssh);

/* LAB_HOST when a path of the lab cannot be written in such a file. */
int lab_openssh_config(const struct lab_openssh *ssh,
                       struct lab_str *out,
                       struct lab_error *err) LAB_MUST_CHECK;
void lab_openssh_hosts(const struct lab_openssh *ssh, struct lab_str *out);

#endif
