/*
 * Prints how a libtls behaves, a line for each trial, `group, trial: what came of it`. Built against stls's
 * libtls and against the system's; compare_behaviour holds the lines against each other, and makes the
 * staples. Usage: behaviour PKI STAPLES
 */
#include <tls.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char* pki;
static const char* staples;
static const char* group = "";

static const char* path(const char* name) {
  static char room[8][4096];
  static unsigned next;
  char* at = room[next++ % 8];
  snprintf(at, sizeof room[0], "%s/%s", pki, name);
  return at;
}

static void word(const char* name, const char* value) {
  printf("%s, %s: %s\n", group, name, value == NULL ? "(none)" : value);
}
static void number(const char* name, long value) { printf("%s, %s: %ld\n", group, name, value); }

static const char* staple(const char* name) {
  static char at[4096];
  snprintf(at, sizeof at, "%s/%s", staples, name);
  return at;
}

/* -- a wire in memory */

struct direction {
  char bytes[1 << 17];
  size_t begin, end;
  int finished;
};

struct end {
  struct direction *in, *out;
  int wanted; /* the last want that a callback answered */
};

static ssize_t read_end(struct tls* ctx, void* buf, size_t len, void* arg) {
  struct end* e = arg;
  struct direction* d = e->in;
  size_t there = d->end - d->begin;
  (void)ctx;
  if (there == 0) {
    if (d->finished) return 0;
    e->wanted = TLS_WANT_POLLIN;
    return TLS_WANT_POLLIN;
  }
  if (len > there) len = there;
  memcpy(buf, d->bytes + d->begin, len);
  d->begin += len;
  if (d->begin == d->end) d->begin = d->end = 0;
  return (ssize_t)len;
}

static ssize_t write_end(struct tls* ctx, const void* buf, size_t len, void* arg) {
  struct end* e = arg;
  struct direction* d = e->out;
  (void)ctx;
  if (len > sizeof d->bytes - d->end) {
    e->wanted = TLS_WANT_POLLOUT;
    return TLS_WANT_POLLOUT;
  }
  memcpy(d->bytes + d->end, buf, len);
  d->end += len;
  return (ssize_t)len;
}

/* -- a client and a server on it */

struct link {
  struct direction up, down;
  struct end here, there;
  struct tls *client, *listener, *server;
};

static struct tls_config* new_client(void) {
  struct tls_config* c = tls_config_new();
  tls_config_set_ca_file(c, path("ca.pem"));
  return c;
}

static struct tls_config* new_server(void) {
  struct tls_config* c = tls_config_new();
  tls_config_set_keypair_file(c, path("server.pem"), path("server.key"));
  return c;
}

/* Takes the configs, and frees them at once. */
static struct link* open_link(struct tls_config* c, struct tls_config* s, const char* name) {
  struct link* l = calloc(1, sizeof *l);
  l->here.in = l->there.out = &l->down;
  l->here.out = l->there.in = &l->up;
  l->client = tls_client();
  l->listener = tls_server();
  if (tls_configure(l->client, c) != 0 || tls_configure(l->listener, s) != 0 ||
      tls_connect_cbs(l->client, read_end, write_end, &l->here, name) != 0 ||
      tls_accept_cbs(l->listener, &l->server, read_end, write_end, &l->there) != 0) {
    const char* why = tls_error(l->client);
    fprintf(stderr, "behaviour: %s\n", why == NULL ? tls_error(l->listener) : why);
    exit(1);
  }
  tls_config_free(c);
  tls_config_free(s);
  return l;
}

static void free_link(struct link* l) {
  tls_free(l->client);
  tls_free(l->server);
  tls_free(l->listener);
  free(l);
}

static int is_want(ssize_t n) { return n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT; }

