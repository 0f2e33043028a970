#include "run/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "platform.h"

static int on_progress(void *arg, curl_off_t total, curl_off_t done, curl_off_t u1, curl_off_t u2)
{
    (void)u1;
    (void)u2;
    struct lab_progress p = lab_run_progress(arg);
    p.fn(p.arg, (uint64_t)done, (uint64_t)total);
    return lab_work_cancelled(); /* non-zero ends the transfer */
}

static int download(struct lab_run *run, const char *url, const char *part, struct lab_error *err)
{
    FILE *file = fopen(part, "wb");
    if (!file)
        return plat_fail_os(err, LAB_HOST, "cannot write '%s'", part);
    char reason[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, file);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, run);
    CURLcode rc = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    bool closed = fclose(file) == 0;
    if (rc == CURLE_OK && closed)
        return plat_fsync_file(part, err);
    if (rc == CURLE_ABORTED_BY_CALLBACK)
        return lab_fail(err, LAB_CANCELLED, "interrupted while downloading '%s'", url);
    lab_fail(err, LAB_HOST, "cannot download '%s': %s", url,
             rc == CURLE_OK ? "the disk is full or failed"
             : *reason      ? reason
                            : curl_easy_strerror(rc));
    return lab_error_hint(err, "check the address and the network, or copy the file here and give "
                               "its path as image_url");
}

char *lab_fetched_path(const struct lab_image *image)
{
    LAB_AUTOFREE char *home = lab_home();
    LAB_AUTOFREE char *dir = lab_path_join(home, "images");
    LAB_AUTOFREE char *name = lab_format("%.64s-%s", image->sha256, lab_path_base(image->source));
    return lab_path_join(dir, name);
}

int lab_fetch_image(struct lab_run *run,
                    const struct lab_image *image,
                    char **path,
                    struct lab_error *err)
{
    LAB_AUTOFREE char *final = lab_fetched_path(image);
    LAB_AUTOFREE char *dir = lab_path_dir(final);
    LAB_AUTOFREE char *part = lab_format("%s.%lu.part", final, plat_pid());
    char hex[LAB_SHA256_HEX];
    if (lab_file_exists(final)) {
        *path = lab_steal(&final);
        return 0;
    }
    int rc = plat_mkdirs(dir, 0700, err);
    if (rc == 0)
        rc = download(run, image->source, part, err);
    if (rc == 0)
        rc = lab_sha256_file(part, hex, NULL, err);
    if (rc == 0 && strcmp(hex, image->sha256) != 0)
        rc = lab_fail(err, LAB_INTEGRITY, "'%s' has SHA-256 %s, lab.yaml says %s", image->source,
                      hex, image->sha256);
    if (rc == 0)
        rc = plat_rename(part, final, err);
    if (rc == 0) {
        lab_digest_put(final, hex);
        *path = lab_steal(&final);
    } else {
        plat_remove(part, NULL);
    }
    return rc;
}
