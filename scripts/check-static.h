/* For clang-tidy, which reads one file at a time: that to fail is to give -1 (base/error.h).
 * Without it every caller seems to go on with what a function that failed has not set. */
#include "base/error.h"

#define lab_fail(...)       (lab_fail(__VA_ARGS__), -1)
#define lab_error_wrap(...) (lab_error_wrap(__VA_ARGS__), -1)
#define lab_error_hint(...) (lab_error_hint(__VA_ARGS__), -1)
