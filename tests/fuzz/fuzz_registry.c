/* What registries and web servers answer: header lines, an empty one, and the body. */
#include "fuzz.h"
#include "net/transfer.h"
#include "registry/http.h"

static struct lab_registry *open_registry(void)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    const struct lab_registry_options options = {.address = "10.0.0.1:5000"};
    struct lab_registry *r = NULL;
    fuzz_check(lab_registry_open(&r, &options, &err) == 0);
    return r;
}

static void challenge(struct lab_registry *r, const struct lab_call *call)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *realm =
        call->challenge ? lab_auth_parameter(call->challenge, "realm") : NULL;
    int rc = lab_auth_learn(r, call->challenge, &err);
    fuzz_answer(rc, &err);
    /* Credentials never go where nobody encrypts. */
    fuzz_check(!r->realm || strncmp(r->realm, "https://", 8) == 0);
    fuzz_check(rc < 0 || r->auth != LAB_AUTH_BEARER || (realm && r->realm));
}

static void document(struct lab_registry *r, const struct lab_call *call)
{
    LAB_AUTO_ERROR struct lab_error listed = LAB_ERROR_INIT, got = LAB_ERROR_INIT;
    struct lab_registry_names names = {{0}};
    struct lab_registry_conn conn = {.registry = r};
    char code[64], *token = NULL;
    fuzz_answer(lab_document_names(&names, call, "tags", lab_is_tag, &listed), &listed);
    LAB_VEC_FOREACH (name, &names.list)
        fuzz_check(lab_is_tag(*name));
    lab_registry_names_clear(&names);
    fuzz_answer(lab_auth_read_token(r, call, "scope", &token, &got), &got);
    fuzz_check(!token || !strpbrk(token, "\r\n"));
    free(token);
    lab_words_code(call, code);
    fuzz_check(strlen(code) < sizeof(code));
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    fuzz_check(lab_words_status(&conn, call, &err) == -1 && *err.message);
    LAB_AUTOFREE char *next = lab_document_next(call);
    fuzz_check(!next || lab_http_same_origin(next, call->url));
}

static void download(char *line, size_t n, struct lab_transfer *t)
{
    fuzz_check(lab_transfer_header(line, 1, n, t) == n);
    fuzz_check(!t->answer.ranged || !t->answer.note.total ||
               t->answer.from <= t->answer.note.total);
}

static void note(const char *text)
{
    struct lab_note n, again;
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *path = lab_strdup(fuzz_file("note", text, strlen(text)));
    if (!lab_note_read(&n, path))
        return;
    fuzz_check(lab_note_write(&n, path, &err) == 0 && lab_note_read(&again, path));
    fuzz_check(strcmp(n.source, again.source) == 0 && strcmp(n.etag, again.etag) == 0);
    fuzz_check(n.total == again.total);
    lab_note_clear(&n);
    lab_note_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lab_registry *r = open_registry();
    LAB_AUTO_CALL struct lab_call call = {.method = "GET",
                                          .url = "https://10.0.0.1:5000/v2/a/tags/list",
                                          .what = "list",
                                          .status = 404};
    struct lab_transfer transfer = {.fd = -1};
    LAB_AUTOFREE char *text = fuzz_text(data, size);
    char *at = text;
    lab_call_forget(&call);
    for (size_t n; *at && *at != '\n'; at += n) {
        n = strcspn(at, "\n");
        n += at[n] == '\n';
        LAB_AUTOFREE char *line = lab_strndup(at, n);
        lab_http_header(&call, line, n);
        download(line, n, &transfer);
    }
    lab_str_add(&call.answer, at);
    challenge(r, &call);
    document(r, &call);
    note(at + (*at == '\n'));
    if (call.location)
        free(lab_http_resolve("https://10.0.0.1:5000/v2/", call.location));
    lab_note_clear(&transfer.answer.note);
    lab_registry_close(r);
    return 0;
}
