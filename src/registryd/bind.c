/* An address for ourselves. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "platform.h"
#include "registryd/probe.h"
#include "registryd/server.h"

enum { PORTS = 100 }; /* from LAB_REGISTRYD_PORT, while strangers have them */

static int try_bind(const char *host, int port)
{
    uv_loop_t loop;
    uv_tcp_t tcp;
    struct sockaddr_in to;
    int rc = uv_ip4_addr(host, port, &to);
    if (rc < 0)
        return rc;
    uv_loop_init(&loop);
    uv_tcp_init(&loop, &tcp);
    rc = uv_tcp_bind(&tcp, (const struct sockaddr *)&to, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&tcp, 1, NULL); /* libuv says only here what bind said */
    uv_close((uv_handle_t *)&tcp, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return rc;
}

int lab_registry_can_bind(const char *address, bool *taken, struct lab_error *err)
{
    LAB_AUTOFREE char *host = lab_strndup(address, strcspn(address, ":"));
    int rc = try_bind(host, (int)strtol(strrchr(address, ':') + 1, NULL, 10));
    *taken = rc == UV_EADDRINUSE;
    if (rc == 0)
        return 0;
    lab_fail(err, *taken ? LAB_CONFLICT : LAB_HOST, "the registry cannot listen on %s: %s", address,
             uv_strerror(rc));
    if (rc == UV_EADDRNOTAVAIL)
        return lab_error_hint(err, "this host has no such address; on a network that labctl makes "
                                   "it has it after 'labctl up', with '--no-start' even without "
                                   "guests");
    if (rc == UV_EACCES)
        return lab_error_hint(err, "choose a port from 1024 upwards");
    return -1;
}

static int no_port(const char *host, struct lab_error *err)
{
    return lab_fail(err, LAB_CONFLICT, "no port of %s from %d to %d is free for the registry", host,
                    LAB_REGISTRYD_PORT, LAB_REGISTRYD_PORT + PORTS - 1);
}

int lab_registry_free_port(const char *host, char **address, struct lab_error *err)
{
    for (int i = 0; i < PORTS; i++) {
        LAB_AUTO_ERROR struct lab_error why = LAB_ERROR_INIT;
        LAB_AUTOFREE char *candidate = lab_format("%s:%d", host, LAB_REGISTRYD_PORT + i);
        bool taken;
        if (lab_registry_can_bind(candidate, &taken, &why) == 0) {
            *address = lab_steal(&candidate);
            return 0;
        }
        if (!taken) {
            lab_error_move(err, &why);
            return -1;
        }
    }
    return no_port(host, err);
}
