#include "engine/client_start.hpp"

#include "base/fail.hpp"

#include <utility>

STLS_NAMESPACE_BEGIN

result<client_start> start_client(const settings& set, std::string_view servername,
                                  std::span<const std::byte> exported, session_store& kept,
                                  session_owner owner, session_import import) {
  client_start start;
  // An empty name is for those who said that they do not want names verified.
  if (!servername.empty() || set.verify_name) {
    auto parsed = x509::parse_server_name(servername);
    if (!parsed) return fail(std::move(parsed.error()));
    start.name = std::move(*parsed);
  }
  if (!exported.empty()) {
    owner.servername = start.name.text;
    auto imported = import(exported, owner);
    if (!imported) return fail(std::move(imported.error()));
    start.offered = std::move(*imported);
  } else if (!start.name.text.empty()) {  // without a name there is no telling of whom a session is
    start.offered = kept.take(start.name.text);
  }
  return start;
}

STLS_NAMESPACE_END
