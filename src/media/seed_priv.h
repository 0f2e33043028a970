/* Shared by seed*.c. */
#ifndef LAB_MEDIA_SEED_PRIV_H
#define LAB_MEDIA_SEED_PRIV_H

#include "media/seed.h"

#define LAB_NIC_NAME 24 /* "lab" and any size_t; IFNAMSIZ is 16 */

/* lab0, lab1, …: not eth0, which the kernel itself may give to another NIC meanwhile. */
void lab_seed_nic_name(char name[LAB_NIC_NAME], size_t index);

/* A rendered fragment as further lines of a place in another template: "\n" before it, none after.
 */
void lab_seed_put_lines(struct lab_str *out, const struct lab_str *rendered);

/* The files that cloud-init writes, each as an item of write_files. */
void lab_seed_put_files(struct lab_str *out, const struct lab_seed *seed);
/* One of them: mode in octal, encoding "text/plain" or "b64". */
void lab_seed_put_file(struct lab_str *out,
                       const char *path,
                       const char *mode,
                       const char *encoding,
                       const char *content);
/* seed_registry.c: those that concern the registry, if there is one. */
void lab_seed_put_registry(struct lab_str *out, const struct lab_seed *seed);

/* One part of a MIME message. */
struct lab_mime_part {
    const char *type;     /* "text/cloud-config" */
    const char *filename; /* cloud-init runs scripts in the order of these names */
    const char *headers;  /* further whole lines, or "" */
    const char *bytes;
    size_t len;
};
void lab_mime_put(struct lab_str *out, const struct lab_mime_part *parts, size_t n);

#endif
