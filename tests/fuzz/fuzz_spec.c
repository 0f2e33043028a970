/* lab.yaml: refused with a reason, or a model that every provider can be asked about. */
#include "fuzz.h"
#include "spec/spec.h"

static struct lab_spec *read(const char *text, size_t size, struct lab_str *messages)
{
    static const struct lab_spec_options options = {.skip_files = true};
    struct lab_problems problems = {.errors = 0};
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    struct lab_spec *spec = NULL;
    int rc = lab_spec_parse(&spec, "/lab/lab.yaml", text, size, &options, &problems, &err);
    fuzz_answer(rc, &err);
    fuzz_check((rc == 0) == (spec != NULL) && (rc == 0) == (problems.errors == 0));
    fuzz_check(problems.list.len == problems.errors + problems.warnings);
    LAB_VEC_FOREACH (p, &problems.list)
        fuzz_check(p->pos.line >= 0 && p->pos.column >= 0 && *p->message);
    lab_problems_print(messages, &problems, "lab.yaml");
    lab_problems_clear(&problems);
    return spec;
}

static void look(const struct lab_spec *spec)
{
    fuzz_check(spec->nodes.len <= LAB_SPEC_MAX_NODES && *spec->name && strlen(spec->name) <= 32);
    LAB_VEC_FOREACH (node, &spec->nodes) {
        fuzz_check(lab_spec_node(spec, node->name) == node);
        LAB_VEC_FOREACH (nic, &node->nics)
            fuzz_check(nic->network < spec->networks.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    LAB_AUTO_STR struct lab_str first = LAB_STR_INIT, second = LAB_STR_INIT;
    for (int kind = LAB_PROVIDER_LIBVIRT; kind <= LAB_PROVIDER_VMWARE; kind++) {
        LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
        struct lab_spec *spec = read(text, size, kind == LAB_PROVIDER_LIBVIRT ? &first : &second);
        if (!spec)
            return 0;
        look(spec);
        fuzz_answer(lab_spec_fit(spec, kind, &err), &err);
        lab_spec_free(spec);
    }
    fuzz_check(strcmp(lab_str_get(&first), lab_str_get(&second)) == 0);
    return 0;
}