/* 0: both did it. */
static int shake(struct link* l) {
  int a = TLS_WANT_POLLIN, b = TLS_WANT_POLLIN, i;
  for (i = 0; i < 1000 && (is_want(a) || is_want(b)); i++) {
    if (is_want(a) && (a = tls_handshake(l->client)) == -1) l->up.finished = 1;
    if (is_want(b) && (b = tls_handshake(l->server)) == -1) l->down.finished = 1;
  }
  return a == 0 && b == 0 ? 0 : -1;
}

/* Reads until there is something else to tell than a want. */
static ssize_t read_some(struct tls* ctx, char* room, size_t size) {
  ssize_t n;
  int i = 0;
  do n = tls_read(ctx, room, size);
  while (is_want(n) && i++ < 10);
  return n;
}

/* -- trials */

static void protocols(void) {
  static const char* const words[] = {"tlsv1.0",
                                      "tlsv1.1",
                                      "tlsv1.2",
                                      "tlsv1.3",
                                      "TLSv1.2",
                                      "tlsv1.2,tlsv1.3",
                                      "tlsv1.2:tlsv1.3",
                                      "all",
                                      "legacy",
                                      "default",
                                      "secure",
                                      "tlsv1",
                                      "!tlsv1.2",
                                      "all:!tlsv1.3",
                                      " tlsv1.2",
                                      "tlsv1.2 ",
                                      "",
                                      "tlsv1.4",
                                      "tlsv1.2,",
                                      "!",
                                      "tlsv1.2,!tlsv1.2"};
  size_t i;
  for (i = 0; i < sizeof words / sizeof words[0]; i++) {
    uint32_t mask = 0;
    int answer = tls_config_parse_protocols(&mask, words[i]);
    printf("protocols, '%s': %d, %u\n", words[i], answer, answer == 0 ? mask : 0);
  }
}

static void setters(void) {
  struct tls_config* c = tls_config_new();
  unsigned char key[48] = {0};
  const unsigned char id[33] = {0};
  group = "setters";
  word("no error", tls_config_error(c));
  number("alpn", tls_config_set_alpn(c, "h2,http/1.1"));
  number("alpn with an empty item", tls_config_set_alpn(c, "h2,,http/1.1"));
  number("alpn with an empty end", tls_config_set_alpn(c, "h2,"));
  number("ciphers secure", tls_config_set_ciphers(c, "secure"));
  number("ciphers default", tls_config_set_ciphers(c, "default"));
  number("ciphers compat", tls_config_set_ciphers(c, "compat"));
  number("ciphers legacy", tls_config_set_ciphers(c, "legacy"));
  number("ciphers insecure", tls_config_set_ciphers(c, "insecure"));
  number("ciphers all", tls_config_set_ciphers(c, "all"));
  number("ciphers by name", tls_config_set_ciphers(c, "ECDHE-RSA-AES128-GCM-SHA256"));
  number("ciphers by an expression", tls_config_set_ciphers(c, "ECDHE+AESGCM:!aNULL"));
  number("ciphers unknown", tls_config_set_ciphers(c, "no-such-cipher"));
  number("dheparams none", tls_config_set_dheparams(c, "none"));
  number("dheparams auto", tls_config_set_dheparams(c, "auto"));
  number("dheparams legacy", tls_config_set_dheparams(c, "legacy"));
  number("dheparams NULL", tls_config_set_dheparams(c, NULL));
  number("dheparams unknown", tls_config_set_dheparams(c, "1024"));
  number("ecdhecurve none", tls_config_set_ecdhecurve(c, "none"));
  number("ecdhecurve auto", tls_config_set_ecdhecurve(c, "auto"));
  number("ecdhecurve NULL", tls_config_set_ecdhecurve(c, NULL));
  number("ecdhecurve P-256", tls_config_set_ecdhecurve(c, "P-256"));
  number("ecdhecurve prime256v1", tls_config_set_ecdhecurve(c, "prime256v1"));
  number("ecdhecurve two", tls_config_set_ecdhecurve(c, "P-256,P-384"));
  number("ecdhecurve unknown", tls_config_set_ecdhecurve(c, "no-such-curve"));
  number("ecdhecurves default", tls_config_set_ecdhecurves(c, "default"));
  number("ecdhecurves list", tls_config_set_ecdhecurves(c, "X25519,P-384"));
  number("ecdhecurves colons", tls_config_set_ecdhecurves(c, "X25519:P-384"));
  number("ecdhecurves unknown", tls_config_set_ecdhecurves(c, "X25519,no-such-curve"));
  number("lifetime 0", tls_config_set_session_lifetime(c, 0));
  number("lifetime 1", tls_config_set_session_lifetime(c, 1));
  number("lifetime an hour", tls_config_set_session_lifetime(c, 3600));
  number("lifetime a day", tls_config_set_session_lifetime(c, 86400));
  number("lifetime two days", tls_config_set_session_lifetime(c, 2 * 86400));
  number("lifetime negative", tls_config_set_session_lifetime(c, -1));
  number("session id", tls_config_set_session_id(c, id, 32));
  number("session id short", tls_config_set_session_id(c, id, 3));
  number("session id long", tls_config_set_session_id(c, id, 33));
  number("ticket key", tls_config_add_ticket_key(c, 1, key, 48));
  key[0] = 1;
  number("ticket key, the next", tls_config_add_ticket_key(c, 2, key, 48));
  number("ticket key, the newest again", tls_config_add_ticket_key(c, 2, key, 48));
  number("ticket key, an older one again", tls_config_add_ticket_key(c, 1, key, 48));
  number("ticket key short", tls_config_add_ticket_key(c, 3, key, 47));
  number("ca file that is not there", tls_config_set_ca_file(c, "/there is none"));
  number("key file that is not there", tls_config_set_key_file(c, "/there is none"));
  number("cert file that is not there", tls_config_set_cert_file(c, "/there is none"));
  number("session fd that is none", tls_config_set_session_fd(c, 999));
  number("session fd taken back", tls_config_set_session_fd(c, -1));
  number("is there a sentence", tls_config_error(c) != NULL);
  tls_config_free(c);
  tls_config_free(NULL);
}

