/* Pulls images into a layout, for tests/registry/check. One JSON line an image.
 *
 * usage: pull LAYOUT MIRROR CA USER:PASSWORD OS/ARCH REF…     ("-": none; CA "http": no TLS) */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/work.h"
#include "registry/pull.h"

static const char *given(const char *text)
{
    return strcmp(text, "-") == 0 ? NULL : text;
}

static int pull(const struct lab_pull_job *job, struct lab_error *err)
{
    struct lab_pulled pulled;
    int rc = lab_pull(job, &pulled, err);
    if (rc == 0)
        printf("{\"name\": \"%s\", \"asked\": \"%s\", \"digest\": \"%s\", \"bytes\": %" PRIu64
               ", \"fetched\": %" PRIu64 "}\n",
               pulled.name, pulled.asked, pulled.digest, pulled.bytes, pulled.fetched);
    lab_pulled_clear(&pulled);
    return rc;
}

int main(int argc, char **argv)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_pull_job job = {0};
    if (argc < 7)
        return LAB_USAGE;
    lab_work_init();
    const char *ca = given(argv[3]), *user = given(argv[4]);
    LAB_AUTOFREE char *name = user ? lab_strndup(user, strcspn(user, ":")) : NULL;
    job.mirror = given(argv[2]);
    job.insecure = ca && strcmp(ca, "http") == 0;
    job.ca_file = job.insecure ? NULL : ca;
    job.username = name;
    job.password = user ? strchr(user, ':') + 1 : NULL;
    int rc = lab_platform_parse(&job.platform, argv[5], &err);
    if (rc == 0)
        rc = lab_layout_create(&job.layout, argv[1], &err);
    for (int i = 6; rc == 0 && i < argc; i++) {
        job.reference = argv[i];
        rc = pull(&job, &err);
    }
    lab_layout_close(job.layout);
    lab_platform_clear(&job.platform);
    if (rc < 0)
        fprintf(stderr, "%s\n  try: %s\n", err.message, err.hint ? err.hint : "-");
    return rc < 0 ? (int)err.code : 0;
}
