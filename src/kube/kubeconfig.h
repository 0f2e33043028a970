/* kubeconfig files, API v1 of client-go's clientcmd
 * (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/): what k3s wrote is read, and
 * written under a name of its own, alone or into the user's file among other clusters. Everything
 * else in that file is kept, but for its comments, as with kubectl.
 *
 * All of this is secret: a client key is in it. Callers wipe the texts; files are 0600. */
#ifndef LAB_KUBE_KUBECONFIG_H
#define LAB_KUBE_KUBECONFIG_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

enum { LAB_KUBECONFIG_MAX = 4 << 20 }; /* bytes of a file */

/* One cluster and who may use it; base64 of PEM, as in the file. */
struct lab_kubeconfig {
    char *ca, *certificate, *key;
};

#define LAB_AUTO_KUBECONFIG LAB_CLEANUP(lab_kubeconfig_clear)

/* The first cluster and the first user of text. LAB_GUEST when it lacks one of the three. */
int lab_kubeconfig_read(const char *text,
                        size_t n,
                        struct lab_kubeconfig *out,
                        struct lab_error *err) LAB_MUST_CHECK;
void lab_kubeconfig_clear(struct lab_kubeconfig *config);

/* How entries of the same name are met. */
enum lab_kubeconfig_owner {
    LAB_KUBECONFIG_THEIRS, /* a stranger's: LAB_CONFLICT */
    LAB_KUBECONFIG_OURS    /* replaced */
};

/* text (empty: a file of the cluster's own) with the cluster, its user and its context added, to
 * out. The context becomes the current one when there is none, or with use. LAB_USAGE: text is no
 * kubeconfig. */
int lab_kubeconfig_merge(const char *text,
                         size_t n,
                         const struct lab_kubeconfig *config,
                         const char *name,
                         const char *server,
                         enum lab_kubeconfig_owner owner,
                         bool use,
                         struct lab_str *out,
                         struct lab_error *err) LAB_MUST_CHECK;

/* text without the entries of that name, to out; *removed says whether there were any. Nothing is
 * removed when the cluster of that name has another CA than the one whose text has that SHA-256:
 * then it is another cluster. */
int lab_kubeconfig_remove(const char *text,
                          size_t n,
                          const char *name,
                          const char *ca_sha256,
                          struct lab_str *out,
                          bool *removed,
                          struct lab_error *err) LAB_MUST_CHECK;

#endif
