/* Inside base only: the environment that a child gets. */
#ifndef LAB_BASE_CHILD_ENV_H
#define LAB_BASE_CHILD_ENV_H

/* Ours, in English, without the variables that are hidden (base/child.h), and with the child's own strings replacing or added. NULL-terminated; freed with
 * lab_child_env_free(). */
char **lab_child_env_new(const char *const *extra);
void lab_child_env_free(char **env);

#endif
