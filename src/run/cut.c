#include "run/cut.h"

#include "base/text.h"

static char *key_of(const char *node)
{
    return lab_format("cut:%s", node);
}

int lab_note_cut(struct lab_run *run, const char *node, bool cut, struct lab_error *err)
{
    LAB_AUTOFREE char *key = key_of(node);
    if (cut == (lab_state_get(run->state, key) != NULL))
        return 0;
    return lab_state_set(run->state, key, cut ? "yes" : NULL, err);
}

bool lab_was_cut(struct lab_run *run, const char *node)
{
    LAB_AUTOFREE char *key = key_of(node);
    return lab_state_get(run->state, key) != NULL;
}
