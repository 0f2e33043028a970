#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "cli/view_priv.h"
#include "platform.h"

struct lab_view_line *lab_view_line(struct lab_view *v, const char *node, const char *gate)
{
    /* a step of the lab as a whole is a line of its own, named after the step */
    LAB_AUTOFREE char *name = *node ? lab_strdup(node) : lab_format(lab_tr("lab %s"), gate);
    LAB_VEC_FOREACH (line, &v->lines)
        if (line->step == !*node && strcmp(line->name, name) == 0)
            return line;
    struct lab_view_line *line = lab_vec_push(&v->lines);
    line->name = lab_steal(&name);
    line->step = !*node;
    line->began_ms = line->gate_ms = plat_now_ms();
    return line;
}

bool lab_view_line_failed(const struct lab_view_line *line)
{
    return line->state &&
           (strcmp(line->state, "failed") == 0 || strcmp(line->state, "blocked") == 0);
}

/* Of a node the last word is "done", of a VM that is taken away "removed". */
static bool ends(const struct lab_event *e)
{
    if (strcmp(e->state, "failed") == 0 || strcmp(e->state, "blocked") == 0)
        return true;
    return strcmp(e->state, "passed") == 0 &&
           (!*e->node || strcmp(e->gate, "done") == 0 || strcmp(e->gate, "removed") == 0);
}

void lab_view_note(struct lab_view *v, const struct lab_event *e)
{
    struct lab_view_line *line = lab_view_line(v, e->node, e->gate);
    uint64_t now = plat_now_ms();
    if (line->ended_ms) /* once more: `restart`, a network after another */
        line->began_ms = line->gate_ms = now;
    if (!line->gate || strcmp(line->gate, e->gate) != 0)
        line->gate_ms = now;
    lab_assign(&line->gate, e->gate);
    lab_assign(&line->state, e->state);
    lab_assign(&line->evidence, e->evidence);
    line->ended_ms = ends(e) ? now : 0;
}

void lab_view_see(struct lab_view *v, const char *node, const char *gate, const char *evidence)
{
    lab_assign(&lab_view_line(v, node, gate)->evidence, evidence);
}

bool lab_view_goes_on(const struct lab_view *v)
{
    LAB_VEC_FOREACH (line, &v->lines)
        if (!line->ended_ms)
            return true;
    return false;
}

void lab_view_finish(struct lab_view *v)
{
    uint64_t now = plat_now_ms();
    LAB_VEC_FOREACH (line, &v->lines)
        line->ended_ms = line->ended_ms ? line->ended_ms : now;
}

void lab_view_forget(struct lab_view *v)
{
    LAB_VEC_FOREACH (line, &v->lines) {
        free(line->name);
        free(line->gate);
        free(line->state);
        free(line->evidence);
    }
    lab_vec_clear(&v->lines);
}
