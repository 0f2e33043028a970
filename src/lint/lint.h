/* Whether texts for guests work without internet: text in, findings out. Pure: reads no files, asks
 * nothing.
 *
 * Cloud-config and manifests are read as libyaml's events, so comments are no text, a stream may
 * hold many documents, and everything has its line and column; scripts in them (block scalars,
 * runcmd, command and args) are read as shell, with positions in the file. What is no YAML (a Helm
 * template) is looked at line by line from there on.
 *
 * "# labctl: airgap-ok REASON" on the line of a finding waives it. */
#ifndef LAB_LINT_LINT_H
#define LAB_LINT_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ipv4.h"
#include "base/vec.h"
#include "lint/ref.h"

enum lab_lint_severity { LAB_LINT_ERROR, LAB_LINT_WARNING };

struct lab_lint_finding {
    enum lab_lint_severity severity;
    char *file;
    int line, column; /* from 1, columns in characters */
    char *text;       /* what stands there, one printable line, shortened */
    char *why;        /* why it fails without internet */
    char *fix;
    char *waived; /* the reason that was given; NULL: it counts */
};

/* In the order in which they were found. */
struct lab_lint_report {
    LAB_VEC(struct lab_lint_finding) list;
    size_t errors, warnings, waived; /* waived ones are no errors and no warnings */
};
#define LAB_AUTO_LINT LAB_CLEANUP(lab_lint_report_clear)
void lab_lint_report_clear(struct lab_lint_report *report);

/* What a guest of the lab can reach. All borrowed. */
struct lab_lint_lab {
    const struct lab_cidr *networks;
    size_t networks_len;
    const char *const *hosts; /* names of the nodes */
    size_t hosts_len;
    const char *registry;          /* host:port, or NULL */
    const struct lab_refs *images; /* what the payload brings; NULL: it has no list */
};

enum lab_lint_kind {
    LAB_LINT_LAB,      /* lab.yaml: its cloud_init alone; the rest is for the host */
    LAB_LINT_CLOUD,    /* #cloud-config */
    LAB_LINT_MANIFEST, /* Kubernetes manifests, Helm values, any other YAML */
    LAB_LINT_SHELL
};

/* file: the name for the findings. */
void lab_lint(struct lab_lint_report *report,
              const struct lab_lint_lab *lab,
              enum lab_lint_kind kind,
              const char *file,
              const char *text);

/* A warning for a file that could not be looked into. */
void lab_lint_unread(struct lab_lint_report *report, const char *file, const char *why);

/* By the file's name and its first line; false: nothing that lab_lint() reads. */
bool lab_lint_kind_of(const char *path, const char *text, enum lab_lint_kind *kind);

/* Whether a host (a name or an address, without port) is inside the lab: its networks, loopback, a
 * node, the registry, the cluster's own names and addresses. */
bool lab_lint_is_inside(const struct lab_lint_lab *lab, const char *host);

#endif
