/* How the compiler names the printf whose formats it checks: on Windows that of C99, as
 * __USE_MINGW_ANSI_STDIO makes them, and not that of Microsoft's library. */
#ifndef PLAT_PRINTF_H
#define PLAT_PRINTF_H

#ifdef __MINGW32__
#define PLAT_PRINTF gnu_printf
#else
#define PLAT_PRINTF printf
#endif

#endif
