/* File descriptors of the C library, which both systems have, with the little that differs. */
#ifndef PLAT_STDIO_H
#define PLAT_STDIO_H

/* A second descriptor for the same file, not inherited by children; -1 when there is none. */
int plat_dup(int fd);

#endif
