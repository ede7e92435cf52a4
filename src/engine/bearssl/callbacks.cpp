// What BearSSL asks a connection in the middle of a handshake: for a keypair, for sessions, and whether the
// peer's certificate is good.
#include "base/clock.hpp"
#include "base/fail.hpp"
#include "base/text.hpp"
#include "engine/bearssl/engine.hpp"
#include "engine/bearssl/hello_rest.hpp"
#include "engine/bearssl/octets.hpp"
#include "engine/bearssl/preferences.hpp"
#include "engine/bearssl/signatures.hpp"
#include "engine/bearssl/suites.hpp"
#include "engine/bearssl/usages.hpp"
#include "x509/certificate.hpp"
#include "x509/path.hpp"
#include "x509/refusal.hpp"

#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

const br_ssl_server_policy_class bearssl_engine::policy = {
    sizeof(policy_end),
    choose_keypair,
    nullptr,  // the keypair that was chosen has put its own policy in place before these are called
    nullptr,
};

const br_ssl_session_cache_class bearssl_engine::cache = {sizeof(cache_end), keep_session, find_session};

int bearssl_engine::choose_keypair(const br_ssl_server_policy_class** ctx,
                                   const br_ssl_server_context* server,
                                   br_ssl_server_choices* choices) noexcept {
  bearssl_engine& self = *reinterpret_cast<policy_end*>(ctx)->self;
  self.session_.reset();  // BearSSL has not resumed what was found
  const bearssl_keypair* chosen = self.context_->keypair_for(br_ssl_engine_get_server_name(&server->eng));
  if (chosen == nullptr) return 0;
  br_ssl_server_context& mine = self.state_->server;
  set_preferences(mine, self.context_->options());
  chosen->set_in(mine);
  return (*mine.policy_vtable)->choose(mine.policy_vtable, server, choices);
}

void bearssl_engine::keep_session(const br_ssl_session_cache_class** ctx, br_ssl_server_context* /*server*/,
                                  const br_ssl_session_parameters* made) noexcept {
  bearssl_engine& self = *reinterpret_cast<cache_end*>(ctx)->self;
  if (self.refused_) return;
  // Without memory for it there is one session less.
  static_cast<void>(guarded([&]() -> result<void> {
    const settings& set = self.context_->options();
    const auto until = good_until(set.session_lifetime, set.verify_time, self.verifier_.chain().get());
    self.context_->cache().put(std::make_shared<const bearssl_session>(*made, self.verifier_.chain(), until),
                               br_ssl_engine_get_server_name(&self.state()));
    return {};
  }));
}

int bearssl_engine::find_session(const br_ssl_session_cache_class** ctx, br_ssl_server_context* /*server*/,
                                 br_ssl_session_parameters* asked) noexcept {
  bearssl_engine& self = *reinterpret_cast<cache_end*>(ctx)->self;
  // RFC 6066 section 3: not for another name. BearSSL has not read that yet.
  const auto name = servername_in(octets(self.state().hbuf_in, self.state().hlen_in));
  if (!name) return 0;
  static_cast<void>(guarded([&]() -> result<void> {
    self.session_ = self.context_->cache().find(
        {reinterpret_cast<const char*>(asked->session_id), asked->session_id_len}, *name);
    return {};
  }));
  if (!self.session_) return 0;
  *asked = self.session_->parameters;
  return 1;
}

result<void> bearssl_engine::judge(void* pointer, const peer_chain& chain) {
  auto& self = *static_cast<bearssl_engine*>(pointer);
  const bearssl_context& ctx = *self.context_;
  if (!ctx.verifies_peer()) return {};
  std::vector<x509::certificate> sent;
  sent.reserve(chain.size());
  for (const bytes& der : chain) {
    auto parsed = x509::parse_certificate(der);
    if (!parsed) return fail(x509::refused(x509::refusal::malformed, parsed.error().message));
    sent.push_back(std::move(*parsed));
  }
  const settings& set = ctx.options();
  x509::path_rules rules;
  rules.of = self.is_client() ? x509::purpose::server_auth : x509::purpose::client_auth;
  rules.max_depth = set.verify_depth;
  if (set.verify_time) rules.at = now_in_seconds();
  const bearssl_signatures signatures;
  const auto path = x509::verify_path(sent, ctx.roots(), rules, signatures);
  if (!path) return fail(path.error());
  if ((usages_of(sent.front()) & self.needed_usage()) == 0)
    return fail(x509::refused(x509::refusal::wrong_purpose));
  if (self.is_client() && set.verify_name && !x509::names(sent.front().names, self.name_)) {
    return fail(x509::refused(x509::refusal::name_mismatch,
                              cat({"name `", self.name_.text, "' not present in server certificate"})));
  }
  return {};
}

// What the peer does with its key: only RSA key exchange deciphers.
unsigned bearssl_engine::needed_usage() const noexcept {
  const bearssl_suite* suite = bearssl_suite_numbered(state().session.cipher_suite);
  const bool deciphers = is_client() && suite != nullptr && suite->name.starts_with("TLS_RSA_");
  return deciphers ? BR_KEYTYPE_KEYX : BR_KEYTYPE_SIGN;
}

STLS_NAMESPACE_END
