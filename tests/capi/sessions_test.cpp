// Resumption by the C API: off until it is asked for; the session file; shared ticket keys.
#include "capi/kit.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace capi {
namespace {

// session_file is a file as tls_config_set_session_fd wants it.
struct session_file {
  session_file() : fd(::mkstemp(name.data())) { EXPECT_NE(fd, -1); }
  session_file(const session_file&) = delete;
  session_file& operator=(const session_file&) = delete;
  ~session_file() {
    ::close(fd);
    ::unlink(name.c_str());
  }
  [[nodiscard]] off_t size() const { return ::lseek(fd, 0, SEEK_END); }

  std::string name = ::testing::TempDir() + "session-XXXXXX";
  int fd;
};

class capi_sessions : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    if (GetParam() == TLS_PROTOCOL_TLSv1_3 && !engine().tls1_3) GTEST_SKIP() << "an engine without TLS 1.3";
  }

  static config client_of(const session_file& file) {
    config c = client_config();
    tls_config_set_protocols(c.get(), GetParam());
    EXPECT_EQ(tls_config_set_session_fd(c.get(), file.fd), 0) << text(tls_config_error(c.get()));
    return c;
  }
  static config server_of(int lifetime = 3600) {
    config s = server_config();
    EXPECT_EQ(tls_config_set_session_lifetime(s.get(), lifetime), 0);
    return s;
  }
  // resumed connects once; both sides must agree.
  static bool resumed(const config& c, const config& s, const char* name = "localhost") {
    link l;
    l.open(c, s, name);
    EXPECT_TRUE(l.shake() && l.greet()) << text(tls_error(l.client.get())) << text(tls_error(l.server.get()));
    const int here = tls_conn_session_resumed(l.client.get());
    EXPECT_EQ(here, tls_conn_session_resumed(l.server.get()));
    return here == 1;
  }
};

TEST_P(capi_sessions, the_file_resumes) {
  const session_file file;
  const config s = server_of();
  EXPECT_FALSE(resumed(client_of(file), s));
  EXPECT_GT(file.size(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(resumed(client_of(file), s)) << "each time with another config";
}

TEST_P(capi_sessions, there_is_no_memory_beside_the_file) {
  const session_file file;
  const config c = client_of(file);
  const config s = server_of();
  EXPECT_FALSE(resumed(c, s));
  ASSERT_EQ(::ftruncate(file.fd, 0), 0);
  EXPECT_FALSE(resumed(c, s));
  EXPECT_EQ(tls_config_set_session_fd(c.get(), -1), 0);
  EXPECT_FALSE(resumed(c, s)) << "without a file a client keeps nothing";
  EXPECT_FALSE(resumed(c, s));
}

TEST_P(capi_sessions, servers_give_none_unless_they_have_a_lifetime) {
  const session_file file;
  const config s = server_of(0);
  EXPECT_FALSE(resumed(client_of(file), s));
  if (engine().tickets) {
    EXPECT_EQ(file.size(), 0);  // else the session has a name all the same, and nobody remembers it
  }
  EXPECT_FALSE(resumed(client_of(file), s));
}

TEST_P(capi_sessions, a_file_of_another_server_or_with_anything_in_it_is_no_harm) {
  const session_file file;
  const config s = server_of();
  EXPECT_FALSE(resumed(client_of(file), s));
  EXPECT_FALSE(resumed(client_of(file), s, "test.example"));
  EXPECT_TRUE(resumed(client_of(file), s, "test.example")) << "now it is that one's";
  ASSERT_EQ(::pwrite(file.fd, "garbage", 7, 0), 7);
  EXPECT_FALSE(resumed(client_of(file), s));
  EXPECT_TRUE(resumed(client_of(file), s));
}

TEST(capi_ticket_keys, are_refused_by_an_engine_without_tickets) {
  if (engine().tickets) GTEST_SKIP() << "this one has them";
  std::array<unsigned char, TLS_TICKET_KEY_SIZE> key{1, 2, 3};
  const config s = server_config();
  EXPECT_EQ(tls_config_add_ticket_key(s.get(), 1, key.data(), key.size()), 0);
  const context server(tls_server());
  EXPECT_EQ(tls_configure(server.get(), s.get()), -1);
  EXPECT_EQ(text(tls_error(server.get())), "ticket_keys: not supported by engine 'bearssl'");
}

TEST_P(capi_sessions, servers_that_share_key_and_id_resume_each_others) {
  if (!engine().tickets) GTEST_SKIP() << "an engine without tickets";
  std::array<unsigned char, TLS_TICKET_KEY_SIZE> key{1, 2, 3};
  const auto shared = [&](const char* id) {
    config s = server_of();
    EXPECT_EQ(tls_config_add_ticket_key(s.get(), 1, key.data(), key.size()), 0);
    EXPECT_EQ(tls_config_set_session_id(s.get(), reinterpret_cast<const unsigned char*>(id), 1), 0);
    return s;
  };
  const session_file file;
  EXPECT_FALSE(resumed(client_of(file), shared("a")));
  EXPECT_TRUE(resumed(client_of(file), shared("a")));
  EXPECT_FALSE(resumed(client_of(file), shared("b")));
}

TEST_P(capi_sessions, without_a_shared_id_each_config_has_its_own) {
  if (!engine().tickets) GTEST_SKIP() << "an engine without tickets";
  std::array<unsigned char, TLS_TICKET_KEY_SIZE> key{1, 2, 3};
  const auto keyed = [&] {
    config s = server_of();
    EXPECT_EQ(tls_config_add_ticket_key(s.get(), 1, key.data(), key.size()), 0);
    return s;
  };
  const session_file file;
  const config s = keyed();
  EXPECT_FALSE(resumed(client_of(file), s));
  EXPECT_TRUE(resumed(client_of(file), s));
  EXPECT_FALSE(resumed(client_of(file), keyed()));
}

INSTANTIATE_TEST_SUITE_P(versions, capi_sessions,
                         ::testing::Values(TLS_PROTOCOL_TLSv1_2, TLS_PROTOCOL_TLSv1_3),
                         [](const auto& which) {
                           return which.param == TLS_PROTOCOL_TLSv1_2 ? "tls12" : "tls13";
                         });

TEST(capi_session_file, must_be_for_its_owner_alone) {
  const session_file file;
  const config c = client_config();
  EXPECT_EQ(tls_config_set_session_fd(c.get(), file.fd), 0);
  ASSERT_EQ(::fchmod(file.fd, 0640), 0);
  EXPECT_EQ(tls_config_set_session_fd(c.get(), file.fd), -1);
  EXPECT_NE(text(tls_config_error(c.get())).find("0600"), std::string::npos);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(tls_config_set_session_fd(c.get(), ends[0]), -1);
  EXPECT_EQ(text(tls_config_error(c.get())), "session_fd: not a regular file");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(capi_ticket_keys, an_older_keyrev_cannot_be_added_again_but_the_newest_can) {
  std::array<unsigned char, TLS_TICKET_KEY_SIZE> key{};
  const config s = server_config();
  EXPECT_EQ(tls_config_add_ticket_key(s.get(), 1, key.data(), key.size()), 0);
  EXPECT_EQ(tls_config_add_ticket_key(s.get(), 2, key.data(), key.size()), 0);
  EXPECT_EQ(tls_config_add_ticket_key(s.get(), 2, key.data(), key.size()), 0);
  EXPECT_EQ(tls_config_add_ticket_key(s.get(), 1, key.data(), key.size()), -1);
  EXPECT_NE(text(tls_config_error(s.get())).find("ticket key already present"), std::string::npos);
}

}  // namespace
}  // namespace capi
