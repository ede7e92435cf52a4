// Ticket keys: what a keyring takes, and which key seals and opens when.
#include "config/ticket_keys.hpp"
#include "support/expect.hpp"
#include "support/test_clock.hpp"

#include <stls/keyring.hpp>

#include <gtest/gtest.h>

#include <string>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

ticket_key key_of(std::uint32_t keyrev) {
  return {.keyrev = keyrev, .key = std::string(48, static_cast<char>(keyrev))};
}

std::string name_of(const sealing_key& key) {
  return {reinterpret_cast<const char*>(key.name.data()), key.name.size()};
}

TEST(ticket_keys, the_last_added_seals_and_its_name_is_the_keyrev_in_network_order) {
  auto ring = keyring::make({key_of(1), key_of(0x01020304)});
  ASSERT_TRUE(ring);
  const auto key = ring->shared()->to_seal(1h);
  ASSERT_TRUE(key);
  EXPECT_EQ(name_of(*key), std::string("\x01\x02\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0", 16));
  EXPECT_EQ(key->aes(), std::string(32, '\x04'));
  EXPECT_EQ(key->hmac(), std::string(16, '\x04'));
}

TEST(ticket_keys, all_open_and_only_the_newest_is_called_so) {
  auto ring = keyring::make({key_of(1), key_of(2)});
  ASSERT_TRUE(ring);
  auto& body = *ring->shared();
  const auto newest = body.to_seal(1h)->name;
  ASSERT_TRUE(ring->add(key_of(3)));
  const auto opened = body.to_open(newest, 1h);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->newest);
  EXPECT_TRUE(body.to_open(body.to_seal(1h)->name, 1h)->newest);
  auto unknown = newest;
  unknown[15] = std::byte{1};
  EXPECT_FALSE(body.to_open(unknown, 1h));
}

TEST(ticket_keys, bad_keys_are_refused_with_a_sentence) {
  EXPECT_TRUE(is_error(keyring::make({{.keyrev = 5, .key = "short"}}).error(), errc::bad_config,
                       "keyrev 5: a key of 5 bytes; ticket keys have 48"));
  auto ring = keyring::make({key_of(1), key_of(2)});
  ASSERT_TRUE(ring);
  EXPECT_TRUE(ring->add(key_of(2))) << "the newest again is fine";
  EXPECT_TRUE(
      is_error(ring->add(key_of(1)).error(), errc::bad_config, "keyrev 1: ticket key already present"));
  EXPECT_TRUE(is_error(ring->add({.keyrev = 2, .key = std::string(48, 'x')}).error(), errc::bad_config,
                       "keyrev 2: ticket key already present"));
  keyring none;
  EXPECT_TRUE(is_error(none.add(key_of(1)).error(), errc::invalid_state,
                       "the keyring is empty; make it with keyring::make"));
}

TEST(ticket_keys, a_key_works_as_long_as_the_lifetime) {
  auto ring = keyring::make({key_of(1)});
  ASSERT_TRUE(ring);
  const auto name = ring->shared()->to_seal(1h)->name;
  const test_clock later(1h);
  EXPECT_FALSE(ring->shared()->to_seal(1h));
  EXPECT_FALSE(ring->shared()->to_open(name, 1h));
  EXPECT_TRUE(ring->shared()->to_seal(2h));
}

TEST(ticket_keys, an_automatic_ring_makes_a_key_each_half_lifetime_and_keeps_the_old_ones) {
  keyring::body ring(keyring::body::kind::automatic);
  const auto first = ring.to_seal(1h)->name;
  EXPECT_EQ(ring.to_seal(1h)->name, first);
  const test_clock later(31min);
  EXPECT_NE(ring.to_seal(1h)->name, first);
  EXPECT_TRUE(ring.to_open(first, 1h));
}

TEST(ticket_keys, a_ring_that_adopts_another_opens_what_that_sealed) {
  keyring::body old_ring(keyring::body::kind::automatic);
  keyring::body new_ring(keyring::body::kind::automatic);
  const auto sealed = old_ring.to_seal(1h)->name;
  const auto own = new_ring.to_seal(1h)->name;
  EXPECT_FALSE(new_ring.to_open(sealed, 1h));
  new_ring.adopt(old_ring);
  new_ring.adopt(new_ring);
  EXPECT_TRUE(new_ring.to_open(sealed, 1h));
  EXPECT_EQ(new_ring.to_seal(1h)->name, own);
}

}  // namespace
}  // namespace stls::test
