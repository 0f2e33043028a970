/* Its log, for somebody who reads it. */
#include <stdlib.h>

#include "base/file.h"
#include "base/follow.h"
#include "registryd/server.h"

struct reader {
    void (*put)(const char *bytes, size_t n);
    bool (*cancelled)(void);
};

static void put_bytes(void *arg, const char *bytes, size_t n)
{
    const struct reader *r = arg;
    r->put(bytes, n);
}

static bool is_cancelled(void *arg)
{
    const struct reader *r = arg;
    return r->cancelled();
}

int lab_registryd_logs(const char *lab,
                       bool follow,
                       void (*put)(const char *bytes, size_t n),
                       bool (*cancelled)(void),
                       struct lab_error *err)
{
    LAB_AUTO_REGISTRYD_FILES struct lab_registryd_files files = {0};
    lab_registryd_files(&files, lab);
    LAB_AUTOFREE char *older = lab_format("%s.1", files.log);
    if (!lab_file_exists(files.log)) {
        lab_fail(err, LAB_USAGE, "the registry of lab '%s' has no log: it was never up", lab);
        return lab_error_hint(err, "'labctl registry up' starts it");
    }
    struct reader reader = {put, cancelled};
    struct lab_follow f = {
        .path = older, .put = put_bytes, .cancelled = is_cancelled, .arg = &reader};
    if (lab_file_exists(older) && lab_file_follow(&f, err))
        return -1;
    f.path = files.log;
    f.follow = follow;
    return lab_file_follow(&f, err);
}
