// links: BearSSL::BearSSL
//
// BearSSL as its manual and its samples have it: a context for each connection, made by init_full, which
// takes the fastest code that the processor can run; the engine that is called X.509 minimal; a cache of
// sessions on the server, the parameters of the last session on the client.
#include "support/bearssl_files.hpp"
#include "support/pipe.hpp"
#include "support/serve.hpp"

#include <bearssl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

using bench::agreed;
using bench::failure;
using bench::roots;

// end is one side's view of the link.
struct end {
  bench::pipe& in;
  bench::pipe& out;
};

[[noreturn]] void fail(const br_ssl_engine_context& tls, const char* verb) {
  throw failure(std::string(verb) + ": BearSSL's error " + std::to_string(br_ssl_engine_last_error(&tls)));
}

void send_records(br_ssl_engine_context& tls, end& e) {
  std::size_t size = 0;
  while (const unsigned char* record = br_ssl_engine_sendrec_buf(&tls, &size)) {
    const std::size_t n = e.out.write(std::as_bytes(std::span(record, size)));
    if (n == 0) throw failure("the pipe is full");
    br_ssl_engine_sendrec_ack(&tls, n);
  }
}

// receive takes what BearSSL asks for, which is a part of one record. False: nothing is there.
bool receive(br_ssl_engine_context& tls, end& e) {
  std::size_t size = 0;
  unsigned char* into = br_ssl_engine_recvrec_buf(&tls, &size);
  if (into == nullptr) fail(tls, "receive");
  const std::size_t n = e.in.read(std::as_writable_bytes(std::span(into, size)));
  if (n != 0) br_ssl_engine_recvrec_ack(&tls, n);
  return n != 0;
}

// done goes on with a handshake until it is done or the other side has the word.
bool done(br_ssl_engine_context& tls, end& e) {
  for (;;) {
    send_records(tls, e);
    const unsigned now_can = br_ssl_engine_current_state(&tls);
    if ((now_can & BR_SSL_CLOSED) != 0) fail(tls, "handshake");
    if ((now_can & BR_SSL_SENDAPP) != 0) return true;
    if (!receive(tls, e)) return false;
  }
}

// What each connection has for itself.
struct client_side {
  br_ssl_client_context tls;
  br_x509_minimal_context judge;
  std::array<unsigned char, BR_SSL_BUFSIZE_BIDI> buffer;
};
struct server_side {
  br_ssl_server_context tls;
  std::array<unsigned char, BR_SSL_BUFSIZE_BIDI> buffer;
};

class bearssl_peer {
 public:
  static constexpr bench::terms keeps = bench::tls_1_2;

  explicit bearssl_peer(const bench::material& files)
      : one_(files.ca), system_(files.system), keypair_(files.cert, files.key) {
    br_ssl_session_cache_lru_init(&cache_, cache_memory_.data(), cache_memory_.size());
  }

  static std::string version() { return "BearSSL"; }  // its headers tell no number

  agreed handshake(roots r, const char* servername) {
    return connect(r == roots::one ? one_ : system_, servername, nullptr);
  }

  bool resumes() {
    connect(one_, "localhost", nullptr);
    br_ssl_engine_get_session_parameters(&client_->tls.eng, &session_);
    return session_.session_id_len != 0;
  }

  agreed resume() {
    const agreed is = connect(one_, "localhost", &session_);
    br_ssl_engine_get_session_parameters(&client_->tls.eng, &session_);
    return is;
  }

  void write(std::span<const std::byte> from) {
    br_ssl_engine_context& tls = client_->tls.eng;
    while (!from.empty()) {
      std::size_t room = 0;
      unsigned char* into = br_ssl_engine_sendapp_buf(&tls, &room);
      if (into == nullptr) fail(tls, "write");
      const std::size_t n = std::min(room, from.size());
      std::memcpy(into, from.data(), n);
      br_ssl_engine_sendapp_ack(&tls, n);
      br_ssl_engine_flush(&tls, 0);
      send_records(tls, client_end_);
      from = from.subspan(n);
    }
  }

