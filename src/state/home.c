#include <uv.h>

#include "base/file.h"
#include "base/text.h"
#include "state/internal.h"

char *lab_home(void)
{
    const char *set = plat_getenv("LABCTL_HOME");
    return set ? plat_absolute(set) : plat_data_dir();
}

char *lab_home_tag(void)
{
    char host[UV_MAXHOSTNAMESIZE];
    size_t n = sizeof(host);
    LAB_AUTOFREE char *home = lab_home();
    return lab_format("%s:%s", uv_os_gethostname(host, &n) == 0 ? host : "?", home);
}

char *lab_home_of(const char *lab)
{
    LAB_AUTOFREE char *home = lab_home();
    return lab_format("%s/labs/%s", home, lab);
}

struct listing {
    const char *labs;
    struct lab_names *out;
};

/* What is no lab (a stray file, a link, a half-made folder) is passed over in silence. */
static int add_lab(void *arg, const char *name)
{
    struct listing *listing = arg;
    LAB_AUTOFREE char *dir = lab_path_join(listing->labs, name);
    if (lab_is_label(name) && lab_folder_check(dir, NULL) == 0 && lab_folder_has_ledger(dir))
        *lab_vec_push(&listing->out->list) = lab_strdup(name);
    return 0;
}

int lab_state_labs(struct lab_names *out, struct lab_error *err)
{
    *out = (struct lab_names){0};
    LAB_AUTOFREE char *home = lab_home();
    LAB_AUTOFREE char *labs = lab_path_join(home, "labs");
    struct plat_stat st;
    if (plat_stat(labs, &st))
        return 0;
    struct listing listing = {labs, out};
    if (plat_list_dir(labs, add_lab, &listing, err) == 0)
        return 0;
    lab_names_clear(out);
    return -1;
}

void lab_names_clear(struct lab_names *names)
{
    LAB_VEC_FOREACH (name, &names->list)
        free(*name);
    lab_vec_clear(&names->list);
}

static bool is_of_source(const char *lab, const char *source)
{
    struct lab_state *st;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    /* A ledger that cannot be read is reported when it is opened by name. */
    if (lab_state_open(&st, lab, LAB_STATE_READ, source, "", &err))
        return false;
    bool same = lab_state_get(st, "source") != NULL;
    lab_state_close(st);
    return same;
}

char *lab_state_lab_of_source(const char *source)
{
    LAB_CLEANUP(lab_names_clear) struct lab_names names;
    if (lab_state_labs(&names, NULL))
        return NULL;
    LAB_VEC_FOREACH (name, &names.list)
        if (is_of_source(*name, source))
            return lab_strdup(*name);
    return NULL;
}
