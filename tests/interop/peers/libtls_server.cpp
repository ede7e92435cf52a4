// links: pkg:libtls OpenSSL::SSL
//
// A server of LibreTLS: libtls's API, and its own tickets, on OpenSSL. In a program of its own, since stls
// may bring a libtls too.
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <tls.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "serve.hpp"

namespace {

struct deleter {
  void operator()(tls* p) const { tls_free(p); }
  void operator()(tls_config* p) const { tls_config_free(p); }
};
using tls_ptr = std::unique_ptr<tls, deleter>;
using config_ptr = std::unique_ptr<tls_config, deleter>;

void must(bool done, const char* why) {
  if (!done) throw std::runtime_error(why == nullptr ? "libtls failed" : why);
}

// With the word mend=yes its tickets are sent. LibreTLS 3.7 answers OpenSSL's question for a ticket's key as
// LibreSSL has it, where 0 is success; OpenSSL takes that for "no ticket", and the client gets an empty one.
bool mending = false;
using ticket_callback = int (*)(SSL*, unsigned char*, unsigned char*, EVP_CIPHER_CTX*, HMAC_CTX*, int);
ticket_callback original = nullptr;

int mended(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* mac,
           int sealing) {
  const int answer = original(ssl, name, iv, cipher, mac, sealing);
  return sealing == 1 && answer == 0 ? 1 : answer;
}

class libtls_server {
 public:
  explicit libtls_server(const words& given) {
    mending = given["mend"] == "yes";
    const config_ptr config(tls_config_new());
    tls_config* const c = config.get();
    const std::string session_id = given["session_id"];
    std::string key = given.bytes("ticket_key");
    std::uint32_t versions = 0;
    must(tls_config_parse_protocols(&versions, given["protocols"].c_str()) == 0, "protocols");
    must(tls_config_set_protocols(c, versions) == 0 &&
             tls_config_set_keypair_file(c, given["cert"].c_str(), given["key"].c_str()) == 0 &&
             tls_config_set_session_id(c, reinterpret_cast<const unsigned char*>(session_id.data()),
                                       session_id.size()) == 0 &&
             tls_config_set_session_lifetime(c, static_cast<int>(given.number("lifetime"))) == 0 &&
             tls_config_add_ticket_key(c, given.number("keyrev"),
                                       reinterpret_cast<unsigned char*>(key.data()), key.size()) == 0,
         tls_config_error(c));
    server_.reset(tls_server());
    must(server_ && tls_configure(server_.get(), c) == 0, tls_error(server_.get()));
  }

  bool meet(int socket) {
    tls* accepted = nullptr;
    must(tls_accept_socket(server_.get(), &accepted, socket) == 0, tls_error(server_.get()));
    const tls_ptr conn(accepted);
    must(tls_handshake(accepted) == 0, tls_error(accepted));
    const bool resumed = tls_conn_session_resumed(accepted) == 1;
    const std::string_view word = word_of(resumed);
    must(tls_write(accepted, word.data(), word.size()) == static_cast<ssize_t>(word.size()),
         tls_error(accepted));
    must(tls_close(accepted) == 0, tls_error(accepted));
    return resumed;
  }

 private:
  tls_ptr server_;
};

}  // namespace

// This program's definition stands before libssl's own, for libtls too.
extern "C" long SSL_CTX_callback_ctrl(SSL_CTX* ctx, int what, void (*callback)(void)) {
  static const auto real =
      reinterpret_cast<decltype(&SSL_CTX_callback_ctrl)>(::dlsym(RTLD_NEXT, "SSL_CTX_callback_ctrl"));
  if (!mending || what != SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB) return real(ctx, what, callback);
  original = reinterpret_cast<ticket_callback>(callback);
  return real(ctx, what, reinterpret_cast<void (*)(void)>(&mended));
}

int main(int argc, char** argv) { return serve<libtls_server>(argc, argv); }
