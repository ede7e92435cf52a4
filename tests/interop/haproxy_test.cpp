// Two servers behind HAProxy, which says by the PROXY protocol whom it speaks for: clients are named,
// sessions go on at the other server, keys of tickets rotate, and a server that is killed costs nothing but
// what it had in hand.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "interop/ends.hpp"
#include "interop/https_kit.hpp"
#include "interop/program.hpp"

namespace interop {
namespace {

// client_address gives each connection an address of its own, by which it is found in the logs.
std::string client_address() {
  static std::atomic<unsigned> last{0};
  const unsigned n = ++last;
  return "127.77." + std::to_string(n / 250) + "." + std::to_string(n % 250 + 1);
}

// connected_from gives a socket that is connected from that address to a port of 127.0.0.1.
int connected_from(const std::string& address, std::uint16_t port) {
  sockaddr_in from{};
  from.sin_family = AF_INET;
  sockaddr_in to = from;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::inet_pton(AF_INET, address.c_str(), &from.sin_addr) != 1 ||
      ::bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::system_error(errno, std::generic_category(), "a connection from " + address);
  return socket;
}

// visit is one connection of a client, and what it asks for.
class visit {
 public:
  visit(std::uint16_t port, const stls::client& client)
      : address_(client_address()), end_(connected_from(address_, port), client, "localhost") {}

  // get gives what comes back, up to the end of the connection.
  std::string get(std::string_view path) { return ask(path) ? end_.receive_all() : ""; }
  bool ask(std::string_view path) {
    return static_cast<bool>(
        end_.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  }
  [[nodiscard]] end& connection() noexcept { return end_; }
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] bool resumed() const { return end_.info().resumed; }

 private:
  std::string address_;
  end end_;
};

// whole says whether a response has come with its whole body, and that was it.
bool whole(visit& v, std::string_view response) {
  return status_of(response) == 200 && v.connection().ended_well() &&
         value_of(response, "Content-Length") == std::to_string(body_of(response).size());
}

// node is a server of its own directory, at a port that stays its own when it is started again. Its file
// "node" has its name; "much" is more than all that lies between it and a client can hold.
class node {
 public:
  node(std::string name, words more) : name_(std::move(name)), more_(std::move(more)) {
    directory_.write("node", name_);
    std::filesystem::resize_file(directory_.write("much", ""), much);
  }
  static constexpr std::size_t much = 100'000'000;

