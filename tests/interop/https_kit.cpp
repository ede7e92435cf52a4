#include "interop/https_kit.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <stdexcept>

namespace interop {
namespace {

words command(const std::string& engine, const std::string& directory, const words& more,
              const std::string& cert, const std::string& key) {
  words argv = {example("https_file_server"), "--engine", engine, "--cert", cert, "--key", key};
  argv.insert(argv.end(), more.begin(), more.end());
  argv.push_back(directory);
  return argv;
}

}  // namespace

https_server::https_server(const std::string& engine, const std::string& directory, const words& more,
                           const std::string& cert, const std::string& key)
    : program_(command(engine, directory, more, cert, key)) {
  const std::string_view start = "listening on port ";
  const std::string said = program_.line(0);
  if (!said.starts_with(start)) throw std::runtime_error("it does not listen; " + program_.everything());
  port_ = said.substr(start.size());
}

std::string https_server::url(std::string_view path) const {
  return "https://localhost:" + port_ + std::string(path);
}

std::string https_server::address_url(std::string_view path) const {
  return "https://127.0.0.1:" + port_ + std::string(path);
}

std::unique_ptr<end> https_server::connect(stls::options o) {
  if (!o.ca.given()) o.ca = pki_file("ca.pem");
  return interop::connect(static_cast<std::uint16_t>(std::stoi(port_)), program_, made_client(o));
}

std::string https_server::ask(std::string_view bytes) {
  const auto ours = connect();
  EXPECT_TRUE(ours->send(bytes));
  std::string all = ours->receive_all();
  EXPECT_TRUE(ours->ended_well()) << ours->error();
  return all;
}

std::string https_server::get(std::string_view path, std::string_view lines) {
  return ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
             std::string(lines) + "\r\n");
}

int https_server::status(std::string_view bytes) { return status_of(ask(bytes)); }

words https_server::curl(std::string_view path, const words& more) const {
  words argv = {"curl",
                "-q",
                "--silent",
                "--show-error",
                "--noproxy",
                "*",
                "--cacert",
                pki("ca.pem"),
                "--path-as-is",
                "--resolve",
                "localhost:" + port_ + ":127.0.0.1"};
  argv.insert(argv.end(), more.begin(), more.end());
  argv.push_back(url(path));
  return argv;
}

testing::AssertionResult https_server::stop(int signal) {
  program_.signal(signal);
  if (program_.status() == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << program_.everything();
}

int status_of(std::string_view response) {
  int status = 0;
  if (response.starts_with("HTTP/1.1 ") && response.size() >= 12)
    static_cast<void>(std::from_chars(response.data() + 9, response.data() + 12, status));
  return status;
}

std::string body_of(std::string_view response) {
  const auto head = response.find("\r\n\r\n");
  return head == response.npos ? "" : std::string(response.substr(head + 4));
}

std::string value_of(std::string_view response, std::string_view name) {
  const std::string_view head = response.substr(0, response.find("\r\n\r\n"));
  const std::string line = "\r\n" + std::string(name) + ": ";
  const auto at = head.find(line);
  if (at == head.npos) return "";
  const std::string_view value = head.substr(at + line.size());
  return std::string(value.substr(0, value.find("\r\n")));
}

by_engine::by_engine() { ::mkdir(served_.c_str(), 0700); }

void by_engine::serve(const std::string& name, std::string_view content) const {
  directory_.write("served/" + name, content);
}

std::vector<std::string> https_engines() {
  std::vector<std::string> names;
  if (::access(example("https_file_server").c_str(), X_OK) != 0) return names;
  for (const stls::provider* p : stls::providers()) names.emplace_back(p->name());
  return names;
}

}  // namespace interop
