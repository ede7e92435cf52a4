#include "config/alpn.hpp"

#include "config/words.hpp"

#include <algorithm>

STLS_NAMESPACE_BEGIN

result<std::vector<std::string>> parse_alpn(std::string_view list) {
  std::vector<std::string> protocols;
  if (list.empty()) return protocols;
  std::size_t wire_size = 0;
  for (std::string_view rest = list;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = rest.substr(0, comma);
    if (item.empty()) return fail(errc::bad_config, "alpn: an empty item; items are of 1 to 255 bytes");
    if (item.size() > 255) {
      return fail(errc::bad_config, cat({"alpn: an item of ", std::to_string(item.size()),
                                         " bytes; items are of 1 to 255 bytes"}));
    }
    wire_size += 1 + item.size();
    protocols.emplace_back(item);
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  // The extension's list has a length of two bytes, and the extension itself too (RFC 7301 section 3.1).
  if (wire_size > 0xfffd) return fail(errc::bad_config, "alpn: the list is longer than 65533 bytes");
  return protocols;
}

STLS_NAMESPACE_END
