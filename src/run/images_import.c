#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "platform.h"
#include "run/beside.h"
#include "run/fetch.h"
#include "run/images.h"
#include "spec/spec.h"
#include "state/state.h"

struct import {
    const struct lab_image_import *job;
    struct lab_image_imported *out;
    struct lab_meter meter;
    char *name;
    bool is_url;
};

static int inspect(const char *path, struct lab_error *err)
{
    enum lab_image_format format;
    uint64_t size;
    return lab_image_inspect(path, &format, &size, err);
}

static int check_sum(const struct import *m, const char *hex, struct lab_error *err)
{
    const char *expected = m->job->expected;
    if (!expected || strcmp(hex, expected) == 0)
        return 0;
    lab_fail(err, LAB_INTEGRITY, "the SHA-256 of '%s' is %s and should be %s", m->job->source, hex,
             expected);
    return lab_error_hint(err, "fetch the image again, or correct --sha256");
}

/* There already, and sound: 1. A damaged one is replaced by what is imported now. */
static int use_there(struct import *m, const struct lab_cached *e, struct lab_error *err)
{
    char hex[LAB_SHA256_HEX];
    if (lab_digest_file(e->path, hex, err))
        return -1;
    if (strcmp(hex, e->sha256) != 0)
        return 0;
    if (m->job->name && lab_cache_name(e, m->job->name, err))
        return -1;
    m->out->name = lab_strdup(m->job->name ? m->job->name : e->name);
    m->out->path = lab_strdup(e->path);
    m->out->there = true;
    memcpy(m->out->sha256, e->sha256, sizeof(e->sha256));
    return 1;
}

/* The digest of what is to be imported, as far as it can be known without a copy; *known. */
static int know_digest(
    const struct import *m, bool read, char hex[LAB_SHA256_HEX], bool *known, struct lab_error *err)
{
    *known = true;
    if (!m->is_url && lab_digest_get(m->job->source, hex))
        return check_sum(m, hex, err);
    if (m->job->expected) {
        memcpy(hex, m->job->expected, LAB_SHA256_HEX);
        return 0;
    }
    *known = !m->is_url && read;
    return *known ? lab_digest_file(m->job->source, hex, err) : 0;
}

static int conflict(const struct import *m, const struct lab_cached *other, struct lab_error *err)
{
    if (m->is_url && !m->job->expected) {
        lab_fail(err, LAB_CONFLICT,
                 "an image called '%s' is there already (SHA-256 %.*s…), and nobody knows whether "
                 "this one is the same",
                 m->name, LAB_CACHE_DIGITS, other->sha256);
        return lab_error_hint(err,
                              "give this one another name with --name or its digest with --sha256, "
                              "or first remove that one: labctl image rm %s",
                              m->name);
    }
    lab_fail(err, LAB_CONFLICT, "an image called '%s' is there already (SHA-256 %.*s…)", m->name,
             LAB_CACHE_DIGITS, other->sha256);
    return lab_error_hint(err,
                          "give this one another name with --name, or first remove that one: "
                          "labctl image rm %s",
                          m->name);
}

/* 1: nothing is left to do. */
static int look_around(struct import *m, struct lab_error *err)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    char hex[LAB_SHA256_HEX];
    bool known;
    if (lab_cache_read(&cache, err))
        return -1;
    const struct lab_cached *other = lab_cache_find(&cache, m->name);
    if (other && (!other->name || strcmp(other->name, m->name) != 0))
        other = NULL;
    if (know_digest(m, other != NULL, hex, &known, err))
        return -1;
    const struct lab_cached *same = known ? lab_cache_by_digest(&cache, hex) : NULL;
    if (same && same->path)
        return use_there(m, same, err);
    return other ? conflict(m, other, err) : 0;
}

static int fill(struct import *m, const char *part, struct lab_error *err)
{
    char *hex = m->out->sha256;
    if (m->is_url ? lab_fetch(m->job->source, part, hex, lab_meter_feed, &m->meter, err)
                  : lab_cache_copy(m->job->source, part, hex, lab_meter_feed, &m->meter, err))
        return -1;
    if (check_sum(m, hex, err))
        return -1;
    if (!m->is_url || inspect(part, err) == 0)
        return 0;
    return lab_error_wrap(err, "'%s' cannot be imported", m->job->source);
}

/* The same bytes under another name: 1. */
static int look_again(struct import *m, struct lab_error *err)
{
    LAB_AUTO_CACHE struct lab_cache cache = {{0}};
    if (lab_cache_read(&cache, err))
        return -1;
    const struct lab_cached *same = lab_cache_by_digest(&cache, m->out->sha256);
    return same && same->path ? use_there(m, same, err) : 0;
}

static int finish(struct import *m, struct lab_cache_slot *slot, struct lab_error *err)
{
    if (lab_cache_finish(slot, m->out->sha256, false, &m->out->path, err))
        return -1;
    m->out->name = lab_strdup(m->name);
    return 0;
}

static int import_fn(void *arg, struct lab_error *err)
{
    struct import *m = arg;
    struct lab_cache_slot *slot;
    if (!m->is_url && inspect(m->job->source, err))
        return -1;
    if (lab_cache_begin(&slot, m->name, err))
        return -1;
    int rc = look_around(m, err);
    if (rc == 0)
        rc = fill(m, lab_cache_part(slot), err);
    if (rc == 0)
        rc = look_again(m, err);
    if (rc == 0)
        rc = finish(m, slot, err);
    lab_cache_end(slot);
    return rc < 0 ? -1 : 0;
}

int lab_images_import(const struct lab_image_import *job,
                      struct lab_image_imported *out,
                      struct lab_error *err)
{
    LAB_AUTOFREE char *name = job->name ? lab_strdup(job->name) : lab_cache_name_for(job->source);
    struct import m = {
        .job = job, .out = out, .name = name, .is_url = strstr(job->source, "://") != NULL};
    *out = (struct lab_image_imported){0};
    if (!lab_cache_is_name(name)) {
        lab_fail(err, LAB_USAGE, "'--name %s' cannot name an image", name);
        return lab_error_hint(err, "letters, digits and . _ + - are fine, such as debian12");
    }
    return lab_beside(import_fn, &m, &m.meter, job->progress, job->progress_arg, err);
}

void lab_image_imported_clear(struct lab_image_imported *imported)
{
    free(imported->name);
    free(imported->path);
}
