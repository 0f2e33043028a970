# The cross compiler for labctl.exe (cmake --preset mingw), with the libraries of scripts/windows-deps.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(host x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${host}-gcc)
set(CMAKE_RC_COMPILER ${host}-windres)

execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/windows-deps --print-path
                OUTPUT_VARIABLE LABCTL_WINDOWS_DEPS OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT EXISTS ${LABCTL_WINDOWS_DEPS}/complete)
  message(FATAL_ERROR "The libraries for Windows are not built. Run: scripts/windows-deps")
endif()

set(CMAKE_FIND_ROOT_PATH ${LABCTL_WINDOWS_DEPS} /usr/${host})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# Static libraries name what they need only when asked.
set(ENV{PKG_CONFIG_LIBDIR} ${LABCTL_WINDOWS_DEPS}/lib/pkgconfig)
set(ENV{PKG_CONFIG_PATH} "")
set(PKG_CONFIG_ARGN --static)
set(CMAKE_CROSSCOMPILING_EMULATOR wine)
