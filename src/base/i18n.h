/* Messages in the user's language. The texts in the sources are English and are the keys; the
 * translations are GNU gettext's (templates/locale/LANGUAGE.po, by msgfmt at build time) and travel
 * inside the binary, as templates do: one file is the whole program, and the same on both systems,
 * which libintl cannot do since it reads catalogues from folders only. What has no translation is
 * shown in English.
 *
 * Format of a catalogue: GNU gettext manual, "The Format of GNU MO Files".
 *
 * What translates: every function that takes a message's format (lab_fail, lab_error_hint,
 * lab_cli_say, …) does it itself; everything else calls lab_tr(). Texts in tables are marked by
 * LAB_N(). scripts/messages collects all of them. */
#ifndef LAB_BASE_I18N_H
#define LAB_BASE_I18N_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Marks a text for scripts/messages and leaves it as it is. */
#define LAB_N(text) text

/* "ko", "ko_KR.UTF-8", "en", "C"; one that there is no catalogue for is English. NULL: as the user
 * has set it (LC_ALL, LC_MESSAGES, LANG; on Windows also the display language), and English where
 * the terminal is not one of UTF-8. Once, before any thread begins. false: there is none for it. */
bool lab_language_set(const char *name);
const char *lab_language(void); /* "en", "ko" */

/* The translation, or msgid itself; borrowed for the process' life. */
const char *lab_tr(const char *msgid) __attribute__((format_arg(1)));
/* lab_vformat() of the translation. Caller frees. */
char *lab_vtr(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Looks msgid up in a catalogue of n bytes, which need not be one. NULL: it is not in it. */
const char *lab_catalogue_find(const char *bytes, size_t n, const char *msgid);

#endif