static void order(void) {
  struct tls *client = tls_client(), *server = tls_server();
  struct tls* accepted = NULL;
  struct tls_config *c = new_client(), *s = new_server();
  char byte = 0;
  group = "order";
  tls_configure(client, c);
  tls_configure(server, s);
  number("handshake of a client before connect", tls_handshake(client));
  number("handshake of a server", tls_handshake(server));
  number("read of a client before connect", tls_read(client, &byte, 1));
  number("write of a client before connect", tls_write(client, &byte, 1));
  number("close of a server", tls_close(server));
  number("connect of a server", tls_connect_cbs(server, read_end, write_end, NULL, "localhost"));
  number("accept of a client", tls_accept_cbs(client, &accepted, read_end, write_end, NULL));
  number("connect without a name", tls_connect_cbs(client, read_end, write_end, NULL, NULL));
  word("version before the handshake", tls_conn_version(client));
  word("cipher before the handshake", tls_conn_cipher(client));
  word("alpn before the handshake", tls_conn_alpn_selected(client));
  word("servername before the handshake", tls_conn_servername(client));
  word("subject before the handshake", tls_peer_cert_subject(client));
  word("hash before the handshake", tls_peer_cert_hash(client));
  number("notafter before the handshake", (long)tls_peer_cert_notafter(client));
  number("peer before the handshake", tls_peer_cert_provided(client));
  number("name before the handshake", tls_peer_cert_contains_name(client, "localhost"));
  number("ocsp before the handshake", tls_peer_ocsp_cert_status(client));
  word("ocsp result before the handshake", tls_peer_ocsp_result(client));
  tls_free(client);
  tls_free(server);
  tls_config_free(c);
  tls_config_free(s);
  tls_free(NULL);
}

