/* How the compiler names the printf whose formats it checks: on Windows that of C99, which MinGW
 * brings along, and not that of Microsoft's library. */
#ifndef PLAT_PRINTF_H
#define PLAT_PRINTF_H

#ifdef __MINGW32__
#define PLAT_PRINTF __MINGW_PRINTF_FORMAT
#else
#define PLAT_PRINTF printf
#endif

#endif
