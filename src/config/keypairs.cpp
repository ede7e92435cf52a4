#include "config/keypairs.hpp"

#include "config/document.hpp"
#include "config/words.hpp"
#include "x509/certificate.hpp"

#include <span>

STLS_NAMESPACE_BEGIN

namespace {

// The chain of the option `cert`. Keys in the same file are passed over: one file for both is common.
result<void> read_chain(const pem& cert, keypair_settings& pair) {
  auto text = read_document(cert);
  if (!text) return fail(std::move(text.error()));
  auto blocks = pem_blocks(text->view());
  if (!blocks) return fail(std::move(blocks.error()));
  result<void> done;
  for (pem_block& block : *blocks) {
    if (block.label != "CERTIFICATE" && block.label != "X509 CERTIFICATE") {
      wipe(block.der);
      continue;
    }
    auto parsed = x509::parse_certificate(block.der);
    if (!parsed) {
      done = fail(errc::bad_pem,
                  cat({"certificate ", std::to_string(pair.chain.size() + 1), ": ", parsed.error().message}));
      continue;  // not break: keys behind it must be wiped
    }
    if (pair.chain.empty()) {
      pair.names = std::move(parsed->names);
      pair.not_before = parsed->not_before;
      pair.not_after = parsed->not_after;
    }
    pair.chain.push_back(std::move(block.der));
  }
  if (done && pair.chain.empty()) {
    return fail(errc::bad_pem, cat({"holds no CERTIFICATE, but ", in_quotes(blocks->front().label)}));
  }
  return done;
}

result<void> read_key(const pem& key, keypair_settings& pair) {
  auto text = read_document(key);
  if (!text) return fail(std::move(text.error()));
  auto blocks = pem_blocks(text->view());
  if (!blocks) return fail(std::move(blocks.error()));
  std::size_t keys = 0;
  for (pem_block& block : *blocks) {
    wipe(block.der);
    if (!block.label.ends_with("PRIVATE KEY")) continue;
    if (keys++ == 0) pair.key = secret(block.whole);
  }
  if (keys == 0)
    return fail(errc::bad_pem, cat({"holds no PRIVATE KEY, but ", in_quotes(blocks->front().label)}));
  if (keys > 1)
    return fail(errc::bad_pem, cat({"holds ", std::to_string(keys), " private keys; one is expected"}));
  return {};
}

result<void> read_staple(const material& staple, keypair_settings& pair) {
  // TLS 1.3 has 2^16 bytes for all extensions of a certificate, of which the staple is one (RFC 8446
  // section 4.4.2).
  constexpr std::size_t limit = 65000;
  auto der = read_document(staple);
  if (!der) return fail(std::move(der.error()));
  const auto view = std::as_bytes(std::span(der->view()));
  if (view.empty()) return fail(errc::bad_pem, "it is empty");
  if (view.size() > limit) {
    return fail(errc::too_large,
                cat({std::to_string(view.size()), " bytes; the limit is ", std::to_string(limit)}));
  }
  pair.staple.assign(view.begin(), view.end());
  return {};
}

result<keypair_settings> parse_keypair(std::string option, const pem& cert, const pem& key,
                                       const material& staple, const sign_function& sign) {
  keypair_settings pair;
  pair.option = std::move(option);
  if (!cert.given()) {
    const std::string_view what = staple.given() && !key.given() ? "OCSP staple" : "key";
    return fail(errc::bad_config, cat({pair.option, "cert: missing; the ", what, " needs its certificate"}));
  }
  pair.external = !key.given() && sign;
  if (!key.given() && !sign)
    return fail(errc::bad_config, cat({pair.option, "key: missing; the certificate needs its key"}));
  if (auto read = read_chain(cert, pair); !read)
    return in_option(cat({pair.option, "cert"}), std::move(read.error()));
  if (!pair.external) {
    if (auto read = read_key(key, pair); !read)
      return in_option(cat({pair.option, "key"}), std::move(read.error()));
  }
  if (!staple.given()) return pair;
  if (auto read = read_staple(staple, pair); !read) {
    return in_option(cat({pair.option, "ocsp_staple"}), std::move(read.error()));
  }
  return pair;
}

}  // namespace

result<std::vector<keypair_settings>> parse_keypairs(const options& opt) {
  std::vector<keypair_settings> pairs;
  if (opt.cert.given() || opt.key.given() || opt.ocsp_staple.given()) {
    auto pair = parse_keypair("", opt.cert, opt.key, opt.ocsp_staple, opt.sign);
    if (!pair) return fail(std::move(pair.error()));
    pairs.push_back(std::move(*pair));
  }
  for (std::size_t i = 0; i < opt.keypairs.size(); ++i) {
    const keypair& given = opt.keypairs[i];
    auto pair = parse_keypair(cat({"keypairs[", std::to_string(i), "]."}), given.cert, given.key,
                              given.ocsp_staple, opt.sign);
    if (!pair) return fail(std::move(pair.error()));
    pairs.push_back(std::move(*pair));
  }
  return pairs;
}

STLS_NAMESPACE_END