static void conversation(uint32_t versions, const char* title) {
  struct tls_config *c = new_client(), *s = new_server();
  struct link* l;
  char room[64];
  ssize_t n;
  tls_config_set_protocols(c, versions);
  tls_config_set_alpn(c, "h2,http/1.1");
  tls_config_set_alpn(s, "http/1.1,h2");
  l = open_link(c, s, "localhost");
  group = title;
  number("handshake", shake(l));
  number("handshake again", tls_handshake(l->client));
  word("version", tls_conn_version(l->client));
  word("alpn", tls_conn_alpn_selected(l->client));
  word("alpn of the server", tls_conn_alpn_selected(l->server));
  word("servername at the server", tls_conn_servername(l->server));
  word("servername at the client", tls_conn_servername(l->client));
  number("resumed", tls_conn_session_resumed(l->client));
  number("peer of the client", tls_peer_cert_provided(l->client));
  number("peer of the server", tls_peer_cert_provided(l->server));
  word("subject", tls_peer_cert_subject(l->client));
  word("hash", tls_peer_cert_hash(l->client));
  number("notafter", (long)tls_peer_cert_notafter(l->client));
  number("name in the certificate", tls_peer_cert_contains_name(l->client, "localhost"));
  number("name by a wildcard", tls_peer_cert_contains_name(l->client, "a.wild.example"));
  number("name two labels deep", tls_peer_cert_contains_name(l->client, "a.b.wild.example"));
  number("address in the certificate", tls_peer_cert_contains_name(l->client, "127.0.0.1"));
  number("another address", tls_peer_cert_contains_name(l->client, "127.0.0.2"));
  number("name of another", tls_peer_cert_contains_name(l->client, "other.example"));
  number("ocsp status without a staple", tls_peer_ocsp_cert_status(l->client));
  errno = EBADF;
  number("write", tls_write(l->client, "hello", 5));
  number("errno afterwards", errno);
  number("read", read_some(l->server, room, sizeof room));
  n = tls_read(l->server, room, sizeof room);
  number("read with nothing there", n);
  number("a callback asked for that", l->there.wanted == (int)n);
  number("close", tls_close(l->client));
  number("read at the end", read_some(l->server, room, sizeof room));
  number("read at the end again", tls_read(l->server, room, sizeof room));
  number("close of the other side", tls_close(l->server));
  free_link(l);
}

static void nothing_written(void) {
  struct link* l = open_link(new_client(), new_server(), "localhost");
  group = "nothing written";
  shake(l);
  number("write of no bytes", tls_write(l->client, "", 0));
  number("close", tls_close(l->client));
  free_link(l);
}

static void cut(void) {
  struct link* l = open_link(new_client(), new_server(), "localhost");
  char room[8];
  group = "an end without close_notify";
  shake(l);
  tls_write(l->client, "hello", 5);
  l->up.finished = 1;
  number("read before it", read_some(l->server, room, sizeof room));
  number("read at it", read_some(l->server, room, sizeof room));
  number("close", tls_close(l->server));
  number("close told why", tls_error(l->server) != NULL);
  free_link(l);
}

static void refusal(const char* title, struct tls_config* c, struct tls_config* s, const char* name) {
  struct link* l = open_link(c, s, name);
  char room[8];
  int shaken = shake(l);
  /* Under TLS 1.3 a client learns by its first read that its certificate was refused. */
  ssize_t n = shaken == 0 ? tls_write(l->server, "x", 1) : -1;
  if (n == 1) n = read_some(l->client, room, sizeof room);
  word(title, n == 1 ? "connected" : "refused");
  free_link(l);
}

