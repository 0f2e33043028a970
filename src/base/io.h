/* Files by descriptor: libuv's synchronous calls, because they take UTF-8 paths on both systems.
 * All block. An offset of -1 means the file's own position; other offsets leave that alone, so that
 * several threads may use one descriptor. */
#ifndef LAB_BASE_IO_H
#define LAB_BASE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* For reading. -1 with LAB_HOST. */
int lab_io_open(const char *path, struct lab_error *err);
/* For reading and writing what is there. -1 with LAB_HOST. */
int lab_io_open_write(const char *path, struct lab_error *err);
/* Bytes, fewer than asked at the end of the file or any time; or a negative libuv error. */
int64_t lab_io_read(int fd, void *bytes, size_t n, int64_t offset);
int64_t lab_io_write(int fd, const void *bytes, size_t n, int64_t offset);
/* The others give 0 or a negative libuv error. Exactly n bytes; UV_EOF when there are fewer. */
int lab_io_read_all(int fd, void *bytes, size_t n, int64_t offset);
int lab_io_write_all(int fd, const void *bytes, size_t n, int64_t offset);
int lab_io_resize(int fd, int64_t size); /* what is added reads as zeros */
int lab_io_sync(int fd);
int lab_io_close(int fd);

#endif
