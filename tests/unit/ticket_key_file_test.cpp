// The file of ticket keys that servers share.
#include "config/ticket_key_file.hpp"

#include "config/ticket_keys.hpp"
#include "support/expect.hpp"

#include <stls/config.hpp>
#include <stls/keyring.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace stls::test {
namespace {

using namespace std::chrono_literals;

// A line of the file: a key whose bytes are all the same.
std::string line(unsigned keyrev, char byte) {
  std::string digits;
  for (int i = 0; i < 48; ++i) digits += std::string("a") + byte;
  return std::to_string(keyrev) + " " + digits + "\n";
}

unsigned keyrev_of(const sealing_key& key) {
  unsigned n = 0;
  for (std::size_t i = 0; i < 4; ++i) n = n << 8U | std::to_integer<unsigned>(key.name.at(i));
  return n;
}

TEST(ticket_key_file, the_last_but_one_seals_and_all_open) {
  const std::string all = "# oldest first\n" + line(1, '1') + "\n" + line(2, '2') + line(4000000000U, '3');
  const auto ring = parse_ticket_key_file(all);
  ASSERT_TRUE(succeeded(ring));
  auto& body = *ring->shared();
  const auto seals = body.to_seal(1h);
  ASSERT_TRUE(seals);
  EXPECT_EQ(keyrev_of(*seals), 2U);
  EXPECT_EQ(seals->aes(), std::string(32, '\xa2'));
  for (const std::string& one : {line(1, '1'), line(4000000000U, '3')}) {
    const auto name = parse_ticket_key_file(one).value().shared()->to_seal(1h)->name;
    const auto opened = body.to_open(name, 1h);
    ASSERT_TRUE(opened);
    EXPECT_FALSE(opened->newest);
  }
}

TEST(ticket_key_file, one_key_seals_and_lines_may_end_as_on_windows) {
  std::string only = line(7, 'F');
  only.insert(only.size() - 1, "\r");
  const auto ring = parse_ticket_key_file(only);
  ASSERT_TRUE(succeeded(ring));
  EXPECT_EQ(keyrev_of(*ring->shared()->to_seal(1h)), 7U);
  EXPECT_TRUE(parse_ticket_key_file(only.substr(0, only.size() - 2))) << "without a line end";
}

TEST(ticket_key_file, what_is_wrong_is_told_by_its_line_and_shows_no_key) {
  const auto refused = [](const std::string& text, std::string_view sentence) {
    const auto ring = parse_ticket_key_file(text);
    EXPECT_TRUE(is_error(ring, errc::bad_config, sentence));
    EXPECT_TRUE(ring || has_style(ring.error()));
  };
  refused("", "it has no key");
  refused("# nothing\n\n", "it has no key");
  refused(line(1, '1') + "word\n", "line 2 is not a number, a blank and 96 hexadecimal digits");
  refused("\n" + line(1, '1').insert(0, "x"), "line 2 does not begin with a number of 0 to 4294967295");
  refused(line(1, '1').insert(0, "9999999999"), "line 1 does not begin with a number of 0 to 4294967295");
  refused(line(1, '1').insert(4, "00"), "line 1 has a key of other than 96 hexadecimal digits");
  refused(line(1, 'g'), "line 1 has a key of other than hexadecimal digits");
  refused(line(1, '1') + line(2, '2') + line(3, '3') + line(4, '4') + line(5, '5'),
          "line 5 is a fifth key; 4 are the most");
  refused(line(1, '1') + line(1, '2'), "line 2 has the number of a key before it");
}

TEST(ticket_key_file, a_config_names_the_file_that_is_wrong) {
  options opt;
  opt.ticket_keys = ticket_key_source::file("/nowhere/tickets.keys");
  EXPECT_TRUE(is_error(config::make(opt), std::make_error_code(std::errc::no_such_file_or_directory),
                       "ticket_keys: cannot read '/nowhere/tickets.keys': No such file or directory"));
  opt.ticket_keys = ticket_key_source::file("/dev/null");
  EXPECT_TRUE(is_error(config::make(opt), errc::bad_config, "ticket_keys: '/dev/null': it has no key"));
}

}  // namespace
}  // namespace stls::test
