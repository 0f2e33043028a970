#include "run/password.h"

#include "base/child.h"
#include "base/file.h"
#include "base/secret.h"
#include "platform.h"

void lab_password_hide(const struct lab_spec *spec)
{
    const char *const variables[] = {spec->auth.password_env, spec->registry.password_env};
    for (size_t i = 0; i < LAB_ARRAY_LEN(variables); i++)
        if (variables[i])
            lab_child_hide(variables[i]);
}

static int not_empty(const struct lab_password_source *source,
                     const struct lab_str *password,
                     struct lab_error *err)
{
    return password->len ? 0 : lab_fail(err, LAB_USAGE, "the %s is empty", source->what);
}

int lab_password_given(struct lab_run *run,
                       const struct lab_password_source *source,
                       struct lab_str *password,
                       bool *given,
                       struct lab_error *err)
{
    const char *variable = source->env ? source->env : source->variable;
    LAB_AUTO_SECRET char *read = NULL;
    const char *value = source->file ? NULL : plat_getenv(variable);
    *given = value || (source->file && lab_file_exists(source->file));
    if (!*given)
        return 0;
    if (!value && lab_secret_read(&read, source->file, err))
        return -1;
    LAB_AUTOFREE char *exposed = value ? NULL : lab_secret_exposed(source->file);
    if (exposed)
        lab_run_warning(run, "%s", exposed);
    lab_str_add(password, value ? value : read);
    return not_empty(source, password, err);
}

int lab_password_ask(const struct lab_password_source *source,
                     struct lab_str *password,
                     struct lab_error *err)
{
    if (source->file)
        return lab_fail(err, LAB_USAGE, "cannot find '%s' (%s.password_file)", source->file,
                        source->object);
    if (source->env)
        return lab_fail(err, LAB_USAGE, "variable %s (%s.password_env) is not set", source->env,
                        source->object);
    if (plat_read_secret(source->prompt, password, err))
        return lab_error_hint(err, "give it in the variable %s, or name a file in %s.password_file",
                              source->variable, source->object);
    return not_empty(source, password, err);
}
