/* A TCP listener on the test's own loop: it plays a misbehaving server, or stands before a real
 * sshd and spoils the connection in a chosen way. */
#ifndef LABCTL_TESTS_GUEST_PROXY_H
#define LABCTL_TESTS_GUEST_PROXY_H

#include "rig.h"

struct proxy {
    struct rig *rig;
    uint16_t port;
    uint16_t behind;       /* sshd's port; 0: nothing */
    const char *greeting;  /* sent on connection, when there is nothing behind */
    bool repeat;           /* the greeting, without end */
    bool hang_up;          /* close after the greeting */
    uint64_t cut_after;    /* close when that many bytes came from behind; 0: never */
    uint64_t freeze_after; /* pass nothing more on, keep it open; 0: never */
    uint64_t garble_at;    /* this byte towards the guest is changed; 0: none */
    bool trickle;          /* one byte at a time towards the guest */
    unsigned accepted, open;
    uint64_t passed; /* towards the guest, newest connection */
    uv_tcp_t listener;
    bool listening;
    struct proxy_link *links;
};

struct proxy_link {
    struct proxy_link *next;
    struct proxy *proxy;
    uv_tcp_t front, back;
    uv_connect_t connect;
    uv_timer_t timer;
    unsigned handles;
    bool closing, back_open, writing;
    uint64_t passed;
    struct lab_str queue; /* trickle: towards the guest */
    size_t queue_off;
};

struct proxy_write {
    uv_write_t req;
    char bytes[];
};

static inline void proxy_link_closed(uv_handle_t *h)
{
    struct proxy_link *k = h->data;
    if (--k->handles)
        return;
    struct proxy_link **at = &k->proxy->links;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    k->proxy->open--;
    lab_str_clear(&k->queue);
    free(k);
}

static inline void proxy_drop(struct proxy_link *k)
{
    if (k->closing)
        return;
    k->closing = true;
    uv_close((uv_handle_t *)&k->front, proxy_link_closed);
    uv_close((uv_handle_t *)&k->back, proxy_link_closed);
    uv_close((uv_handle_t *)&k->timer, proxy_link_closed);
}

static inline void proxy_drop_all(struct proxy *p)
{
    for (struct proxy_link *k = p->links; k; k = k->next)
        proxy_drop(k);
}

static inline void proxy_written(uv_write_t *req, int status)
{
    (void)status;
    free(req->data);
}

static inline void proxy_send(uv_tcp_t *to, const char *bytes, size_t n)
{
    struct proxy_write *w = lab_alloc(sizeof(*w) + n);
    memcpy(w->bytes, bytes, n);
    w->req.data = w;
    uv_buf_t buf = uv_buf_init(w->bytes, (unsigned)n);
    if (uv_write(&w->req, (uv_stream_t *)to, &buf, 1, proxy_written))
        free(w);
}

static inline void proxy_room(uv_handle_t *h, size_t n, uv_buf_t *buf)
{
    static char room[65536];
    (void)h;
    (void)n;
    *buf = uv_buf_init(room, sizeof(room));
}

static inline void proxy_trickle(uv_timer_t *t)
{
    struct proxy_link *k = t->data;
    for (int i = 0; i < 4 && k->queue_off < k->queue.len && !k->closing; i++)
        proxy_send(&k->front, k->queue.ptr + k->queue_off++, 1);
}

/* From sshd towards the guest. */
static inline void proxy_from_back(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct proxy_link *k = s->data;
    struct proxy *p = k->proxy;
    if (n < 0) {
        proxy_drop(k);
        return;
    }
    size_t take = (size_t)n;
    if (p->freeze_after && k->passed + take > p->freeze_after)
        take = k->passed < p->freeze_after ? p->freeze_after - k->passed : 0;
    bool cut = p->cut_after && k->passed + take >= p->cut_after;
    if (cut)
        take = p->cut_after - k->passed;
    if (p->garble_at > k->passed && p->garble_at <= k->passed + take)
        buf->base[p->garble_at - k->passed - 1] ^= 0x21;
    k->passed += take;
    p->passed = k->passed;
    if (p->trickle)
        lab_str_addn(&k->queue, buf->base, take);
    else if (take && cut) {
        uv_buf_t part = uv_buf_init(buf->base, (unsigned)take);
        uv_try_write((uv_stream_t *)&k->front, &part, 1);
    } else if (take)
        proxy_send(&k->front, buf->base, take);
    if (cut)
        proxy_drop(k);
}