  void read(std::span<std::byte> into) {
    br_ssl_engine_context& tls = server_->tls.eng;
    while (!into.empty()) {
      std::size_t size = 0;
      if (const unsigned char* there = br_ssl_engine_recvapp_buf(&tls, &size)) {
        const std::size_t n = std::min(size, into.size());
        std::memcpy(into.data(), there, n);
        br_ssl_engine_recvapp_ack(&tls, n);
        into = into.subspan(n);
      } else if (!receive(tls, server_end_)) {
        throw failure("read: the message is not whole");
      }
    }
  }

  static void idle() {}  // a context keeps its buffers
  void drop_client() { client_.reset(); }

 private:
  static void hold_to_terms(br_ssl_engine_context& tls) {
    constexpr std::uint16_t suite = BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    br_ssl_engine_set_versions(&tls, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(&tls, &suite, 1);
    // Of the curves, X25519 is taken without a word.
  }

  agreed connect(const bench::bearssl_roots& trusted, const char* servername,
                 const br_ssl_session_parameters* offered) {
    link_->clear();
    client_ = std::make_unique_for_overwrite<client_side>();
    br_ssl_client_context& client = client_->tls;
    br_ssl_client_init_full(&client, &client_->judge, trusted.anchors().data(), trusted.anchors().size());
    hold_to_terms(client.eng);
    br_ssl_engine_set_buffer(&client.eng, client_->buffer.data(), client_->buffer.size(), 1);
    if (offered != nullptr) br_ssl_engine_set_session_parameters(&client.eng, offered);
    if (br_ssl_client_reset(&client, servername, offered != nullptr ? 1 : 0) == 0) fail(client.eng, "reset");

    server_ = std::make_unique_for_overwrite<server_side>();
    br_ssl_server_context& server = server_->tls;
    keypair_.init_full(server);
    hold_to_terms(server.eng);
    br_ssl_server_set_cache(&server, &cache_.vtable);
    br_ssl_engine_set_buffer(&server.eng, server_->buffer.data(), server_->buffer.size(), 1);
    if (br_ssl_server_reset(&server) == 0) fail(server.eng, "reset");

    bool client_done = false;
    bool server_done = false;
    for (int turn = 0; !client_done || !server_done; ++turn) {
      if (turn > 10) throw failure("handshake: no end");
      if (!client_done) client_done = done(client.eng, client_end_);
      if (!server_done) server_done = done(server.eng, server_end_);
    }
    const br_ssl_session_parameters& is = client.eng.session;
    const bool suite_kept = is.cipher_suite == BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    return {.verified = true,  // or the handshake had failed; that it does is proven at the start
            .version = is.version == BR_TLS12 ? keeps.version : "another",
            .cipher = suite_kept ? keeps.cipher : "another",
            .group = group_of(client.eng),
            .resumed = offered != nullptr && is.session_id_len == offered->session_id_len &&
                       std::memcmp(is.session_id, offered->session_id, is.session_id_len) == 0};
  }

  static const char* group_of(br_ssl_engine_context& tls) {
    const int curve = br_ssl_engine_get_ecdhe_curve(&tls);
    return curve == BR_EC_curve25519 ? "X25519" : curve == 0 ? "" : "another";
  }

  bench::bearssl_roots one_;
  bench::bearssl_roots system_;
  bench::bearssl_keypair keypair_;
  // Of each session 100 bytes; stls keeps as many on a server.
  std::vector<unsigned char> cache_memory_ = std::vector<unsigned char>(std::size_t{1024} * 100);
  br_ssl_session_cache_lru cache_{};
  br_ssl_session_parameters session_{};
  std::unique_ptr<bench::link> link_ = std::make_unique<bench::link>();
  end client_end_{link_->to_client, link_->to_server};
  end server_end_{link_->to_server, link_->to_client};
  std::unique_ptr<client_side> client_;
  std::unique_ptr<server_side> server_;
};

}  // namespace

int main(int argc, char** argv) { return bench::serve<bearssl_peer>(argc, argv); }
