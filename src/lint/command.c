/* What commands do to the network, by their names. */
#include <ctype.h>
#include <string.h>

#include "base/file.h"
#include "base/i18n.h"
#include "base/text.h"
#include "lint/text.h"

enum what { PACKAGES, FETCH, GIT, IMAGE, ALWAYS };

static const struct tool {
    const char *name, *verbs; /* verbs: "" for any, else words between blanks */
    enum what what;
    const char *offline; /* options that keep it at home, between blanks */
    const char *fix;
} tools[] = {
#define DEBS                                                                                       \
    " install update upgrade dist-upgrade full-upgrade build-dep source download satisfy safe-upgrade "
#define DEBS_FIX                                                                                   \
    LAB_N("put the packages into the bundle (apt:), which labctl installs from /usr/local/seed")
#define RPMS      " install update upgrade makecache check-update groupinstall builddep reinstall "
#define APT_LOCAL " --no-download Dir::Etc::sourcelist dir::etc::sourcelist "
    {"apt-get", DEBS, PACKAGES, APT_LOCAL, DEBS_FIX},
    {"apt", DEBS, PACKAGES, APT_LOCAL, DEBS_FIX},
    {"aptitude", DEBS, PACKAGES, APT_LOCAL, DEBS_FIX},
    {"add-apt-repository", "", ALWAYS, " ", DEBS_FIX},
    {"dnf", RPMS, PACKAGES, " -C --cacheonly --disablerepo=* ",
     LAB_N("bring the packages as files in the payload")},
    {"yum", RPMS, PACKAGES, " -C --cacheonly --disablerepo=* ",
     LAB_N("bring the packages as files in the payload")},
    {"zypper", " install in update up refresh ref dup ", PACKAGES, " --no-refresh ",
     LAB_N("bring the packages as files in the payload")},
    {"apk", " add update upgrade fetch ", PACKAGES, " --no-network ",
     LAB_N("bring the packages as files in the payload")},
    {"pip", " install download wheel ", PACKAGES, " --no-index ",
     LAB_N("bring wheels in the payload: pip install --no-index --find-links DIR")},
    {"pip3", " install download wheel ", PACKAGES, " --no-index ",
     LAB_N("bring wheels in the payload: pip3 install --no-index --find-links DIR")},
    {"npm", " install i ci update add ", PACKAGES, " --offline ",
     LAB_N("bring node_modules, or a cache for npm --offline, in the payload")},
    {"gem", " install update ", PACKAGES, " --local ",
     LAB_N("bring the .gem files: gem install --local")},
    {"go", " get install ", PACKAGES, " ", LAB_N("bring what it builds in the payload")},
    {"cargo", " install fetch ", PACKAGES, " --offline ",
     LAB_N("bring what it builds in the payload")},
    {"snap", " install refresh download ", PACKAGES, " --dangerous ",
     LAB_N("bring the .snap file: snap install --dangerous FILE")},
    {"curl", "", FETCH, " -V --version --unix-socket ",
     LAB_N("bring the file in the payload (/usr/local/seed)")},
    {"wget", "", FETCH, " -V --version ", LAB_N("bring the file in the payload (/usr/local/seed)")},
    {"git", " clone fetch pull submodule ls-remote ", GIT, " ",
     LAB_N("bring the checkout, or 'git bundle create', in the payload")},
    {"docker", " pull ", IMAGE, " ",
     LAB_N("add the image to the bundle, or push it to the lab's registry")},
    {"podman", " pull ", IMAGE, " ",
     LAB_N("add the image to the bundle, or push it to the lab's registry")},
    {"nerdctl", " pull ", IMAGE, " ",
     LAB_N("add the image to the bundle, or push it to the lab's registry")},
    {"crictl", " pull ", IMAGE, " ",
     LAB_N("add the image to the bundle, or push it to the lab's registry")},
    {"ctr", " pull ", IMAGE, " ",
     LAB_N("add the image to the bundle, or push it to the lab's registry")},
    {"ssh-import-id", "", ALWAYS, " ", LAB_N("write the keys into lab.yaml: auth.authorized_keys")},
    {"ntpdate", "", ALWAYS, " ", LAB_N("nothing: labctl sets the clock of every guest")},
};