  void start(const std::string& engine, const words& last = {}) {
    words all = {"--listen", port_.address(), "--log", "--step", "600", "--proxy-from", "127.0.0.1"};
    all.insert(all.end(), more_.begin(), more_.end());
    all.insert(all.end(), last.begin(), last.end());
    server_.emplace(engine, directory_.path(), all);
  }
  [[nodiscard]] program& process() { return server_->process(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string address() const { return port_.address(); }

 private:
  std::string name_;
  words more_;
  reserved_port port_;
  temporary_directory directory_;
  std::optional<https_server> server_;
};

// balancer is a running HAProxy before these nodes, each of which is sent what `how` says.
class balancer {
 public:
  balancer(const std::vector<const node*>& nodes, const std::string& how)
      : haproxy_({"haproxy", "-db", "-f", directory_.write("haproxy.cfg", configuration(nodes, how))}) {
    ::close(connected(port_.number(), haproxy_));
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_.number(); }
  [[nodiscard]] program& process() noexcept { return haproxy_; }

  // line is what it logged of the connection from an address, when that was over.
  [[nodiscard]] std::string line(const std::string& address) {
    for (std::size_t n = 0;; ++n) {
      const std::string one = haproxy_.line(n);
      if (one.empty() || one.starts_with(address + ":")) return one;
    }
  }

 private:
  [[nodiscard]] std::string configuration(const std::vector<const node*>& nodes,
                                          const std::string& how) const {
    std::string text =
        "global\n log stdout format raw local0\n nbthread 1\n"
        "defaults\n mode tcp\n log global\n option tcplog\n option redispatch 1\n retries 3\n"
        " timeout connect 60s\n timeout check 60s\n timeout client 600s\n timeout server 600s\n"
        "listen nodes\n bind " +
        port_.address() +
        "\n balance roundrobin\n"
        " default-server check inter 200ms fall 2 rise 1\n";
    for (const node* n : nodes) text += " server " + n->name() + " " + n->address() + " " + how + "\n";
    return text;
  }

  reserved_port port_;
  temporary_directory directory_;
  program haproxy_;
};

constexpr const char* version_2 = "send-proxy-v2 proxy-v2-options crc32c";

// ticket_keys is the text of a file of keys of these numbers.
std::string ticket_keys(std::initializer_list<int> numbers) {
  std::string text;
  for (const int n : numbers)
    text += std::to_string(n) + ' ' + std::string(96, static_cast<char>('0' + n)) + '\n';
  return text;
}

class Haproxy : public by_engine {
 protected:
  [[nodiscard]] static stls::client new_client() { return made_client({.ca = pki_file("ca.pem")}); }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Haproxy);
INSTANTIATE_TEST_SUITE_P(Interop, Haproxy, testing::ValuesIn(https_engines()),
                         [](const auto& engine) { return engine.param; });

TEST_P(Haproxy, NamesItsClientsInEachVersionOfTheProtocol) {
  need("haproxy", "haproxy");
  if (IsSkipped()) return;
  for (const char* how :
       {"send-proxy", "send-proxy-v2", version_2, "send-proxy-v2 proxy-v2-options crc32c,unique-id"}) {
    SCOPED_TRACE(how);
    node only("a", {});
    only.start(GetParam());
    balancer before({&only}, how);
    visit v(before.port(), new_client());
    const std::string response = v.get("/node");
    EXPECT_TRUE(whole(v, response)) << v.connection().error() << only.process().everything();
    EXPECT_TRUE(only.process().says("\n" + v.address() + ":")) << only.process().everything();
    EXPECT_EQ(only.process().output().find("127.0.0.1:"), std::string::npos);
  }
}

TEST_P(Haproxy, ThatSaysNothingOfItsClientsWhereItShouldIsNotServed) {
  need("haproxy", "haproxy");
  if (IsSkipped()) return;
  node only("a", {});
  only.start(GetParam());
  balancer before({&only}, "");
  visit v(before.port(), new_client());
  EXPECT_FALSE(v.connection().handshake());
  EXPECT_TRUE(only.process().says("handshake failed: PROXY header: none came, but '\\x16'"))
      << only.process().everything();
}

TEST_P(Haproxy, CannotBeWhereThereIsNoNetwork) {
  program server({example("https_file_server"), "--engine", GetParam(), "--cert", pki("server.pem"), "--key",
                  pki("server.key"), "--proxy-from", "10.0.0.1/8", directory_.path()});
  EXPECT_EQ(server.status(), 1);
  EXPECT_EQ(
      server.messages(),
      "https_file_server: --proxy-from: network: '10.0.0.1/8' has bits behind its prefix; the network is "
      "10.0.0.0/8\n");
}

// A server is killed, and started again, while clients come.
TEST_P(Haproxy, LosesOfAKilledServerOnlyWhatItHadEstablishedThere) {
  need("haproxy", "haproxy");
  if (IsSkipped()) return;
  node a("a", {});
  node b("b", {});
  a.start(GetParam());
  b.start(GetParam());
  balancer before({&a, &b}, version_2);

  struct failure {
    std::string address;
    std::string why;
    bool late;  // it came when the server was dead, or alive again
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<failure> failures;
  std::multiset<std::string> served_by;
  std::atomic<bool> killed{false};
  bool over = false;
  const auto load = [&] {
    for (;;) {
      const bool late = killed;
      visit v(before.port(), new_client());
      const std::string response = v.get("/node");
      const bool good = whole(v, response);
      const std::lock_guard lock(mutex);
      if (good) {
        served_by.insert(body_of(response));
      } else {
        failures.push_back({v.address(), v.connection().error().message, late});
      }
      changed.notify_all();
      if (over) return;
    }
  };
  // served_by_each waits until these have served so many more.
  const auto served_by_each = [&](const std::set<std::string>& names, std::size_t times) {
    std::unique_lock lock(mutex);
    served_by.clear();
    return changed.wait_for(lock, patience, [&] {
      return std::all_of(names.begin(), names.end(),
                         [&](const std::string& name) { return served_by.count(name) >= times; });
    });
  };

  // At each server one client is in the middle of something.
  std::vector<std::unique_ptr<visit>> downloads;
  for (int i = 0; i < 2; ++i) {
    downloads.push_back(std::make_unique<visit>(before.port(), new_client()));
    ASSERT_TRUE(downloads.back()->ask("/much"));
    ASSERT_EQ(downloads.back()->connection().receive(1000).size(), 1000U);
  }

  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(load);
  EXPECT_TRUE(served_by_each({"a", "b"}, 10));
  a.process().kill();
  killed = true;
  EXPECT_TRUE(served_by_each({"b"}, 10));
  EXPECT_TRUE(before.process().says("Server nodes/a is DOWN")) << before.process().everything();
  a.start(GetParam());
  EXPECT_TRUE(before.process().says("Server nodes/a is UP")) << before.process().everything();
  EXPECT_TRUE(served_by_each({"a", "b"}, 10));
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  for (std::thread& t : clients) t.join();

  int broken = 0;
  for (auto& v : downloads) {
    const std::string rest = v->connection().receive_all();
    const bool good = v->connection().ended_well();
    const failure f{v->address(), v->connection().error().message, false};
    v.reset();  // then HAProxy logs it
    if (good) {
      EXPECT_GT(rest.size(), node::much - 1000);
      EXPECT_NE(before.line(f.address).find(" nodes/b "), std::string::npos);
    } else {
      ++broken;
      failures.push_back(f);
    }
  }
  EXPECT_EQ(broken, 1) << "of the two downloads one was at the server that was killed";
  std::printf("%zu failed\n", failures.size());
  for (const failure& f : failures) {
    // The log has the server, and Tw/Tc/Tt: Tc is -1 where no connection was made.
    const std::string line = before.line(f.address);
    const std::string_view at_a = " nodes/a ";
    const auto found = line.find(at_a);
    EXPECT_FALSE(f.late) << f.why << "\n" << line;
    EXPECT_NE(found, line.npos) << f.why << "\n" << line;
    if (found == line.npos) continue;
    const std::string times =
        line.substr(found + at_a.size(), line.find(' ', found + at_a.size()) - found - at_a.size());
    EXPECT_EQ(times.find("/-1/"), times.npos) << f.why << "\n" << line;
  }
}

class HaproxyTickets : public by_kind {
 protected:
  HaproxyTickets() {
    for (node* n : {&a_, &b_}) n->start(GetParam().engine, {"--ticket-keys", keys_});
  }
  [[nodiscard]] stls::client new_client() const { return made_client(GetParam().client()); }
  // come makes a visit, which must be served, and says where, and whether the session was resumed: "a full".
  static std::string come(std::uint16_t port, const stls::client& client) {
    visit v(port, client);
    const std::string response = v.get("/node");
    EXPECT_TRUE(whole(v, response)) << v.connection().error();
    return body_of(response) + (v.resumed() ? " resumed" : " full");
  }
  // everywhere is come until both have served.
  static std::set<std::string> everywhere(std::uint16_t port, const stls::client& client) {
    std::set<std::string> all;
    std::set<std::string> names;
    while (names.size() < 2) {
      const std::string one = come(port, client);
      all.insert(one);
      names.insert(one.substr(0, one.find(' ')));
    }
    return all;
  }
  void reload() {
    for (node* n : {&a_, &b_}) {
      n->process().signal(SIGHUP);
      EXPECT_TRUE(n->process().says("reloaded")) << n->process().everything();
    }
  }

  temporary_directory directory_;
  std::string keys_ = directory_.write("keys", ticket_keys({1, 2}));
  node a_{"a", {}};
  node b_{"b", {}};
};

// Those of engines that seal tickets, which alone are good at another server.
std::vector<kind> ticket_kinds() {
  std::vector<kind> all = all_kinds();
  std::erase_if(all, [](const kind& k) { return !k.can(&stls::capabilities::tickets); });
  if (https_engines().empty()) all.clear();
  return all;
}
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HaproxyTickets);
INSTANTIATE_TEST_SUITE_P(Interop, HaproxyTickets, testing::ValuesIn(ticket_kinds()), name_of);

TEST_P(HaproxyTickets, AreGoodAtTheOtherServer) {
  need("haproxy", "haproxy");
  if (IsSkipped()) return;
  balancer before({&a_, &b_}, version_2);
  const stls::client client = new_client();
  const std::string first = come(before.port(), client);
  EXPECT_TRUE(first.ends_with(" full")) << first;
  // By turns: each is shown what the other one gave.
  const std::set<std::string> later = everywhere(before.port(), client);
  EXPECT_EQ(later, (std::set<std::string>{"a resumed", "b resumed"}));

  visit v(before.port(), client);
  const std::string response = v.get("/node");
  EXPECT_TRUE(v.resumed());
  program& server = (body_of(response) == "a" ? a_ : b_).process();
  EXPECT_TRUE(server.says("\n" + v.address() + ":")) << server.everything();
}

TEST_P(HaproxyTickets, OutliveTheRotationOfTheirKeysAndTheEndOfTheirServer) {
  need("haproxy", "haproxy");
  if (IsSkipped()) return;
  balancer before({&a_, &b_}, version_2);
  const stls::client old = new_client();
  EXPECT_TRUE(come(before.port(), old).ends_with(" full"));
  const stls::client old_too = new_client();
  EXPECT_TRUE(come(before.port(), old_too).ends_with(" full"));

  // As the header of ticket_key_source says: one more key, so that the one before it seals from now on.
  directory_.write("keys", ticket_keys({1, 2, 3}));
  reload();
  EXPECT_EQ(everywhere(before.port(), old), (std::set<std::string>{"a resumed", "b resumed"}));
  const stls::client young = new_client();
  EXPECT_TRUE(come(before.port(), young).ends_with(" full"));

  // A server that has only the new key tells which of them sealed.
  node other("c", {});
  other.start(GetParam().engine, {"--ticket-keys", directory_.write("new", ticket_keys({2}))});
  balancer before_other({&other}, version_2);
  EXPECT_EQ(come(before_other.port(), old_too), "c full");
  EXPECT_EQ(come(before_other.port(), young), "c resumed");

  // Started again, a server has the keys that it had.
  const stls::client at_home = new_client();
  EXPECT_TRUE(come(before.port(), at_home).ends_with(" full"));
  for (node* n : {&a_, &b_}) {
    n->process().kill();
    n->start(GetParam().engine, {"--ticket-keys", keys_});
  }
  EXPECT_TRUE(come(before.port(), at_home).ends_with(" resumed"));
}

}  // namespace
}  // namespace interop
