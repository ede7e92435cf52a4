// fixed_random: the same input shall always take the same way.
#pragma once

namespace stls::fuzz {

// fix_random replaces libcrypto's random numbers, for the whole process, by a sequence that is always the
// same. restart_random begins it anew: before each input, so that no input depends on those before it.
void fix_random();
void restart_random() noexcept;

}  // namespace stls::fuzz
