#include "support/raw_peer.hpp"

#include "support/expect.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>

namespace stls::test {
namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using ctx_ptr = std::unique_ptr<SSL_CTX, freer<&SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freer<&SSL_free>>;
using x509_ptr = std::unique_ptr<X509, freer<&X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freer<&EVP_PKEY_free>>;
using key_ctx_ptr = std::unique_ptr<EVP_PKEY_CTX, freer<&EVP_PKEY_CTX_free>>;
using params_ptr = std::unique_ptr<OSSL_PARAM, freer<&OSSL_PARAM_free>>;
using bio_ptr = std::unique_ptr<BIO, freer<&BIO_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freer<&X509_EXTENSION_free>>;

// The names of RFC 8446 section 6.2 and RFC 5246 section 7.2, by themselves: stls's own are under test.
std::string name_of_alert(int alert) {
  constexpr std::array<std::pair<int, const char*>, 28> names = {{{0, "close_notify"},
                                                                  {10, "unexpected_message"},
                                                                  {20, "bad_record_mac"},
                                                                  {22, "record_overflow"},
                                                                  {40, "handshake_failure"},
                                                                  {42, "bad_certificate"},
                                                                  {43, "unsupported_certificate"},
                                                                  {44, "certificate_revoked"},
                                                                  {45, "certificate_expired"},
                                                                  {46, "certificate_unknown"},
                                                                  {47, "illegal_parameter"},
                                                                  {48, "unknown_ca"},
                                                                  {49, "access_denied"},
                                                                  {50, "decode_error"},
                                                                  {51, "decrypt_error"},
                                                                  {70, "protocol_version"},
                                                                  {71, "insufficient_security"},
                                                                  {80, "internal_error"},
                                                                  {86, "inappropriate_fallback"},
                                                                  {90, "user_canceled"},
                                                                  {100, "no_renegotiation"},
                                                                  {109, "missing_extension"},
                                                                  {110, "unsupported_extension"},
                                                                  {112, "unrecognized_name"},
                                                                  {113, "bad_certificate_status_response"},
                                                                  {115, "unknown_psk_identity"},
                                                                  {116, "certificate_required"},
                                                                  {120, "no_application_protocol"}}};
  for (const auto& [number, name] : names) {
    if (number == alert) return name;
  }
  return "alert " + std::to_string(alert);
}

std::string openssl_error() {
  const auto code = ERR_peek_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "libssl failed" : std::string("libssl: ") + reason;
}

bio_ptr bio_of(std::string_view text) {
  return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<x509_ptr> parse_certificates(std::string_view pem_text) {
  std::vector<x509_ptr> all;
  const auto in = bio_of(pem_text);
  while (X509* const one = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
  ERR_clear_error();
  return all;
}

key_ptr parse_key(std::string_view pem_text) {
  return key_ptr(PEM_read_bio_PrivateKey(bio_of(pem_text).get(), nullptr, nullptr, nullptr));
}

template <class Write>
std::string pem_of(Write write) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  write(out.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string alpn_wire(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    out.push_back(static_cast<char>(item.size()));
    out += item;
  }
  return out;
}

// lend makes libssl believe that this is the certificate's key: the object gets its public half, while the
// bytes that are sent stay what they are. So a peer can show what is not its own, or what libssl could not
// sign with.
bool lend(EVP_PKEY* key, X509* certificate) {
  EVP_PKEY* inside = X509_get0_pubkey(certificate);
  if (inside == nullptr || EVP_PKEY_eq(inside, key) == 1) return inside != nullptr;
  OSSL_PARAM* raw = nullptr;
  if (EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &raw) != 1) return false;
  const params_ptr params(raw);
  const key_ctx_ptr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return EVP_PKEY_fromdata_init(context.get()) == 1 &&
         EVP_PKEY_fromdata(context.get(), &inside, EVP_PKEY_PUBLIC_KEY, params.get()) == 1 &&
         EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;
}

}  // namespace

struct raw_peer::body {
  body(pipe_end& w, const raw_options& o) : wire(w), opt(o), answer(o.alpn.empty() ? "" : o.alpn.front()) {}

  void set_up();
  void set_up_ssl();
  void flush();
  template <class Call>
  io_result run(Call call);

  static void on_info(const SSL* ssl, int where, int value);
  static void on_message(int writing, int version, int type, const void* data, std::size_t size, SSL*,
                         void* self);
  static int on_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
                     void* self);
  static int on_status(SSL*, void* self);
  static int accept_all(int, X509_STORE_CTX*) { return 1; }

  pipe_end& wire;
  raw_options opt;
  std::string answer;
  ctx_ptr ctx;
  ssl_ptr ssl;
  std::vector<std::string> alerts;
  std::size_t handshakes = 0;
  std::size_t key_updates = 0;
  std::size_t moved = 0;
  bool asked_for_staple = false;
  std::string failure;
};

