// flight: one end of stls against a peer whose bytes are harmed on their way.
#pragma once

#include "kit/setup.hpp"

#include <stls/role.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace stls::fuzz {

// play_flight does a handshake and a greeting. Whatever arrives, the end of that role must come to rest, with
// an error in stls's style or with a want; and it must not say that the handshake is done unless its peer,
// whom nobody lied to, says so too: only who has both keys can bring that about.
void play_flight(role tested, const std::uint8_t* data, std::size_t size);

// play_session does the same with a client that offers this session to a server whom nobody disturbs. A
// session that is refused at once is refused with a sentence.
void play_session(const setup&, std::span<const std::byte> session);

}  // namespace stls::fuzz