static inline void proxy_from_front(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct proxy_link *k = s->data;
    if (n < 0)
        proxy_drop(k);
    else if (n > 0 && k->back_open &&
             !(k->proxy->freeze_after && k->passed >= k->proxy->freeze_after))
        proxy_send(&k->back, buf->base, (size_t)n);
}

static inline void proxy_connected(uv_connect_t *req, int status)
{
    struct proxy_link *k = req->data;
    if (status) {
        proxy_drop(k);
        return;
    }
    k->back_open = true;
    uv_tcp_nodelay(&k->back, 1);
    uv_read_start((uv_stream_t *)&k->back, proxy_room, proxy_from_back);
    uv_read_start((uv_stream_t *)&k->front, proxy_room, proxy_from_front);
}

static inline void proxy_greet_again(uv_timer_t *t)
{
    struct proxy_link *k = t->data;
    size_t waiting = uv_stream_get_write_queue_size((uv_stream_t *)&k->front);
    for (int i = 0; i < 64 && waiting < 1 << 20; i++)
        proxy_send(&k->front, k->proxy->greeting, strlen(k->proxy->greeting));
}

static inline void proxy_greet(struct proxy_link *k)
{
    struct proxy *p = k->proxy;
    uv_read_start((uv_stream_t *)&k->front, proxy_room, proxy_from_front);
    if (p->greeting) {
        uv_buf_t buf = uv_buf_init((char *)(uintptr_t)p->greeting, (unsigned)strlen(p->greeting));
        uv_try_write((uv_stream_t *)&k->front, &buf, 1);
    }
    if (p->repeat)
        uv_timer_start(&k->timer, proxy_greet_again, 0, 1);
    if (p->hang_up)
        proxy_drop(k);
}

static inline void proxy_accept(uv_stream_t *listener, int status)
{
    struct proxy *p = listener->data;
    assert_int_equal(status, 0);
    struct proxy_link *k = lab_alloc(sizeof(*k));
    k->proxy = p;
    k->next = p->links;
    p->links = k;
    p->accepted++;
    p->open++;
    k->handles = 3;
    uv_tcp_init(&p->rig->loop, &k->front);
    uv_tcp_init(&p->rig->loop, &k->back);
    uv_timer_init(&p->rig->loop, &k->timer);
    k->front.data = k->back.data = k->timer.data = k->connect.data = k;
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&k->front), 0);
    uv_tcp_nodelay(&k->front, 1);
    if (!p->behind) {
        proxy_greet(k);
        return;
    }
    if (p->trickle)
        uv_timer_start(&k->timer, proxy_trickle, 1, 1);
    struct sockaddr_in to;
    uv_ip4_addr("127.0.0.1", p->behind, &to);
    uv_tcp_connect(&k->connect, &k->back, (struct sockaddr *)&to, proxy_connected);
}

static inline void proxy_listen(struct proxy *p)
{
    struct sockaddr_in at;
    uv_tcp_init(&p->rig->loop, &p->listener);
    p->listener.data = p;
    uv_ip4_addr("127.0.0.1", p->port, &at);
    assert_int_equal(uv_tcp_bind(&p->listener, (struct sockaddr *)&at, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&p->listener, 128, proxy_accept), 0);
    p->listening = true;
}

static inline void proxy_start(struct proxy *p, struct rig *rig, bool before_sshd)
{
    p->rig = rig;
    p->port = (uint16_t)plat_random_free_port();
    p->behind = before_sshd ? rig->port : 0;
    proxy_listen(p);
}

static inline void proxy_unlisten(struct proxy *p)
{
    if (p->listening)
        uv_close((uv_handle_t *)&p->listener, NULL);
    p->listening = false;
}

static inline bool proxy_idle(void *arg)
{
    struct proxy *p = arg;
    return !p->open && uv_is_closing((uv_handle_t *)&p->listener);
}

static inline void proxy_stop(struct proxy *p)
{
    proxy_unlisten(p);
    proxy_drop_all(p);
    rig_until(p->rig, proxy_idle, p, 5000);
    rig_sleep(p->rig, 10);
}

#endif
