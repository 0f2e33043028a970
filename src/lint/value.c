#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/text.h"
#include "lint/yaml.h"

static bool is_true(const char *text)
{
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes", "on"};
    for (size_t i = 0; i < LAB_ARRAY_LEN(yes); i++)
        if (strcmp(text, yes[i]) == 0)
            return true;
    return false;
}

/* A value that is a text of another kind; script: what it is when nothing else tells. */
static bool
embedded(const struct lint_walk *w, const char *name, const struct lint_value *v, bool script)
{
    enum lab_lint_kind kind = LAB_LINT_SHELL;
    struct lint_text inner = *v->inner;
    bool many = strchr(v->text, '\n') != NULL;
    bool known = many && lab_lint_kind_of(name ? name : "", v->text, &kind);
    if ((!known && !script) || w->t->depth >= LINT_MAX_DEPTH)
        return false;
    inner.kind = kind;
    if (kind == LAB_LINT_SHELL) {
        inner.kind = w->t->kind;
        lint_shell(&inner);
    } else {
        lint_yaml(&inner);
    }
    return true;
}

/* The name under which the frame stands in cloud-config, and where: "runcmd", even two lists deep.
 */
static struct lint_frame *module_of(struct lint_walk *w)
{
    for (size_t i = w->frames.len; i-- > 0;)
        if (w->frames.items[i].area == LINT_AREA_CLOUD)
            return &w->frames.items[i];
    return NULL;
}

static void take_cloud(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v)
{
    struct lint_frame *module = module_of(w);
    const struct lint_cloud_key *key = module && module->key ? lint_cloud_key(module->key) : NULL;
    const char *name = module == f || !f->key ? NULL : f->key;
    size_t at = module ? module->key_at : v->at;
    if (!key && name && strcmp(name, "ssh_import_id") == 0) { /* of a user */
        key = lint_cloud_key(name);
        at = f->key_at;
    }
    if (key && (!key->only_true || is_true(v->text)))
        lint_add(w->t, at, LAB_LINT_ERROR, key->key, key->fix, "%s", lab_tr(key->why));
    if (name && strcmp(name, "encoding") == 0)
        lint_add(w->t, v->at, LAB_LINT_WARNING, v->text, lab_tr("write the content as text"),
                 "encoded content is not looked into");
    if (!embedded(w, name, v, false))
        lint_url(v->inner, 0, f->below == LINT_AREA_SERVERS ? LAB_LINT_ERROR : LAB_LINT_WARNING,
                 v->text);
}

static void take_time(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v)
{
    struct lint_frame *module = module_of(w);
    bool off = f->key && strcmp(f->key, "enabled") == 0 && !is_true(v->text);
    if (module)
        module->named = module->named || off;
    if (f->map || !f->name || !strstr(" servers pools peers ", f->name))
        return;
    if (module)
        module->named = true;
    if (!lab_lint_is_inside(w->t->lab, v->text))
        lint_add(
            w->t, v->at, LAB_LINT_ERROR, v->text,
            lab_tr("remove it: labctl sets the clock of every guest; or name a server of the lab"),
            "the time server '%s' is outside the lab", v->text);
}

static void remember(struct lint_frame *f, const struct lint_value *v)
{
    struct lint_image_parts *p = &f->image;
    char **const to = strcmp(f->key, "image") == 0             ? &p->image
                      : strcmp(f->key, "repository") == 0      ? &p->repository
                      : strcmp(f->key, "registry") == 0        ? &p->registry
                      : strcmp(f->key, "tag") == 0             ? &p->tag
                      : strcmp(f->key, "imagePullPolicy") == 0 ? &p->policy
                      : strcmp(f->key, "pullPolicy") == 0      ? &p->policy
                                                               : NULL;
    if (!to)
        return;
    lab_assign(to, v->text);
    if (to == &p->image || to == &p->repository)
        p->at = v->at;
}

static void take_manifest(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v)
{
    if (f->map)
        remember(f, v);
    if (!embedded(w, f->key, v, false))
        lint_url(v->inner, 0, LAB_LINT_WARNING, v->text);
}