static bool is_in(const char *list, const char *word)
{
    LAB_AUTOFREE char *key = lab_format(" %s ", word);
    return strstr(list, key) != NULL;
}

static bool is_option(const char *word)
{
    return *word == '-' && word[1];
}

/* Words that stand before the command that is run. */
static size_t skip_prefix(const struct lint_words *words)
{
    static const char before[] =
        " sudo env exec time nice nohup timeout command builtin eatmydata xargs stdbuf setsid ionice "
        "then do else elif if while until ! { } k3s chronic doas ";
    static const char valued[] = " -u -g -k -s --user --signal ";
    size_t i = 0, n = words->list.len;
    bool prefixed = false;
    for (; i < n; i++) {
        const char *w = words->list.items[i].text;
        const char *equals = strchr(w, '=');
        if (is_in(before, w))
            prefixed = true;
        else if (prefixed && is_option(w))
            i += is_in(valued, w) && i + 1 < n;
        else if (!(equals && equals != w && (isalpha((unsigned char)*w) || *w == '_')) &&
                 !(prefixed && isdigit((unsigned char)*w)))
            break;
    }
    return i;
}

/* A file, by the look of it; what stands behind a variable is not known. */
static bool is_file(const char *word)
{
    static const char *const ends[] = {".deb",  ".rpm", ".apk", ".whl",
                                       ".snap", ".gem", ".tgz", ".tar.gz"};
    if (lint_has_url(word))
        return false;
    for (size_t i = 0; i < LAB_ARRAY_LEN(ends); i++)
        if (lab_ends_with(word, ends[i]))
            return true;
    return *word == '/' || *word == '.' || lab_starts_with(word, "file:");
}

static bool stays_home(const struct tool *tool, const struct lint_words *words, size_t verb)
{
    size_t files = 0, others = 0;
    for (size_t i = verb; i < words->list.len; i++) {
        const char *w = words->list.items[i].text;
        LAB_AUTOFREE char *name = lab_strndup(w, strcspn(w, "="));
        if (is_in(tool->offline, w) || is_in(tool->offline, name))
            return true;
        if (i > verb && !is_option(w) && *w != '>' && *w != '<')
            is_file(w) ? files++ : others++;
    }
    return files && !others;
}

static void packages(const struct lint_text *t,
                     const struct tool *tool,
                     const struct lint_words *words,
                     size_t verb,
                     const char *shown)
{
    for (size_t i = 0; i < verb; i++) { /* apt-get -o Dir::Etc::sourcelist=… install */
        const char *w = words->list.items[i].text;
        LAB_AUTOFREE char *name = lab_strndup(w, strcspn(w, "="));
        if (is_in(tool->offline, w) || (strchr(w, '=') && is_in(tool->offline, name)))
            return;
    }
    if (!stays_home(tool, words, verb))
        lint_add(t, words->list.items[0].at, LAB_LINT_ERROR, shown, tool->fix,
                 "'%s %s' asks servers on the internet", tool->name, words->list.items[verb].text);
}

/* curl, wget, git: by where they go. */
static void fetches(const struct lint_text *t,
                    const struct tool *tool,
                    const struct lint_words *words,
                    size_t verb,
                    const char *shown)
{
    bool seen = false, operand = false, local = false;
    for (size_t i = verb; i < words->list.len; i++) {
        const struct lint_word *w = &words->list.items[i];
        size_t at;
        LAB_AUTOFREE char *host = lint_url_host(w->text, &at);
        seen = seen || host;
        local = local || (tool->what == GIT && i > verb && is_file(w->text));
        operand = operand || (i > verb && !is_option(w->text)) || tool->what == GIT;
        lint_url(t, w->at, LAB_LINT_ERROR, w->text);
        if (is_in(tool->offline, w->text))
            return;
    }
    if (!seen && !local && operand)
        lint_add(t, words->list.items[0].at, LAB_LINT_WARNING, shown, tool->fix,
                 "where '%s' goes is not written here: it fails unless that is inside the lab",
                 tool->name);
}

