#include "base/error.h"

#include <stdlib.h>

#include "base/i18n.h"

int lab_fail(struct lab_error *err, enum lab_code code, const char *fmt, ...)
{
    if (!err || err->code != LAB_OK)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    free(err->message);
    err->message = lab_vtr(fmt, ap);
    va_end(ap);
    err->code = code;
    return -1;
}

int lab_error_wrap(struct lab_error *err, const char *fmt, ...)
{
    if (!err)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    LAB_AUTOFREE char *context = lab_vtr(fmt, ap);
    va_end(ap);
    char *whole =
        lab_format("%s: %s", context, err->message ? err->message : lab_tr("unknown reason"));
    free(err->message);
    err->message = whole;
    return -1;
}

int lab_error_hint(struct lab_error *err, const char *fmt, ...)
{
    if (!err || err->hint)
        return -1;
    va_list ap;
    va_start(ap, fmt);
    err->hint = lab_vtr(fmt, ap);
    va_end(ap);
    return -1;
}

void lab_error_move(struct lab_error *dst, struct lab_error *src)
{
    lab_error_clear(dst);
    *dst = *src;
    *src = (struct lab_error)LAB_ERROR_INIT;
}

void lab_error_copy(struct lab_error *dst, const struct lab_error *src)
{
    struct lab_error copy = {src->code, lab_strdup(src->message), lab_strdup(src->hint)};
    lab_error_move(dst, &copy);
}

void lab_error_clear(struct lab_error *err)
{
    free(err->message);
    free(err->hint);
    *err = (struct lab_error)LAB_ERROR_INIT;
}

enum lab_code lab_code_worse(enum lab_code a, enum lab_code b)
{
    static const enum lab_code order[] = {LAB_CANCELLED, LAB_INTERNAL,   LAB_INTEGRITY,
                                          LAB_CONFLICT,  LAB_HYPERVISOR, LAB_GUEST,
                                          LAB_TIMEOUT,   LAB_HOST,       LAB_USAGE};
    for (size_t i = 0; i < LAB_ARRAY_LEN(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return LAB_OK;
}
