/* ISO 9660 images by libarchive (Rock Ridge strict, level 3), reproducible byte for byte: nothing
 * in them tells when, where or by whom they were made.
 *
 * Names and modes are Rock Ridge's, which Linux prefers. Joliet names are added for other systems
 * when all paths fit them (name <= 103 bytes, path <= 239, label <= 16), else left out: libarchive
 * would shorten names, or fail at the very end. The label keeps its case either way.
 *
 * libarchive spools all file data into a temporary file before it writes the image, so both need
 * room: it is checked first. The image is written as PATH.part, fsynced, read back and compared,
 * and only then renamed. Paths are printable ASCII without '\', at most 7 folders deep
 * (libarchive's way around that limit loses files or crashes); what does not fit, symbolic links
 * and devices are refused by name. Facts about libarchive 3.6: iso_write.c. */
#ifndef LAB_MEDIA_ISO_H
#define LAB_MEDIA_ISO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/error.h"
#include "base/vec.h"

struct lab_iso_file {
    char *path;   /* inside the image, relative, '/' between parts */
    char *source; /* file on disk, or NULL: bytes below */
    char *bytes;  /* owned; used when source is NULL */
    uint64_t size;
    int64_t mtime_ns; /* of the source; with it and size, lab_iso_write() notices a changed file */
    unsigned mode;    /* permission bits; 0 means 0755 for a program (by its mode or, as Windows has
                       * none, by its first bytes), else 0644 */
    char sha256[LAB_SHA256_HEX]; /* filled while writing, compared while reading back; one that is
                                  * given (64 digits) is also compared while writing */
};

struct lab_iso {
    const char *label; /* 1 to 32 of A-Z a-z 0-9 _ - ; cidata for a seed */
    LAB_VEC(struct lab_iso_file) files;
    unsigned file_mode; /* of the image on disk: 0600 for seeds; 0: 0644 */
    int64_t epoch;      /* every time stamp inside; 0: 1 Jan 2020 */
};

void lab_iso_add_bytes(
    struct lab_iso *iso, const char *path, const void *bytes, size_t n, unsigned mode);
/* Every file below dir, sorted; empty folders are not kept. Refuses what an ISO cannot hold. */
int lab_iso_add_tree(struct lab_iso *iso, const char *dir, struct lab_error *err) LAB_MUST_CHECK;
void lab_iso_clear(struct lab_iso *iso);

struct lab_iso_progress {
    void (*fn)(void *arg, uint64_t done, uint64_t total); /* on the calling thread */
    void *arg;
};

/* Where libarchive puts its temporary file from now on (the system's temporary folder is often a
 * small tmpfs). It reads the environment, which must not change under running threads: call this
 * once, at the start of the program, best with LABCTL_HOME/labs or the like. Children inherit it.
 */
int lab_iso_spool_dir(const char *dir, struct lab_error *err) LAB_MUST_CHECK;

/* Blocks. sha256 of the finished image may be NULL. Sorts iso->files. Progress counts bytes
 * spooled, written and read back. LAB_CANCELLED after lab_work_cancel_all(). On failure PATH is as
 * it was and PATH.part is gone. */
int lab_iso_write(struct lab_iso *iso,
                  const char *path,
                  const struct lab_iso_progress *progress,
                  char sha256[LAB_SHA256_HEX],
                  struct lab_error *err) LAB_MUST_CHECK;

struct lab_iso_entry {
    char *path;
    uint64_t size;
    unsigned mode;
    int64_t mtime;
    bool is_dir;
    char sha256[LAB_SHA256_HEX];
};
struct lab_iso_listing {
    char label[33]; /* Joliet's when present (it keeps the case), else the primary */
    LAB_VEC(struct lab_iso_entry) entries; /* sorted */
};
/* Reads an image (hash: also every file's SHA-256). LAB_INTEGRITY when it is damaged or cut short.
 */
int lab_iso_read(const char *path, bool hash, struct lab_iso_listing *out, struct lab_error *err)
    LAB_MUST_CHECK;
void lab_iso_listing_clear(struct lab_iso_listing *listing);

/* What a guest copies of dir: all its files, SHA256SUMS and its signature apart. Reads no content.
 */
int lab_payload_count(const char *dir, uint64_t *files, uint64_t *bytes, struct lab_error *err)
    LAB_MUST_CHECK;
/* A payload image of dir: its files plus a SHA256SUMS of them in the root (one made by us; a file
 * of that name in dir is checked instead of replaced). manifest: SHA-256 of SHA256SUMS. files and
 * bytes count what is in dir (SHA256SUMS apart) and may be NULL. */
int lab_payload_build(const char *dir,
                      const char *label,
                      const char *path,
                      const struct lab_iso_progress *progress,
                      char manifest[LAB_SHA256_HEX],
                      uint64_t *files,
                      uint64_t *bytes,
                      struct lab_error *err) LAB_MUST_CHECK;
/* The same files added to another image (payload.per_node: the seed's). Reads all of them, for the
 * manifest has to be known before the seed's user-data is made. */
int lab_payload_add(struct lab_iso *iso,
                    const char *dir,
                    char manifest[LAB_SHA256_HEX],
                    uint64_t *files,
                    uint64_t *bytes,
                    struct lab_error *err) LAB_MUST_CHECK;
/* Cheap fingerprint of a payload folder (paths, sizes, mtimes, modes): equal means "not rebuilt".
 */
int lab_payload_fingerprint(const char *dir,
                            char hex[LAB_SHA256_HEX],
                            struct lab_error *err) LAB_MUST_CHECK;

#endif