/* A whole script in one word, or one word of a command. */
static void take_word(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v)
{
    bool script = strpbrk(v->text, " \n\t") != NULL;
    if (f->map || (script && embedded(w, NULL, v, true)))
        return;
    lint_words_add(&f->words, v->at, v->text, strlen(v->text));
}

/* runcmd: a text is for the shell, a list of texts is one command. */
static void take_command(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v)
{
    const struct lint_frame *outer = w->frames.len > 1 ? &w->frames.items[w->frames.len - 2] : NULL;
    if (!f->map && outer && outer->area == LINT_AREA_COMMANDS)
        take_word(w, f, v);
    else
        embedded(w, NULL, v, true);
}

void lint_take(struct lint_walk *w, struct lint_frame *f, const struct lint_value *v)
{
    switch (f->below) {
    case LINT_AREA_NONE:
    case LINT_AREA_LAB:
        return;
    case LINT_AREA_TIME:
        take_time(w, f, v);
        return;
    case LINT_AREA_COMMANDS:
        take_command(w, f, v);
        return;
    case LINT_AREA_ARGS:
        take_word(w, f, v);
        return;
    case LINT_AREA_MANIFEST:
        take_manifest(w, f, v);
        return;
    case LINT_AREA_CLOUD: /* cloud_init: |, in lab.yaml */
        embedded(w, NULL, v, false);
        return;
    default:
        take_cloud(w, f, v);
    }
}

/* --- a mapping or list that ends ----------------------------------------------------------------
 */

static bool is_image_name(const char *name)
{
    return name && (lab_ends_with(name, "image") || lab_ends_with(name, "Image"));
}

static void leave_image(const struct lint_walk *w, const struct lint_frame *f)
{
    const struct lint_image_parts *p = &f->image;
    const char *name = p->image ? p->image : p->repository;
    bool pair = !p->image && p->repository && (p->tag || is_image_name(f->name));
    if (!name || (!p->image && !pair) || lint_has_url(name))
        return;
    if (pair && (!p->tag || !*p->tag)) {
        lint_add(w->t, p->at, LAB_LINT_WARNING, name, lab_tr("write the tag that the bundle has"),
                 "no tag: the chart chooses one, which cannot be compared with the bundle");
        return;
    }
    bool joined = p->tag && *p->tag && !strchr(name, '@') &&
                  !strchr(strrchr(name, '/') ? strrchr(name, '/') : name, ':');
    LAB_AUTOFREE char *whole = lab_format("%s%s%s%s%s", pair && p->registry ? p->registry : "",
                                          pair && p->registry && *p->registry ? "/" : "", name,
                                          joined ? ":" : "", joined ? p->tag : "");
    lint_image(w->t, p->at, whole, p->policy);
}

/* cloud-init's ntp without servers takes the distribution's pool. */
static void leave_cloud(const struct lint_walk *w, const struct lint_frame *f)
{
    const struct lint_frame *outer = w->frames.len > 1 ? &w->frames.items[w->frames.len - 2] : NULL;
    if (f->area == LINT_AREA_TIME && outer && outer->area == LINT_AREA_CLOUD && !outer->named)
        lint_add(
            w->t, outer->key_at, LAB_LINT_WARNING, "ntp",
            lab_tr("remove it: labctl sets the clock of every guest; or name a server of the lab"),
            "without servers the distribution's pool on the internet is asked");
}

void lint_leave(struct lint_walk *w, struct lint_frame *f)
{
    if (f->area == LINT_AREA_MANIFEST && f->map)
        leave_image(w, f);
    leave_cloud(w, f);
    if (!f->map && f->words.list.len)
        lint_command(w->t, &f->words, false);
}

void lint_frame_clear(struct lint_frame *f)
{
    free(f->image.image);
    free(f->image.repository);
    free(f->image.registry);
    free(f->image.tag);
    free(f->image.policy);
    lint_words_clear(&f->words);
}
