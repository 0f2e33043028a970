#include "cli/topics.h"

#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "base/text.h"
#include "run/gate.h"
#include "run/symptoms.h"

static void put_topics(struct lab_str *out)
{
    lab_str_add(out, lab_tr("labctl help TOPIC explains:\n\n"));
    for (size_t i = 0; i < lab_topics_len; i++)
        lab_str_addf(out, "  %-16s %s\n", lab_topics[i].name, lab_tr(lab_topics[i].summary));
}

static void put_exit_status(struct lab_str *out)
{
    lab_str_add(
        out,
        lab_tr(
            "The exit status says what you have to do next:\n\n"
            "    0  nothing: it is done\n"
            "    1  tell us: a defect in labctl\n"
            "    2  mend the command line or lab.yaml; nothing was touched\n"
            "    3  give the host what it lacks (labctl doctor)\n"
            "    4  look at the hypervisor: it refused\n"
            "    5  look at a guest: something failed inside\n"
            "    6  wait longer, or look why it takes so long: a time limit passed\n"
            "    7  settle a conflict: locked by another labctl, or not made by this lab\n"
            "    8  be careful: a checksum, a signature or a host key does not match\n"
            "  130  interrupted (Ctrl-C)\n\n"
            "When several nodes fail, the first that applies of 8, 7, 4, 5, 6. 'labctl ssh' passes the\n"
            "status of the guest's command on; its own failures are 255.\n"));
}

static void put_environment(struct lab_str *out)
{
    lab_str_add(
        out,
        lab_tr(
            "Variables that labctl reads:\n\n"
            "  LABCTL_HOME    where labs, keys, media and the image cache are kept (default: labctl in\n"
            "                 the user's data folder)\n"
            "  NO_COLOR       when set: no colours\n"
            "  TERM           dumb: plain lines instead of the live view\n"
            "  KUBECONFIG     the file that 'labctl kubeconfig --merge' merges into\n"
            "  TMPDIR         where short-lived files go; ISO images need room for their content\n"
            "  LABCTL_PASSWORD, LABCTL_REGISTRY_PASSWORD\n"
            "                 passwords of the guests' user and of the registry, where lab.yaml wants one\n"
            "                 and names no file or other variable for it\n"));
}

static void put_gates(struct lab_str *out)
{
    lab_str_add(
        out,
        lab_tr(
            "Each node climbs one ladder; 'labctl wait --for GATE' returns when that gate is open:\n\n"));
    for (int gate = 0; gate < LAB_GATE_COUNT; gate++)
        lab_str_addf(out, "  %-12s %s\n", lab_gate_name((enum lab_gate)gate),
                     lab_tr(lab_gate_title((enum lab_gate)gate)));
    lab_str_add(
        out,
        lab_tr(
            "\nA gate without progress for wait.stall, or a node that takes longer than wait.timeout,\n"
            "fails with what was seen last. 'labctl up' goes on from the first gate that is not proved.\n"));
}

static void put_sayers(struct lab_str *out, unsigned said_by)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{LAB_SAID_BY_CONSOLE, LAB_N("the serial console")},
                 {LAB_SAID_BY_GUEST, LAB_N("a log in the guest")},
                 {LAB_SAID_BY_HYPERVISOR, LAB_N("the hypervisor")}};
    const char *before = "";
    for (size_t i = 0; i < LAB_ARRAY_LEN(names); i++) {
        if (!(said_by & names[i].bit))
            continue;
        lab_str_addf(out, "%s%s", before, lab_tr(names[i].name));
        before = lab_tr(" or ");
    }
}

/* Markdown: docs/troubleshooting.md is this text. */
static void put_troubleshooting(struct lab_str *out)
{
    lab_str_add(
        out,
        lab_tr(
            "# Troubleshooting\n\n"
            "What guests and hypervisors are known to say when something is wrong. labctl looks for these\n"
            "words by itself when a node fails, and shows the cause, the line and what to do next.\n"
            "`labctl help troubleshooting` prints this page.\n"));
    for (size_t i = 0; i < lab_symptoms_len; i++) {
        const struct lab_symptom *s = &lab_symptoms[i];
        LAB_AUTO_STR struct lab_str sayers = LAB_STR_INIT, next = LAB_STR_INIT;
        lab_symptom_next(s, "labctl", "NODE", &next);
        put_sayers(&sayers, s->said_by);
        lab_str_addf(out, lab_tr("\n## %s\n\nWhen %s says `%s%s%s`: %s.\n\nNext: %s.\n"), s->id,
                     lab_str_get(&sayers), s->marks[0], s->marks[1] ? " … " : "",
                     s->marks[1] ? s->marks[1] : "", lab_tr(s->cause), lab_str_get(&next));
    }
}

const struct lab_topic lab_topics[] = {
    {"topics", LAB_N("this list"), put_topics},
    {"exit-status", LAB_N("what a number says that you have to do next"), put_exit_status},
    {"gates", LAB_N("the steps until a node is ready"), put_gates},
    {"environment", LAB_N("the variables that labctl reads"), put_environment},
    {"troubleshooting", LAB_N("known symptoms: cause and remedy of each"), put_troubleshooting},
};
const size_t lab_topics_len = LAB_ARRAY_LEN(lab_topics);

bool lab_topic_put(const char *name, struct lab_str *out)
{
    for (size_t i = 0; i < lab_topics_len; i++) {
        if (strcmp(lab_topics[i].name, name) == 0) {
            lab_topics[i].put(out);
            return true;
        }
    }
    return false;
}
