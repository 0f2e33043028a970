/* A password or key on its way through memory. */
#ifndef LAB_BASE_SECRET_H
#define LAB_BASE_SECRET_H

#include "base/error.h"
#include "base/mem.h"

/* The first line of a password file, without its end (LF or CR LF) and the mark that Windows'
 * editors put before UTF-8. LAB_USAGE naming the file: there is none, it is empty or longer than
 * 1023 bytes, or the file is no such text. LAB_HOST: it cannot be read. Free with
 * lab_secret_free(). */
int lab_secret_read(char **out, const char *path, struct lab_error *err) LAB_MUST_CHECK;

/* A warning for the user, with the command that mends it, when others than the file's owner may
 * read it. NULL: nobody else may, there is no such file, or the system has no such modes. The
 * caller frees.
 */
char *lab_secret_exposed(const char *path);

/* Wipes it first; NULL is fine. */
void lab_secret_free(char *secret);
void lab_secret_clear(char **secret);
#define LAB_AUTO_SECRET LAB_CLEANUP(lab_secret_clear)

#endif
