// The subject alternative names of a certificate.
#include "x509/alt_names.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstdint>

#include "base/fail.hpp"
#include "base/text.hpp"

STLS_NAMESPACE_BEGIN

namespace x509 {

namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;

std::string as_text(der_view content) {
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

}  // namespace

result<alt_names> parse_alt_names(der_view extension_value) {
  der_reader outer(extension_value);
  const auto general_names = outer.next(tag::sequence);
  if (!general_names || !outer.at_end()) return fail(errc::bad_pem, "subjectAltName: malformed");
  if (general_names->content.empty()) return fail(errc::bad_pem, "subjectAltName: empty");

  // The identifiers of GeneralName's choices (RFC 5280 section 4.2.1.6): tagged implicitly, but for
  // directoryName.
  alt_names names;
  der_reader reader(general_names->content);
  while (const auto name = reader.next()) {
    switch (static_cast<std::uint8_t>(name->type)) {
      case 0x81:
        names.emails.push_back(as_text(name->content));
        break;
      case 0x82:
        names.dns.push_back(as_text(name->content));
        break;
      case 0x86:
        names.uris.push_back(as_text(name->content));
        break;
      case 0x87:
        if (name->content.size() != ipv4_size && name->content.size() != ipv6_size) {
          return fail(errc::bad_pem, cat({"subjectAltName: an IP address of ",
                                          std::to_string(name->content.size()), " bytes"}));
        }
        names.ips.emplace_back(name->content.begin(), name->content.end());
        break;
      case 0xa0:  // otherName
      case 0xa3:  // x400Address
      case 0xa4:  // directoryName
      case 0xa5:  // ediPartyName
      case 0x88:  // registeredID
        break;
      default:
        return fail(errc::bad_pem, "subjectAltName: malformed");
    }
  }
  if (!reader.ok()) return fail(errc::bad_pem, "subjectAltName: malformed");
  return names;
}

std::string ip_text(std::span<const std::byte> address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == ipv4_size ? AF_INET : AF_INET6;
  if (address.size() != ipv4_size && address.size() != ipv6_size) return {};
  return ::inet_ntop(family, address.data(), text.data(), static_cast<socklen_t>(text.size()));
}

}  // namespace x509

STLS_NAMESPACE_END
