#include "engine/bearssl/verifier.hpp"

#include "base/fail.hpp"
#include "engine/bearssl/public_key.hpp"
#include "engine/bearssl/usages.hpp"
#include "x509/certificate.hpp"
#include "x509/refusal.hpp"

STLS_NAMESPACE_BEGIN

namespace {

// As libssl's, which holds a Certificate message to 100 KiB.
constexpr std::size_t largest_chain = std::size_t{100} << 10;

tl::unexpected<error> refuse(x509::refusal why, std::string_view detail) {
  return fail(x509::refused(why, detail));
}

}  // namespace

const br_x509_class bearssl_verifier::methods = {
    sizeof(end), start_chain, start_cert, append, end_cert, end_chain, get_pkey,
};

void bearssl_verifier::note(result<void> done) noexcept {
  if (!done && !verdict_.code) verdict_ = std::move(done.error());
}

void bearssl_verifier::start_chain(const br_x509_class** ctx, const char* /*servername*/) noexcept {
  bearssl_verifier& self = of(ctx);
  self.arriving_.clear();
  self.arriving_size_ = 0;
}

void bearssl_verifier::start_cert(const br_x509_class** ctx, std::uint32_t size) noexcept {
  bearssl_verifier& self = of(ctx);
  if (self.verdict_.code) return;
  self.note(guarded([&]() -> result<void> {
    constexpr std::size_t length_field = 3;
    if (size == 0) return refuse(x509::refusal::malformed, "not a certificate: it is empty");
    self.arriving_size_ += length_field + size;
    if (self.arriving_size_ > largest_chain) return refuse(x509::refusal::other, "the chain is too large");
    self.arriving_.emplace_back().reserve(size);
    return {};
  }));
}

void bearssl_verifier::append(const br_x509_class** ctx, const unsigned char* data,
                              std::size_t size) noexcept {
  bearssl_verifier& self = of(ctx);
  if (self.verdict_.code || self.arriving_.empty()) return;
  const auto* from = reinterpret_cast<const std::byte*>(data);
  bytes& der = self.arriving_.back();
  der.insert(der.end(), from, from + size);  // within what start_cert reserved
}

void bearssl_verifier::end_cert(const br_x509_class** /*ctx*/) noexcept {}

unsigned bearssl_verifier::end_chain(const br_x509_class** ctx) noexcept {
  bearssl_verifier& self = of(ctx);
  if (!self.verdict_.code && !self.arriving_.empty()) self.note(guarded([&] { return self.conclude(); }));
  return self.verdict_.code ? BR_ERR_X509_NOT_TRUSTED : 0;
}

result<void> bearssl_verifier::conclude() {
  chain_ = std::make_shared<const peer_chain>(std::move(arriving_));
  arriving_.clear();
  if (auto fine = judge_(self_, *chain_); !fine) return fine;
  const auto leaf = x509::parse_certificate(chain_->front());
  if (!leaf) return refuse(x509::refusal::malformed, leaf.error().message);
  const auto parsed = x509::parse_public_key(leaf->public_key);
  const auto key = parsed ? bearssl_key(*parsed) : std::nullopt;
  if (!key) {
    return refuse(x509::refusal::other, "a key of its kind is not supported by engine 'bearssl'");
  }
  key_ = *key;  // with views of chain_
  usages_ = usages_of(*leaf);
  return {};
}

const br_x509_pkey* bearssl_verifier::get_pkey(const br_x509_class* const* ctx, unsigned* usages) noexcept {
  const bearssl_verifier& self = of(const_cast<const br_x509_class**>(ctx));
  if (usages != nullptr) *usages = self.usages_;
  return self.key_.key_type == 0 ? nullptr : &self.key_;
}

STLS_NAMESPACE_END