static void verification(void) {
  struct tls_config *c, *s;
  group = "verification";
  refusal("good", new_client(), new_server(), "localhost");
  refusal("by address", new_client(), new_server(), "127.0.0.1");
  refusal("other name", new_client(), new_server(), "other.example");
  c = new_client();
  tls_config_insecure_noverifyname(c);
  refusal("other name, not verified", c, new_server(), "other.example");
  c = tls_config_new();
  tls_config_set_ca_file(c, path("ca2.pem"));
  refusal("other root", c, new_server(), "localhost");
  c = tls_config_new();
  tls_config_set_ca_file(c, path("ca2.pem"));
  tls_config_insecure_noverifycert(c);
  refusal("other root, not verified", c, new_server(), "localhost");
  s = tls_config_new();
  tls_config_set_keypair_file(s, path("expired.pem"), path("expired.key"));
  refusal("expired", new_client(), s, "localhost");
  c = new_client();
  tls_config_insecure_noverifytime(c);
  s = tls_config_new();
  tls_config_set_keypair_file(s, path("expired.pem"), path("expired.key"));
  refusal("expired, not verified", c, s, "localhost");
  c = new_client();
  tls_config_set_crl_file(c, path("crl.pem"));
  s = tls_config_new();
  tls_config_set_keypair_file(s, path("revoked.pem"), path("revoked.key"));
  refusal("revoked", c, s, "localhost");
  s = new_server();
  tls_config_set_ca_file(s, path("ca.pem"));
  tls_config_verify_client(s);
  refusal("client without a certificate", new_client(), s, "localhost");
  c = new_client();
  tls_config_set_keypair_file(c, path("client.pem"), path("client.key"));
  s = new_server();
  tls_config_set_ca_file(s, path("ca.pem"));
  tls_config_verify_client(s);
  refusal("client with a certificate", c, s, "localhost");
  s = new_server();
  tls_config_set_ca_file(s, path("ca.pem"));
  tls_config_verify_client_optional(s);
  refusal("client without an optional certificate", new_client(), s, "localhost");
  c = new_client();
  tls_config_set_alpn(c, "h2");
  s = new_server();
  tls_config_set_alpn(s, "http/1.1");
  refusal("no common protocol", c, s, "localhost");
  c = new_client();
  tls_config_set_protocols(c, TLS_PROTOCOL_TLSv1_2);
  s = new_server();
  tls_config_set_protocols(s, TLS_PROTOCOL_TLSv1_3);
  refusal("no common version", c, s, "localhost");
  c = new_client();
  tls_config_set_ecdhecurve(c, "none");
  refusal("no curve", c, new_server(), "localhost");
}

static void must(int good, const char* what) {
  if (good) return;
  perror(what);
  exit(1);
}

static void unblock(int fd) { must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0, "fcntl"); }

/* Both ends are on descriptors that do not block, and wait for them where both want. */
static void talk(struct tls* client, struct tls* server, int client_reads, int server_reads) {
  char room[64];
  ssize_t a = TLS_WANT_POLLIN, b = TLS_WANT_POLLIN;
  struct pollfd soon = {client_reads, POLLIN, 0};
  struct pollfd there = {server_reads, POLLIN, 0};
  int i;
  for (i = 0; i < 1000 && (is_want(a) || is_want(b)); i++) {
    if (is_want(a)) a = tls_handshake(client);
    if (is_want(b)) b = tls_handshake(server);
    if (is_want(a)) poll(&soon, 1, 10);
  }
  number("handshake of the client", a);
  number("handshake of the server", b);
  number("write", tls_write(client, "hello", 5));
  for (i = 0, b = TLS_WANT_POLLIN; i < 1000 && is_want(b); i++) {
    b = tls_read(server, room, sizeof room);
    if (is_want(b)) poll(&there, 1, 10);
  }
  number("read", b);
  number("write back", tls_write(server, "you too", 7));
  for (i = 0, a = TLS_WANT_POLLIN; i < 1000 && is_want(a); i++) {
    a = tls_read(client, room, sizeof room);
    if (is_want(a)) poll(&soon, 1, 10);
  }
  number("read back", a);
  number("close of the client", tls_close(client));
  for (i = 0, b = TLS_WANT_POLLIN; i < 1000 && is_want(b); i++) {
    b = tls_read(server, room, sizeof room);
    if (is_want(b)) poll(&there, 1, 10);
  }
  number("read at the end", b);
  number("close of the server", tls_close(server));
}

