/*
 * A client that does its I/O outside of the callbacks, as programs with an event loop do: the callback keeps
 * the pointer that it was given and answers a want; the bytes are moved later, from or to that pointer; the
 * repeated verb must call back with the same pointer and no smaller size. Both ends work so, first over a
 * wire of one byte at a time, then over wires that take and give at random. Usage: captured PKI
 */
#include <tls.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(int good, const char* what) {
  if (good) return;
  fprintf(stderr, "captured: %s\n", what);
  exit(1);
}

struct direction {
  unsigned char bytes[1 << 16];
  size_t begin, end;
};

/* One kept pointer, and what happened to its bytes outside. */
struct request {
  unsigned char* at;
  size_t size, moved;
  int pending;
};

struct side {
  struct tls* ctx;
  struct request reading, writing;
  struct direction *in, *out;
  unsigned long kept;
};

static ssize_t keep(struct side* s, struct request* r, unsigned char* at, size_t size, int want) {
  if (!r->pending) {
    r->pending = 1;
    r->at = at;
    r->size = size;
    r->moved = 0;
    s->kept++;
    return want;
  }
  must(at == r->at, "the pointer has changed");
  must(size >= r->moved, "the size has shrunk");
  if (r->moved == 0) return want;
  r->pending = 0;
  return (ssize_t)r->moved;
}

static ssize_t read_later(struct tls* ctx, void* buf, size_t len, void* arg) {
  struct side* s = arg;
  must(ctx == s->ctx, "not the context of this connection");
  return keep(s, &s->reading, buf, len, TLS_WANT_POLLIN);
}

static ssize_t write_later(struct tls* ctx, const void* buf, size_t len, void* arg) {
  struct side* s = arg;
  must(ctx == s->ctx, "not the context of this connection");
  /* only read from */
  return keep(s, &s->writing, (unsigned char*)(size_t)buf, len, TLS_WANT_POLLOUT);
}

static unsigned long dice;

/* A number below this one. Knuth's generator, the same on every machine. */
static size_t below(size_t limit) {
  dice = dice * 6364136223846793005UL + 1442695040888963407UL;
  return (dice >> 33) % limit;
}

/* How many of so many bytes the wire moves now: one, or any number, none among them. */
static size_t portion(size_t most, int at_random) {
  if (!at_random) return most < 1 ? most : 1;
  if (below(3) == 0) return 0;
  return below(2) == 0 ? most : below(most + 1);
}

/* The event loop: moves bytes for each request that waits. */
static void outside(struct side* s, int at_random) {
  struct request *r = &s->reading, *w = &s->writing;
  if (r->pending && r->moved == 0) {
    size_t there = s->in->end - s->in->begin;
    r->moved = portion(there < r->size ? there : r->size, at_random);
    memcpy(r->at, s->in->bytes + s->in->begin, r->moved);
    s->in->begin += r->moved;
    if (s->in->begin == s->in->end) s->in->begin = s->in->end = 0;
  }
  if (w->pending && w->moved == 0) {
    w->moved = portion(w->size, at_random);
    must(s->out->end + w->moved <= sizeof s->out->bytes, "the wire is full");
    memcpy(s->out->bytes + s->out->end, w->at, w->moved);
    s->out->end += w->moved;
  }
}

enum { size_of_message = 3000 };

/* step does what a side has to do next; 1: it is done. */
struct task {
  struct side* side;
  int first; /* the client writes first, the server reads first */
  int phase;
  size_t done;
  unsigned char room[size_of_message];
};

