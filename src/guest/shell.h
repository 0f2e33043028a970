/* Inside of src/guest: what the session must know of an interactive shell. */
#ifndef LAB_GUEST_SHELL_H
#define LAB_GUEST_SHELL_H

struct lab_guest;

/* The guest is being closed: ends the shell now, without waiting for its last output. */
void lab_shell_cancel(struct lab_guest *g);

#endif
