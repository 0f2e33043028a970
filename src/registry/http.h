/* Inside src/registry only: one HTTP exchange, who we are in it, and words for what went wrong. */
#ifndef LAB_REGISTRY_HTTP_H
#define LAB_REGISTRY_HTTP_H

#include <curl/curl.h>
#include <uv.h>

#include "registry/client.h"

enum lab_auth { LAB_AUTH_NONE, LAB_AUTH_BASIC, LAB_AUTH_BEARER };

struct lab_token {
    char *scope, *value;
    uint64_t until_ms; /* plat_now_ms() */
};

struct lab_registry {
    char *name; /* host, or host:port */
    char *host; /* for certificates */
    char *base; /* "https://host:port" */
    char *ca_file, *ca_pem, *username, *password;
    bool tls, direct; /* direct: never by a proxy */
    uv_mutex_t lock;  /* for all below */
    enum lab_auth auth;
    char *realm, *service;
    LAB_VEC(struct lab_token) tokens;
};

struct lab_registry_conn {
    struct lab_registry *registry;
    CURL *curl;
    bool again;       /* see lab_registry_may_retry() */
    unsigned pause_s; /* Retry-After; 0: none */
};

/* One exchange. What goes in is borrowed; lab_call_clear() frees what came out. */
struct lab_call {
    const char *method;
    const char *url;       /* absolute */
    const char *what;      /* "push blob sha256:…", for messages: "cannot WHAT" */
    const char *scopes[2]; /* of a bearer token; NULL: none */
    const char *accept, *type, *range;
    const char *authorization; /* instead of the registry's: for the token service */
    const void *text;          /* body */
    size_t text_len;
    const struct lab_body *body; /* instead of text */
    lab_registry_sink *sink;     /* for the body of a 2xx; NULL: goes into answer */
    int (*before)(void *arg,
                  const struct lab_call *call,
                  struct lab_error *err); /* its first byte */
    void *sink_arg;
    bool look_at_certificate;
    /* out */
    long status;
    struct lab_str answer;
    char *location, *digest, *challenge, *link, *answer_type;
    int64_t length; /* -1: not told */
    unsigned retry_after_s;
    /* inside */
    struct lab_registry_conn *conn;
    struct lab_error *err;
    size_t text_at;
    bool failed, begun;
};
#define LAB_AUTO_CALL LAB_CLEANUP(lab_call_clear)

/* --- http.c --------------------------------------------------------------------------------------
 */
/* One exchange as it is: no credentials of its own, no second try. 0: there is a status. */
int lab_http(struct lab_registry_conn *conn,
             struct lab_call *call,
             struct lab_error *err) LAB_MUST_CHECK;
void lab_call_clear(struct lab_call *call);
void lab_call_forget(struct lab_call *call); /* only what came out */
/* Takes what is wanted of one header line; others are passed over. */
void lab_http_header(struct lab_call *call, const char *line, size_t n);
void lab_http_common(CURL *curl, const struct lab_registry *registry);
/* reference (a Location) seen from base; NULL: not allowed. Caller frees. */
char *lab_http_resolve(const char *base, const char *reference);
bool lab_http_same_origin(const char *a, const char *b);
char *lab_http_escape(const char *text);

/* --- auth.c --------------------------------------------------------------------------------------
 */
/* An exchange as who we are: with credentials or token where the URL is the registry's own, once
 * more after a challenge; GET and HEAD follow redirects. */
int lab_http_as(struct lab_registry_conn *conn,
                struct lab_call *call,
                struct lab_error *err) LAB_MUST_CHECK;
/* A HEAD as who we are: whether there is such a thing. That there is none is no failure. */
int lab_http_has(struct lab_registry_conn *conn,
                 struct lab_call *call,
                 bool *there,
                 struct lab_error *err) LAB_MUST_CHECK;
/* Learns from a 401's challenge. */
int lab_auth_learn(struct lab_registry *registry,
                   const char *challenge,
                   struct lab_error *err) LAB_MUST_CHECK;
/* A token for those scopes (none: only to see whether the credentials are right). Caller frees. */
int lab_auth_token(struct lab_registry_conn *conn,
                   const char *const scopes[2],
                   char **token,
                   struct lab_error *err) LAB_MUST_CHECK;
/* Of the token service's answer, and keeps it under key. Caller frees *token. */
int lab_auth_read_token(struct lab_registry *r,
                        const struct lab_call *call,
                        const char *key,
                        char **token,
                        struct lab_error *err) LAB_MUST_CHECK;
/* One parameter of a challenge ("realm"); NULL: not there. Caller frees. */
char *lab_auth_parameter(const char *challenge, const char *key);

/* --- document.c ----------------------------------------------------------------------------------
 */
/* Adds the names of one page of a list to out: those that are names by is_name(). */
int lab_document_names(struct lab_registry_names *out,
                       const struct lab_call *call,
                       const char *key,
                       bool (*is_name)(const char *),
                       struct lab_error *err) LAB_MUST_CHECK;
/* The URL of the next page, which is of the same origin; NULL: there is none. Caller frees. */
char *lab_document_next(const struct lab_call *call);

/* --- tls.c ---------------------------------------------------------------------------------------
 */
/* The server's certificate as PEM, after a handshake with CURLOPT_CERTINFO; NULL. Caller frees. */
char *lab_tls_pem(CURL *curl);
/* Fails for what is wrong with a certificate by itself: dates and names. */
int lab_tls_judge(const char *pem, const char *host, const char *name, struct lab_error *err)
    LAB_MUST_CHECK;
/* After a failed verification: looks at the certificate and says why. Returns -1. */
int lab_tls_explain(const struct lab_registry *registry, const char *reason, struct lab_error *err);

/* --- words.c -------------------------------------------------------------------------------------
 */
/* For a transfer that did not happen. Returns -1. */
int lab_words_curl(struct lab_registry_conn *conn,
                   const struct lab_call *call,
                   CURLcode code,
                   const char *reason,
                   struct lab_error *err);
/* For a status that is not the wanted one. Returns -1. */
int lab_words_status(struct lab_registry_conn *conn,
                     const struct lab_call *call,
                     struct lab_error *err);
/* The first code of a JSON answer, as "NAME_UNKNOWN"; "" for other answers. */
void lab_words_code(const struct lab_call *call, char code[64]);

#endif