static void pulls(const struct lint_text *t,
                  const struct tool *tool,
                  const struct lint_words *words,
                  size_t verb,
                  const char *shown)
{
    for (size_t i = verb + 1; i < words->list.len; i++) {
        LAB_AUTO_IMAGE_REF struct lab_image_ref ref = {0};
        const struct lint_word *w = &words->list.items[i];
        if (is_option(w->text) || lab_image_ref_parse(&ref, w->text, NULL))
            continue;
        if (t->lab->registry && strcmp(ref.registry, t->lab->registry) == 0)
            return;
    }
    lint_add(t, words->list.items[0].at, LAB_LINT_ERROR, shown, tool->fix,
             "'%s pull' asks a registry outside the lab", tool->name);
}

static char *join(const struct lint_words *words, size_t from)
{
    struct lab_str out = LAB_STR_INIT;
    for (size_t i = from; i < words->list.len; i++)
        lab_str_addf(&out, "%s%s", i > from ? " " : "", words->list.items[i].text);
    return lab_str_detach(&out);
}

static size_t find_verb(const struct tool *tool, const struct lint_words *words)
{
    if (!*tool->verbs)
        return 0;
    for (size_t i = 1; i < words->list.len; i++)
        if (is_in(tool->verbs, words->list.items[i].text))
            return i;
    return words->list.len;
}

static bool judge(const struct lint_text *t, const struct lint_words *words)
{
    const char *name = lab_path_base(words->list.items[0].text);
    for (size_t i = 0; i < LAB_ARRAY_LEN(tools); i++) {
        const struct tool *tool = &tools[i];
        size_t verb = strcmp(tool->name, name) == 0 ? find_verb(tool, words) : words->list.len;
        if (verb == words->list.len)
            continue;
        LAB_AUTOFREE char *shown = join(words, 0);
        if (tool->what == PACKAGES)
            packages(t, tool, words, verb, shown);
        else if (tool->what == IMAGE)
            pulls(t, tool, words, verb, shown);
        else if (tool->what == ALWAYS)
            lint_add(t, words->list.items[0].at, LAB_LINT_ERROR, shown, tool->fix,
                     "'%s' asks servers on the internet", name);
        else
            fetches(t, tool, words, verb, shown);
        return true;
    }
    return false;
}

/* sh -c 'script' */
static void follow_script(const struct lint_text *t, const struct lint_words *words)
{
    static const char shells[] = " sh bash dash ash busybox su ssh ";
    if (!is_in(shells, lab_path_base(words->list.items[0].text)) || t->depth >= LINT_MAX_DEPTH)
        return;
    for (size_t i = 1; i + 1 < words->list.len; i++) {
        const char *w = words->list.items[i].text;
        if (*w != '-' || w[1] == '-' || !lab_ends_with(w, "c"))
            continue;
        const struct lint_word *script = &words->list.items[i + 1];
        int line;
        size_t start = lint_line_start(t, script->at, &line);
        const struct lint_text inner =
            lint_inner(t, script->text, LINT_FLOW, line, (int)(script->at - start));
        lint_shell(&inner);
        return;
    }
}

/* Words that only say something. */
static bool is_talk(const char *name)
{
    return is_in(" echo printf logger : true die warn log ", name);
}

void lint_command(const struct lint_text *t, const struct lint_words *words, bool follow)
{
    struct lint_words rest;
    size_t skip = skip_prefix(words);
    rest.list.items = words->list.items + skip;
    rest.list.len = words->list.len - skip;
    if (rest.list.len && follow)
        follow_script(t, &rest);
    if (rest.list.len && (judge(t, &rest) || is_talk(lab_path_base(rest.list.items[0].text))))
        return;
    LAB_VEC_FOREACH (w, &words->list)
        lint_url(t, w->at, LAB_LINT_WARNING, w->text);
}
