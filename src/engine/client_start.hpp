// What a client of any engine begins with.
#pragma once

#include "config/settings.hpp"
#include "engine/session_envelope.hpp"
#include "engine/session_store.hpp"
#include "x509/server_name.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

STLS_NAMESPACE_BEGIN

struct client_start {
  x509::server_name name;                  // that the peer is verified as; empty: names are not verified
  std::shared_ptr<const session> offered;  // null: none is
};

// session_import turns exported bytes into a session of the engine; a null pointer if that is too old.
using session_import = result<std::shared_ptr<const session>> (*)(std::span<const std::byte>,
                                                                  const session_owner&);

// start_client parses the name, and finds the session: the exported one, if there is one, else one that is
// kept. The owner's name is filled in here. Errors are those of parse_server_name and of the import.
[[nodiscard]] result<client_start> start_client(const settings&, std::string_view servername,
                                                std::span<const std::byte> exported, session_store&,
                                                session_owner, session_import);

STLS_NAMESPACE_END
