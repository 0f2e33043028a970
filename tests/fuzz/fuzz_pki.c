/* Keys, signatures and certificates. The first byte says what follows: K public key, P private key,
 * C certificate, each in DER, which is wrapped as PEM here; S a signature; else a text as it is. */
#include "base/crypto.h"
#include "fuzz.h"
#include "media/sshkey_priv.h"
#include "pki/ca.h"
#include "pki/sign.h"
#include "registry/http.h"
#include "spec/pubkey.h"

static void wrap(struct lab_str *out, const char *what, const uint8_t *data, size_t size)
{
    LAB_AUTO_STR struct lab_str base64 = LAB_STR_INIT;
    lab_put_base64(&base64, data, size);
    lab_str_addf(out, "-----BEGIN %s-----\n", what);
    for (size_t at = 0; at < base64.len; at += 64)
        lab_str_addf(out, "%.64s\n", base64.ptr + at);
    lab_str_addf(out, "-----END %s-----\n", what);
}

static void certificate(const char *path, const char *pem)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT, judged = LAB_ERROR_INIT;
    LAB_AUTO_CERT_LOOK struct lab_cert_look look = {.issuer = NULL};
    int rc = lab_cert_look(&look, path, &err);
    fuzz_answer(rc, &err);
    fuzz_check(rc < 0 || lab_cert_why_not(pem) == NULL);
    fuzz_answer(lab_tls_judge(pem, "10.0.0.1", "10.0.0.1:5000", &judged), &judged);
}

static void keys(const char *path)
{
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT, signing = LAB_ERROR_INIT;
    char id[LAB_KEY_ID_TEXT];
    unsigned char signature[LAB_SIGNATURE_LEN];
    int rc = lab_sign_key_id(path, id, &err);
    fuzz_answer(rc, &err);
    fuzz_check(rc < 0 || strspn(id, "0123456789abcdef") == LAB_KEY_ID_TEXT - 1);
    fuzz_answer(lab_sign_file(path, path, signature, &signing), &signing);
}

static void ssh(const char *text)
{
    struct lab_sshkey key = {.private_pem = NULL};
    const char *why = NULL;
    fuzz_check((lab_sshkey_decode(&key, text, &why) == 0) == (why == NULL));
    fuzz_check(why || lab_pubkey_check(key.public_line) == NULL);
    lab_sshkey_clear(&key);
    (void)lab_pubkey_looks_inline(text);
    why = lab_pubkey_check(text);
    fuzz_check(!why || *why);
}

/* Nobody makes the signature of a key that he has not. */
static void signature(const uint8_t *data, size_t size)
{
    static const char public_key[] =
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
        "-----END PUBLIC KEY-----\n";
    LAB_AUTO_ERROR struct lab_error err = LAB_ERROR_INIT;
    LAB_AUTOFREE char *key = lab_strdup(fuzz_file("key", public_key, strlen(public_key)));
    LAB_AUTOFREE char *message = lab_strdup(fuzz_file("message", "message", 7));
    const char *sig = fuzz_file("message.sig", data, size);
    fuzz_check(lab_sign_verify(key, message, sig, &err) < 0 && err.code == LAB_INTEGRITY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        char letter;
        const char *what;
    } kinds[] = {{'K', "PUBLIC KEY"},
                 {'P', "PRIVATE KEY"},
                 {'C', "CERTIFICATE"},
                 {'O', "OPENSSH PRIVATE KEY"}};
    LAB_AUTO_STR struct lab_str pem = LAB_STR_INIT;
    if (size > 0 && *data == 'S') {
        signature(data + 1, size - 1);
        return 0;
    }
    for (size_t i = 0; size > 0 && i < LAB_ARRAY_LEN(kinds); i++)
        if (*data == kinds[i].letter)
            wrap(&pem, kinds[i].what, data + 1, size - 1);
    if (!pem.len)
        lab_str_addn(&pem, data, size);
    const char *path = fuzz_file("pem", lab_str_get(&pem), pem.len);
    char letter = size > 0 && *data ? (char)*data : ' ';
    if (!strchr("KPO", letter))
        certificate(path, lab_str_get(&pem));
    if (!strchr("CO", letter))
        keys(path);
    if (!strchr("KPC", letter))
        ssh(lab_str_get(&pem));
    return 0;
}
