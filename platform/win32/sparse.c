#include "platform.h"

#include <windows.h>

#include <io.h>
#include <winioctl.h>

void plat_next_data(int fd, uint64_t at, uint64_t end, uint64_t *from, uint64_t *to)
{
    FILE_ALLOCATED_RANGE_BUFFER asked, found;
    DWORD got = 0;
    *from = at;
    *to = end;
    asked.FileOffset.QuadPart = (LONGLONG)at;
    asked.Length.QuadPart = (LONGLONG)(end - at);
    if (!DeviceIoControl((HANDLE)_get_osfhandle(fd), FSCTL_QUERY_ALLOCATED_RANGES, &asked,
                         sizeof(asked), &found, sizeof(found), &got, NULL) &&
        GetLastError() != ERROR_MORE_DATA)
        return;
    if (got < sizeof(found)) {
        *from = end;
        return;
    }
    uint64_t start = (uint64_t)found.FileOffset.QuadPart;
    uint64_t stop = start + (uint64_t)found.Length.QuadPart;
    *from = start > at ? start : at;
    *to = stop < end ? stop : end;
}

void plat_make_sparse(int fd)
{
    DWORD got;
    DeviceIoControl((HANDLE)_get_osfhandle(fd), FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &got, NULL);
}

bool plat_clone(int from, uint64_t from_at, int to, uint64_t to_at)
{
    (void)from;
    (void)from_at;
    (void)to;
    (void)to_at;
    return false; /* NTFS cannot; ReFS can, and is on no laptop */
}
