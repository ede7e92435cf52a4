// BearSSL's view of the judgement of certificates: it hands over the peer's chain, and gets the key.
#pragma once

#include "base/pem.hpp"

#include <bearssl.h>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <functional>
#include <memory>
#include <vector>

STLS_NAMESPACE_BEGIN

// peer_chain is what the peer sent, as DER, its own certificate first.
using peer_chain = std::vector<bytes>;

// bearssl_verifier collects a chain, and has it judged once it is whole.
class bearssl_verifier {
 public:
  // The judge gets the chain of the peer, which is not empty.
  using judge = result<void> (*)(void* self, const peer_chain&);

  bearssl_verifier(judge by, void* self) noexcept : judge_(by), self_(self) {}
  bearssl_verifier(const bearssl_verifier&) = delete;
  bearssl_verifier& operator=(const bearssl_verifier&) = delete;
  ~bearssl_verifier() = default;

  // What BearSSL is given; it lives as long as this object.
  [[nodiscard]] const br_x509_class** get() noexcept { return &end_.methods; }

  // Null: the peer sent no certificate, or has not yet.
  [[nodiscard]] const std::shared_ptr<const peer_chain>& chain() const noexcept { return chain_; }
  // Why the chain was refused; its code is zero otherwise.
  [[nodiscard]] error& verdict() noexcept { return verdict_; }

 private:
  struct end {
    const br_x509_class* methods;
    bearssl_verifier* self;
  };
  static const br_x509_class methods;
  static bearssl_verifier& of(const br_x509_class** ctx) noexcept {
    return *reinterpret_cast<end*>(ctx)->self;
  }

  static void start_chain(const br_x509_class** ctx, const char* servername) noexcept;
  static void start_cert(const br_x509_class** ctx, std::uint32_t size) noexcept;
  static void append(const br_x509_class** ctx, const unsigned char* data, std::size_t size) noexcept;
  static void end_cert(const br_x509_class** ctx) noexcept;
  static unsigned end_chain(const br_x509_class** ctx) noexcept;
  static const br_x509_pkey* get_pkey(const br_x509_class* const* ctx, unsigned* usages) noexcept;

  result<void> conclude();
  void note(result<void>) noexcept;

  end end_{&methods, this};
  judge judge_;
  void* self_;
  peer_chain arriving_;
  std::size_t arriving_size_ = 0;
  std::shared_ptr<const peer_chain> chain_;
  br_x509_pkey key_{};
  unsigned usages_ = 0;
  error verdict_;
};

STLS_NAMESPACE_END
