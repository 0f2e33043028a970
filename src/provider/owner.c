#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "provider/provider.h"

static bool has_home(const char *homes, const char *home)
{
    return !home || !*home || !homes || lab_has_line(homes, home);
}

bool lab_owner_has(const struct lab_owner *owner,
                   const char *homes,
                   const char *lab,
                   const char *id,
                   const char *home)
{
    return id && *owner->lab_id && strcmp(id, owner->lab_id) == 0 &&
           (!lab || strcmp(lab, owner->lab) == 0) && has_home(homes, home);
}

char *
lab_owner_words(const struct lab_owner *owner, const char *lab, const char *id, const char *home)
{
    if (!lab && !id)
        return lab_strdup(lab_tr("was not made by labctl"));
    bool same_name = lab && strcmp(lab, owner->lab) == 0;
    if (!id || strcmp(id, owner->lab_id) != 0) {
        LAB_AUTOFREE char *ids =
            same_name && id && *owner->lab_id
                ? lab_format(lab_tr(" (of id %s, while this lab's ledger says %s)"), id,
                             owner->lab_id)
                : lab_strdup("");
        return lab_format(lab_tr("belongs to another labctl lab, '%s'%s"), lab ? lab : "?", ids);
    }
    return lab_format(
        lab_tr("carries the id that this lab's ledger names, but is of lab '%s', made from "
               "'%s': the ledger was edited, or copied from another lab's"),
        lab ? lab : "?", home ? home : "?");
}
