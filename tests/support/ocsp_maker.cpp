#include "support/ocsp_maker.hpp"

#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include <ctime>
#include <memory>

namespace stls::test {
namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using bio_ptr = std::unique_ptr<BIO, freer<&BIO_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freer<&EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freer<&X509_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freer<&ASN1_TIME_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, freer<&OCSP_BASICRESP_free>>;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, freer<&OCSP_RESPONSE_free>>;

bio_ptr open(const std::string& file) { return bio_ptr(BIO_new_file(pki::path(file).c_str(), "r")); }

x509_ptr certificate_of(const std::string& row) {
  return x509_ptr(PEM_read_bio_X509(open(row + ".pem").get(), nullptr, nullptr, nullptr));
}

key_ptr key_of(const std::string& row) {
  return key_ptr(PEM_read_bio_PrivateKey(open(row + ".key").get(), nullptr, nullptr, nullptr));
}

time_ptr time_at(std::chrono::seconds offset) {
  return time_ptr(ASN1_TIME_adj(nullptr, std::time(nullptr), 0, static_cast<long>(offset.count())));
}

bytes der_of(OCSP_RESPONSE* response) {
  const int size = i2d_OCSP_RESPONSE(response, nullptr);
  EXPECT_GT(size, 0);
  bytes der(static_cast<std::size_t>(size));
  auto* into = reinterpret_cast<unsigned char*>(der.data());
  i2d_OCSP_RESPONSE(response, &into);
  return der;
}

int number_of(ocsp_status s) noexcept {
  switch (s) {
    case ocsp_status::good:
      return V_OCSP_CERTSTATUS_GOOD;
    case ocsp_status::revoked:
      return V_OCSP_CERTSTATUS_REVOKED;
    case ocsp_status::unknown:
      break;
  }
  return V_OCSP_CERTSTATUS_UNKNOWN;
}

}  // namespace

bytes make_ocsp(const ocsp_wish& wish) {
  const auto subject = certificate_of(wish.certificate);
  const auto issuer = certificate_of(wish.issuer);
  const auto signer = certificate_of(wish.signer);
  const auto key = key_of(wish.signer);
  const basic_ptr basic(OCSP_BASICRESP_new());
  EXPECT_TRUE(subject && issuer && signer && key && basic);

  OCSP_CERTID* const id =
      OCSP_cert_to_id(EVP_get_digestbyname(wish.id_digest.c_str()), subject.get(), issuer.get());
  const auto revoked = wish.status == ocsp_status::revoked ? time_at(-std::chrono::hours(2)) : nullptr;
  const auto from = time_at(wish.this_update);
  const auto until = wish.next_update ? time_at(*wish.next_update) : nullptr;
  EXPECT_NE(OCSP_basic_add1_status(basic.get(), id, number_of(wish.status), wish.reason, revoked.get(),
                                   from.get(), until.get()),
            nullptr);
  OCSP_CERTID_free(id);
  EXPECT_EQ(OCSP_basic_sign(basic.get(), signer.get(), key.get(), EVP_get_digestbyname(wish.digest.c_str()),
                            nullptr, wish.embed_signer ? 0 : OCSP_NOCERTS),
            1);
  const response_ptr response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  return der_of(response.get());
}

bytes make_ocsp_refusal(int status) {
  const response_ptr response(OCSP_response_create(status, nullptr));
  return der_of(response.get());
}

}  // namespace stls::test