void raw_peer::body::set_up() {
  ctx.reset(SSL_CTX_new(TLS_method()));
  if (opt.ciphers.empty()) {
    set_up_ssl();  // libssl with its defaults, openssl.cnf's
    return;
  }
  SSL_CTX_set_security_level(ctx.get(), 0);
  SSL_CTX_clear_options(ctx.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_options(ctx.get(), SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
  ASSERT_EQ(SSL_CTX_set_min_proto_version(ctx.get(), opt.min_version), 1);
  ASSERT_EQ(SSL_CTX_set_max_proto_version(ctx.get(), opt.max_version), 1);
  ASSERT_EQ(SSL_CTX_set_cipher_list(ctx.get(), opt.ciphers.c_str()), 1) << openssl_error();
  if (!opt.dh_params.empty()) {
    const std::unique_ptr<BIO, void (*)(BIO*)> pem(
        BIO_new_mem_buf(opt.dh_params.data(), static_cast<int>(opt.dh_params.size())), BIO_free_all);
    // It takes the parameters over.
    ASSERT_EQ(SSL_CTX_set0_tmp_dh_pkey(ctx.get(), PEM_read_bio_Parameters(pem.get(), nullptr)), 1)
        << openssl_error();
  }
  if (!opt.groups.empty()) {
    ASSERT_EQ(SSL_CTX_set1_groups_list(ctx.get(), opt.groups.c_str()), 1) << openssl_error();
  }
  if (!opt.client_signatures.empty()) {
    ASSERT_EQ(SSL_CTX_set1_client_sigalgs_list(ctx.get(), opt.client_signatures.c_str()), 1)
        << openssl_error();
  }

  const bool server = opt.end == role::server;
  if (opt.certificate.empty() && opt.cert_pem.empty() && server) opt.certificate = "server";
  if (!opt.certificate.empty()) {
    opt.cert_pem = pki::read(pki::path(opt.certificate + ".pem"));
    opt.key_pem = pki::read(pki::path(opt.certificate + ".key"));
  }
  if (!opt.cert_pem.empty()) {
    auto chain = parse_certificates(opt.cert_pem);
    const auto key = parse_key(opt.key_pem);
    ASSERT_FALSE(chain.empty());
    ASSERT_TRUE(key);
    ASSERT_TRUE(lend(key.get(), chain.front().get())) << openssl_error();
    ASSERT_EQ(SSL_CTX_use_certificate(ctx.get(), chain.front().get()), 1) << openssl_error();
    for (std::size_t i = 1; i < chain.size(); ++i) SSL_CTX_add0_chain_cert(ctx.get(), chain[i].release());
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_NO_AUTO_CHAIN);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(ctx.get(), key.get()), 1) << openssl_error();
  }
  if (!opt.ca.empty()) {
    ASSERT_EQ(SSL_CTX_load_verify_file(ctx.get(), pki::path(opt.ca).c_str()), 1) << openssl_error();
  }
  int verify = SSL_VERIFY_NONE;
  if (server && (opt.ask_certificate || opt.require_certificate)) verify = SSL_VERIFY_PEER;
  if (server && opt.require_certificate) verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  if (!server && !opt.ca.empty()) verify = SSL_VERIFY_PEER;
  SSL_CTX_set_verify(ctx.get(), verify, opt.ca.empty() ? &accept_all : nullptr);

  if (server) {
    const auto id = std::to_array<unsigned char>({'r', 'a', 'w'});
    SSL_CTX_set_session_id_context(ctx.get(), id.data(), id.size());
    SSL_CTX_set_num_tickets(ctx.get(), static_cast<std::size_t>(opt.tickets));
    if (!opt.alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx.get(), &on_alpn, this);
    SSL_CTX_set_tlsext_status_cb(ctx.get(), &on_status);
    SSL_CTX_set_tlsext_status_arg(ctx.get(), this);
  } else if (!opt.alpn.empty()) {
    const auto list = alpn_wire(opt.alpn);
    SSL_CTX_set_alpn_protos(ctx.get(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  }
  set_up_ssl();
}

void raw_peer::body::set_up_ssl() {
  const bool server = opt.end == role::server;
  ssl.reset(SSL_new(ctx.get()));
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl.get(), in, out);
  SSL_set_app_data(ssl.get(), this);
  SSL_set_info_callback(ssl.get(), &on_info);
  SSL_set_msg_callback(ssl.get(), &on_message);
  SSL_set_msg_callback_arg(ssl.get(), this);
  if (server) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
    if (opt.ask_staple) SSL_set_tlsext_status_type(ssl.get(), TLSEXT_STATUSTYPE_ocsp);
    if (opt.session) SSL_set_session(ssl.get(), static_cast<SSL_SESSION*>(opt.session.get()));
    if (!opt.servername.empty()) SSL_set_tlsext_host_name(ssl.get(), opt.servername.c_str());
  }
}

