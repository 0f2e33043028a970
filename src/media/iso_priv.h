/* Shared by iso_*.c and payload.c. */
#ifndef LAB_MEDIA_ISO_PRIV_H
#define LAB_MEDIA_ISO_PRIV_H

#include "media/iso.h"

#define LAB_ISO_SECTOR    2048
#define LAB_ISO_SYSTEM    16 /* sectors before the first volume descriptor */
#define LAB_ISO_LABEL_MAX 32
#define LAB_ISO_EPOCH     1577836800 /* 1 Jan 2020 */

/* --- iso_files.c ------------------------------------------------------------------------------ */

/* Label and paths; sorts the files; looks at sources that were not looked at. */
int lab_iso_prepare(struct lab_iso *iso, struct lab_error *err) LAB_MUST_CHECK;
void lab_iso_sort(struct lab_iso *iso);
bool lab_iso_fits_joliet(const struct lab_iso *iso);

/* --- iso_stamp.c ------------------------------------------------------------------------------ */

/* Sets every date and owner in the image to fixed values and its label to the given case. */
int lab_iso_stamp(int fd, const char *path, const char *label, int64_t epoch, struct lab_error *err)
    LAB_MUST_CHECK;

/* --- iso_read.c ------------------------------------------------------------------------------- */

struct lab_iso_hook {
    void (*fn)(void *arg, uint64_t bytes); /* bytes of file data read since the last call */
    void *arg;
};
int lab_iso_scan(const char *path,
                 bool hash,
                 const struct lab_iso_hook *hook,
                 struct lab_iso_listing *out,
                 struct lab_error *err) LAB_MUST_CHECK;

/* --- iso_room.c ------------------------------------------------------------------------------- */

uint64_t lab_iso_data_bytes(const struct lab_iso *iso);  /* of the temporary copy */
uint64_t lab_iso_image_bytes(const struct lab_iso *iso); /* of the image, at most */
char *lab_iso_spool(void); /* where libarchive's temporary copy goes; caller frees */
int lab_iso_check_room(const struct lab_iso *iso,
                       const char *path,
                       struct lab_error *err) LAB_MUST_CHECK;

/* --- iso_verify.c ----------------------------------------------------------------------------- */

/* Reads part back and compares it with what was put in. path: the name for messages. */
int lab_iso_verify(struct lab_iso *iso,
                   const char *part,
                   const char *path,
                   const struct lab_iso_hook *hook,
                   struct lab_error *err) LAB_MUST_CHECK;

/* --- iso_write.c ------------------------------------------------------------------------------ */

/* Called when all files are spooled and hashed: may add one more, which then comes last. */
struct lab_iso_last {
    int (*fn)(void *arg, struct lab_iso *iso, struct lab_error *err);
    void *arg;
};
int lab_iso_write_last(struct lab_iso *iso,
                       const char *path,
                       const struct lab_iso_progress *progress,
                       const struct lab_iso_last *last,
                       char sha256[LAB_SHA256_HEX],
                       struct lab_error *err) LAB_MUST_CHECK;

#endif