static struct tls* configured(struct tls* ctx, struct tls_config* config) {
  must(tls_configure(ctx, config) == 0, "configure");
  tls_config_free(config);
  return ctx;
}

/* Two pipes: what is read from is not what is written to. */
static void pipes(void) {
  struct tls *client = configured(tls_client(), new_client()),
             *listener = configured(tls_server(), new_server());
  struct tls* server = NULL;
  int up[2], down[2], i;
  group = "two pipes";
  must(pipe(up) == 0 && pipe(down) == 0, "pipe");
  for (i = 0; i < 2; i++) {
    unblock(up[i]);
    unblock(down[i]);
  }
  number("connect", tls_connect_fds(client, down[0], up[1], "localhost"));
  number("accept", tls_accept_fds(listener, &server, up[0], down[1]));
  talk(client, server, down[0], up[0]);
  for (i = 0; i < 2; i++) number("the caller's descriptors are still open", close(up[i]) + close(down[i]));
  tls_free(client);
  tls_free(server);
  tls_free(listener);
}

static void sockets(void) {
  struct tls *client = configured(tls_client(), new_client()),
             *listener = configured(tls_server(), new_server());
  struct tls* server = NULL;
  int pair[2];
  group = "a socket";
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
  unblock(pair[0]);
  unblock(pair[1]);
  number("connect", tls_connect_socket(client, pair[0], "localhost"));
  number("accept", tls_accept_socket(listener, &server, pair[1]));
  talk(client, server, pair[0], pair[1]);
  number("the caller's sockets are still open", close(pair[0]) + close(pair[1]));
  tls_free(client);
  tls_free(server);
  tls_free(listener);
}

/* tls_connect and tls_connect_servername resolve, connect, and own the socket. */
static void addresses(void) {
  struct sockaddr_in at;
  socklen_t size = sizeof at;
  char port[16], both[64];
  struct tls* client;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  group = "an address";
  memset(&at, 0, sizeof at);
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(fd >= 0 && bind(fd, (struct sockaddr*)&at, size) == 0 && listen(fd, 8) == 0, "listen");
  must(getsockname(fd, (struct sockaddr*)&at, &size) == 0, "getsockname");
  snprintf(port, sizeof port, "%d", ntohs(at.sin_port));
  snprintf(both, sizeof both, "127.0.0.1:%s", port);
  client = configured(tls_client(), new_client());
  number("host and port", tls_connect(client, "127.0.0.1", port));
  number("connected twice", tls_connect(client, "127.0.0.1", port));
  tls_free(client);
  client = configured(tls_client(), new_client());
  number("both in one word", tls_connect(client, both, NULL));
  tls_free(client);
  client = configured(tls_client(), new_client());
  number("with another name", tls_connect_servername(client, "127.0.0.1", port, "localhost"));
  tls_free(client);
  client = configured(tls_client(), new_client());
  number("without a port", tls_connect(client, "127.0.0.1", NULL));
  number("without a host", tls_connect(client, NULL, port));
  number("a port that is none", tls_connect(client, "127.0.0.1", "no-such-service"));
  number("an address that is none", tls_connect(client, "256.0.0.1.", port));
  close(fd);
  number("nobody listens", tls_connect(client, "127.0.0.1", port));
  number("told why", tls_error(client) != NULL);
  tls_free(client);
}

static void ocsp(const char* title, const char* response, int required) {
  /* An original libtls takes no staple for a certificate that does not say where OCSP is. */
  struct tls_config *c = new_client(), *s = tls_config_new();
  struct link* l;
  group = title;
  tls_config_set_keypair_file(s, path("server-ocsp-url.pem"), path("server-ocsp-url.key"));
  if (response != NULL) must(tls_config_set_ocsp_staple_file(s, staple(response)) == 0, "staple");
  if (required) tls_config_ocsp_require_stapling(c);
  l = open_link(c, s, "localhost");
  number("handshake", shake(l));
  if (tls_conn_version(l->client) != NULL) {
    number("response status", tls_peer_ocsp_response_status(l->client));
    number("certificate status", tls_peer_ocsp_cert_status(l->client));
    number("reason", tls_peer_ocsp_crl_reason(l->client));
    number("this update", (long)tls_peer_ocsp_this_update(l->client));
    number("next update", (long)tls_peer_ocsp_next_update(l->client));
    number("revocation time", (long)tls_peer_ocsp_revocation_time(l->client));
    word("result", tls_peer_ocsp_result(l->client));
    word("url", tls_peer_ocsp_url(l->client));
  }
  free_link(l);
}