void raw_peer::body::on_info(const SSL* ssl, int where, int value) {
  auto* const self = static_cast<body*>(SSL_get_app_data(ssl));
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) self->alerts.push_back(name_of_alert(value & 0xff));
}

void raw_peer::body::on_message(int writing, int, int type, const void* data, std::size_t size, SSL*,
                                void* self) {
  if (writing != 0 || type != SSL3_RT_HANDSHAKE || size == 0) return;
  const auto message = *static_cast<const unsigned char*>(data);
  if (message == SSL3_MT_KEY_UPDATE) ++static_cast<body*>(self)->key_updates;
  if (message == SSL3_MT_FINISHED) ++static_cast<body*>(self)->handshakes;
}

int raw_peer::body::on_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*,
                            unsigned, void* self) {
  const auto& answer = static_cast<body*>(self)->answer;
  *out = reinterpret_cast<const unsigned char*>(answer.data());
  *size = static_cast<unsigned char>(answer.size());
  return SSL_TLSEXT_ERR_OK;
}

int raw_peer::body::on_status(SSL* ssl, void* self) {
  auto& b = *static_cast<body*>(self);
  b.asked_for_staple = true;
  if (!b.opt.staple) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup(b.opt.staple->data(), b.opt.staple->size()),
                                  static_cast<long>(b.opt.staple->size()));
  return SSL_TLSEXT_ERR_OK;
}

void raw_peer::body::flush() {
  BIO* const out = SSL_get_wbio(ssl.get());
  for (;;) {
    char* data = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(out, &data));
    if (size == 0) return;
    const auto r = wire.write(std::as_bytes(std::span(data, size)));
    if (!r.ok()) return;
    moved += r.bytes;
    bytes gone(r.bytes);
    BIO_read(out, gone.data(), static_cast<int>(gone.size()));
  }
}

template <class Call>
io_result raw_peer::body::run(Call call) {
  for (bool ended = false;;) {
    ERR_clear_error();
    std::size_t n = 0;
    const int r = call(n);
    const int why = SSL_get_error(ssl.get(), r);
    flush();
    if (r > 0) return {n, io_status::ok};
    switch (why) {
      case SSL_ERROR_ZERO_RETURN:
        return {0, io_status::eof};
      case SSL_ERROR_WANT_READ: {
        std::array<std::byte, 16384> room;
        const auto got = wire.read(room);
        if (got.ok()) {
          moved += got.bytes;
          BIO_write(SSL_get_rbio(ssl.get()), room.data(), static_cast<int>(got.bytes));
          break;
        }
        if (got.wants()) return got;
        if (ended) {
          failure = "the wire ended";
          return {0, io_status::error};
        }
        ended = true;
        BIO_set_mem_eof_return(SSL_get_rbio(ssl.get()), 0);
        break;
      }
      case SSL_ERROR_WANT_WRITE:
        return {0, io_status::want_write};
      default:
        failure = openssl_error();
        ERR_clear_error();
        return {0, io_status::error};
    }
  }
}

raw_peer::raw_peer(pipe_end& wire, const raw_options& opt) : body_(std::make_unique<body>(wire, opt)) {
  body_->set_up();
}
raw_peer::~raw_peer() = default;

io_result raw_peer::handshake() {
  return body_->run([this](std::size_t&) { return SSL_do_handshake(body_->ssl.get()); });
}

io_result raw_peer::recv(std::span<std::byte> into) {
  return body_->run(
      [&](std::size_t& n) { return SSL_read_ex(body_->ssl.get(), into.data(), into.size(), &n); });
}

io_result raw_peer::send(std::span<const std::byte> from) {
  // A peer that does not read must be felt here too.
  settle();
  if (BIO_pending(SSL_get_wbio(body_->ssl.get())) > 65536) return {0, io_status::want_write};
  return body_->run(
      [&](std::size_t& n) { return SSL_write_ex(body_->ssl.get(), from.data(), from.size(), &n); });
}

io_result raw_peer::shutdown() {
  return body_->run([this](std::size_t&) {
    const int r = SSL_shutdown(body_->ssl.get());
    return r == 0 ? 1 : r;  // 0: sent, and the peer's has not come yet
  });
}

io_result raw_peer::close() { return shutdown(); }

error raw_peer::failure() const { return {errc::internal, body_->failure}; }
std::size_t raw_peer::moved() const noexcept { return body_->moved; }
void raw_peer::settle() { body_->flush(); }

void raw_peer::hang_up() noexcept {
  body_->flush();
  body_->wire.close();
}