static int step(struct task* t) {
  struct tls* ctx = t->side->ctx;
  ssize_t n;
  if (t->phase == 0) {
    n = tls_handshake(ctx);
    if (n == 0) t->phase = 1;
  } else if (t->phase == 3) {
    n = tls_close(ctx);
    if (n == 0) t->phase = 4;
  } else if ((t->phase == 1) == (t->first == 1)) {
    static unsigned char message[size_of_message];
    memset(message, 'm', sizeof message);
    n = tls_write(ctx, message + t->done, sizeof message - t->done);
    if (n > 0) t->done += (size_t)n;
  } else {
    n = tls_read(ctx, t->room + t->done, sizeof t->room - t->done);
    must(n != 0, "the end came too early");
    if (n > 0) t->done += (size_t)n;
  }
  if (n == -1) fprintf(stderr, "captured: %s\n", tls_error(ctx));
  must(n != -1, "a verb failed");
  must(n >= 0 || n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT, "an answer that is none");
  must(n != TLS_WANT_POLLIN || t->side->reading.pending, "a want that no callback asked for");
  must(n != TLS_WANT_POLLOUT || t->side->writing.pending, "a want that no callback asked for");
  if ((t->phase == 1 || t->phase == 2) && t->done == size_of_message) {
    t->phase++;
    t->done = 0;
  }
  return t->phase == 4;
}

/* 0: the engine lacks this version. */
static int meet(struct tls_config* c, struct tls_config* s, int at_random) {
  static struct direction up, down;
  struct side here, there;
  struct task a, b;
  struct tls* listener = tls_server();
  long turns = 0;
  int a_done = 0, b_done = 0;
  memset(&here, 0, sizeof here);
  memset(&there, 0, sizeof there);
  memset(&a, 0, sizeof a);
  memset(&b, 0, sizeof b);
  up.begin = up.end = down.begin = down.end = 0;
  here.in = there.out = &down;
  here.out = there.in = &up;
  here.ctx = tls_client();
  if (tls_configure(here.ctx, c) != 0) {
    printf("left out: %s\n", tls_error(here.ctx));
    tls_free(here.ctx);
    tls_free(listener);
    return 0;
  }
  must(tls_configure(listener, s) == 0, "cannot configure the server");
  must(tls_connect_cbs(here.ctx, read_later, write_later, &here, "localhost") == 0, "cannot connect");
  must(tls_accept_cbs(listener, &there.ctx, read_later, write_later, &there) == 0, "cannot accept");
  a.side = &here;
  a.first = 1;
  b.side = &there;
  while (!a_done || !b_done) {
    must(turns++ < 1000000, "it goes on for ever");
    if (!a_done && (!at_random || below(2))) a_done = step(&a);
    if (!b_done && (!at_random || below(2))) b_done = step(&b);
    outside(&here, at_random);
    outside(&there, at_random);
  }
  printf("%s: %lu buffers were kept\n", tls_conn_version(here.ctx), here.kept + there.kept);
  tls_free(here.ctx);
  tls_free(there.ctx);
  tls_free(listener);
  return 1;
}

int main(int argc, char** argv) {
  static const uint32_t versions[] = {TLS_PROTOCOL_TLSv1_2, TLS_PROTOCOL_TLSv1_3};
  char ca[4096], cert[4096], key[4096];
  const char* given;
  size_t i;
  int met = 0, round;
  must(argc == 2, "usage: captured PKI");
  given = getenv("STLS_SEED");
  dice = given != NULL ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
  printf("seed: repeat with STLS_SEED=%lu\n", dice);
  snprintf(ca, sizeof ca, "%s/ca.pem", argv[1]);
  snprintf(cert, sizeof cert, "%s/server.pem", argv[1]);
  snprintf(key, sizeof key, "%s/server.key", argv[1]);
  for (i = 0; i < 2; i++) {
    struct tls_config *c = tls_config_new(), *s = tls_config_new();
    must(tls_config_set_ca_file(c, ca) == 0, "ca");
    must(tls_config_set_keypair_file(s, cert, key) == 0, "keypair");
    must(tls_config_set_session_lifetime(s, 3600) == 0, "lifetime"); /* so that tickets come, too */
    must(tls_config_set_protocols(c, versions[i]) == 0, "protocols");
    if (meet(c, s, 0)) {
      met++;
      for (round = 0; round < 50; round++) meet(c, s, 1);
    }
    tls_config_free(c);
    tls_config_free(s);
  }
  must(met > 0, "no version at all");
  return 0;
}