static void keypairs(void) {
  static const char* const names[] = {"localhost", "x.a.example", "b.example"};
  size_t i;
  group = "keypairs";
  for (i = 0; i < 3; i++) {
    struct tls_config* s = new_server();
    struct link* l;
    tls_config_add_keypair_file(s, path("server-a.pem"), path("server-a.key"));
    tls_config_add_keypair_file(s, path("server-b.pem"), path("server-b.key"));
    l = open_link(new_client(), s, names[i]);
    shake(l);
    number(names[i], tls_peer_cert_contains_name(l->client, names[i]));
    free_link(l);
  }
}

static void files(void) {
  char secret[] = "secret", wrong[] = "wrong";
  size_t size = 0;
  uint8_t* content = tls_load_file(path("server.pem"), &size, NULL);
  group = "files";
  number("load", content != NULL);
  number("size", (long)size);
  tls_unload_file(content, size);
  content = tls_load_file(path("server-encrypted.key"), &size, secret);
  number("load with a password", content != NULL);
  tls_unload_file(content, size);
  content = tls_load_file(path("server-encrypted.key"), &size, wrong);
  number("load with a wrong password", content != NULL);
  content = tls_load_file("/there is none", &size, NULL);
  number("load what is not there", content != NULL);
}

static void session_file(uint32_t versions, const char* title) {
  char name[] = "/tmp/behaviour-XXXXXX";
  int fd = mkstemp(name), i;
  struct tls_config* s = new_server();
  struct tls* listener = tls_server();
  tls_config_set_session_lifetime(s, 3600);
  tls_configure(listener, s);
  tls_config_free(s);
  group = title;
  for (i = 0; i < 2; i++) {
    struct tls_config* c = new_client();
    struct link* l;
    char room[8];
    tls_config_set_protocols(c, versions);
    tls_config_set_session_fd(c, fd);
    l = open_link(c, new_server(), "localhost");
    tls_free(l->server);
    tls_accept_cbs(listener, &l->server, read_end, write_end, &l->there);
    shake(l);
    tls_write(l->server, "hello", 5);
    read_some(l->client, room, sizeof room);
    number(i == 0 ? "the first is resumed" : "the second is resumed", tls_conn_session_resumed(l->client));
    tls_close(l->client);
    free_link(l);
  }
  tls_free(listener);
  close(fd);
  unlink(name);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  pki = argv[1];
  staples = argv[2];
  group = "start";
  number("init", tls_init());
  protocols();
  setters();
  order();
  conversation(TLS_PROTOCOL_TLSv1_2, "TLS 1.2");
  conversation(TLS_PROTOCOL_TLSv1_3, "TLS 1.3");
  nothing_written();
  cut();
  pipes();
  sockets();
  addresses();
  verification();
  ocsp("no staple", NULL, 0);
  ocsp("no staple where one is required", NULL, 1);
  ocsp("a good staple", "good", 1);
  ocsp("a staple that revokes", "revoked", 0);
  ocsp("a staple that revokes where one is required", "revoked", 1);
  ocsp("a staple of another certificate where one is required", "other", 1);
  keypairs();
  files();
  session_file(TLS_PROTOCOL_TLSv1_2, "session file, TLS 1.2");
  session_file(TLS_PROTOCOL_TLSv1_3, "session file, TLS 1.3");
  return fflush(stdout) == 0 ? 0 : 1;
}