io_result raw_peer::key_update(bool ask_the_peer_too) {
  if (SSL_key_update(body_->ssl.get(),
                     ask_the_peer_too ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) != 1) {
    return {0, io_status::error};
  }
  return handshake();
}

io_result raw_peer::send_ticket() {
  if (SSL_new_session_ticket(body_->ssl.get()) != 1) return {0, io_status::error};
  return handshake();
}

io_result raw_peer::renegotiate() {
  ERR_clear_error();
  if (SSL_renegotiate(body_->ssl.get()) != 1) {
    body_->failure = openssl_error();
    return {0, io_status::error};
  }
  return handshake();
}

const std::vector<std::string>& raw_peer::alerts() const noexcept { return body_->alerts; }
std::size_t raw_peer::handshakes() const noexcept { return body_->handshakes; }
std::size_t raw_peer::key_updates() const noexcept { return body_->key_updates; }
std::string raw_peer::version() const { return SSL_get_version(body_->ssl.get()); }

std::string raw_peer::cipher() const {
  const char* const name = SSL_get_cipher_name(body_->ssl.get());
  return name == nullptr ? "" : name;
}

std::string raw_peer::alpn() const {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(body_->ssl.get(), &data, &size);
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

std::string raw_peer::servername() const {
  const char* const name = SSL_get_servername(body_->ssl.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string raw_peer::peer_common_name() const {
  const x509_ptr peer(SSL_get1_peer_certificate(body_->ssl.get()));
  if (!peer) return {};
  std::array<char, 256> text{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, text.data(), text.size());
  return text.data();
}

bool raw_peer::was_asked_for_staple() const noexcept { return body_->asked_for_staple; }

bytes raw_peer::staple() const {
  const std::byte* data = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(body_->ssl.get(), &data);
  return size <= 0 ? bytes() : bytes(data, data + size);
}

raw_session raw_peer::session() const {
  return {SSL_get1_session(body_->ssl.get()),
          [](void* given) { SSL_SESSION_free(static_cast<SSL_SESSION*>(given)); }};
}

bool raw_peer::resumed() const { return SSL_session_reused(body_->ssl.get()) == 1; }

std::string openssl_version() { return OpenSSL_version(OPENSSL_VERSION); }

made_certificate make_certificate(const certificate_wish& wish, const made_certificate* issuer) {
  const bool rsa = wish.key.starts_with("RSA-");
  const key_ptr key(rsa ? EVP_RSA_gen(static_cast<unsigned>(std::stoi(wish.key.substr(4))))
                        : EVP_EC_gen(wish.key.c_str()));
  const x509_ptr cert(X509_new());
  EXPECT_TRUE(key && cert) << openssl_error();
  if (!key || !cert) return {};
  static int serial = 1;
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -86400L);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86400L * 30);
  if (!wish.not_after.empty()) ASN1_TIME_set_string(X509_getm_notAfter(cert.get()), wish.not_after.c_str());
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  const auto parents = parse_certificates(issuer == nullptr ? "" : issuer->cert);
  X509* const parent = parents.empty() ? cert.get() : parents.front().get();
  const auto parent_key = issuer == nullptr ? key_ptr() : parse_key(issuer->key);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(parent));

  X509V3_CTX context;
  X509V3_set_ctx(&context, parent, cert.get(), nullptr, nullptr, 0);
  const auto add = [&](int nid, const std::string& value) {
    if (value.empty()) return;
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    EXPECT_TRUE(extension) << openssl_error();
    if (extension) X509_add_ext(cert.get(), extension.get(), -1);
  };
  add(NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add(NID_key_usage, wish.authority ? "critical,keyCertSign" : "critical,digitalSignature,keyEncipherment");
  if (!wish.authority) add(NID_ext_key_usage, "serverAuth,clientAuth");
  add(NID_subject_alt_name, wish.authority ? "" : wish.names);
  EXPECT_GT(X509_sign(cert.get(), parent_key ? parent_key.get() : key.get(),
                      EVP_get_digestbyname(wish.digest.c_str())),
            0)
      << openssl_error();
  return {.cert = pem_of([&](BIO* out) { PEM_write_bio_X509(out, cert.get()); }),
          .key = pem_of([&](BIO* out) {
            PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

std::vector<bytes> certificates_in(const std::string& path) {
  std::vector<bytes> all;
  for (const auto& cert : parse_certificates(pki::read(path))) {
    bytes der(static_cast<std::size_t>(i2d_X509(cert.get(), nullptr)));
    auto* at = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(cert.get(), &at);
    all.push_back(std::move(der));
  }
  return all;
}

std::string sha256_hex(std::span<const std::byte> data) {
  std::array<std::byte, 32> digest{};
  EXPECT_EQ(EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                       EVP_sha256(), nullptr),
            1);
  return to_hex(digest);
}

}  // namespace stls::test
