// What the tests of examples/https have in common: a running server, and requests to it by hand and by curl.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stls/stls.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"
#include "interop/program.hpp"

namespace interop {

using words = std::vector<std::string>;

// https_server is a running https_file_server over one engine.
class https_server {
 public:
  // `more` stands before the directory that is served.
  https_server(const std::string& engine, const std::string& directory, const words& more = {},
               const std::string& cert = pki("server.pem"), const std::string& key = pki("server.key"));

  [[nodiscard]] const std::string& port() const noexcept { return port_; }
  [[nodiscard]] program& process() noexcept { return program_; }
  // Its URL for curl, which is told where localhost is, and for programs that need no resolver.
  [[nodiscard]] std::string url(std::string_view path) const;
  [[nodiscard]] std::string address_url(std::string_view path) const;

  // connect makes a connection to it that is verified; the handshake is not done.
  [[nodiscard]] std::unique_ptr<end> connect(stls::options o = {.alpn = "http/1.1"});
  // ask sends bytes over a connection of their own, and gives all that comes back until the server ends it.
  [[nodiscard]] std::string ask(std::string_view bytes);
  // get asks for a path with these header lines and no more.
  [[nodiscard]] std::string get(std::string_view path, std::string_view lines = {});
  // status is that of what ask gets, e.g. 404.
  [[nodiscard]] int status(std::string_view bytes);

  // curl is the command that fetches a path.
  [[nodiscard]] words curl(std::string_view path, const words& more = {}) const;

  // stop ends it as systems do, and waits for that.
  [[nodiscard]] testing::AssertionResult stop(int signal);

 private:
  program program_;
  std::string port_;
};

// status_of is the status of a response; 0: it is none.
[[nodiscard]] int status_of(std::string_view response);
// body_of is what stands behind its head.
[[nodiscard]] std::string body_of(std::string_view response);
// value_of is that of a header line, whose name is written as there; "": there is none.
[[nodiscard]] std::string value_of(std::string_view response, std::string_view name);

// by_engine is the base of the suites: each engine of a build with coroutines and examples.
class by_engine : public testing::TestWithParam<std::string>, protected uses_programs {
 protected:
  by_engine();
  // serve makes a file that is served.
  void serve(const std::string& name, std::string_view content) const;
  [[nodiscard]] https_server start(const words& more = {}) const {
    return https_server(GetParam(), served_, more);
  }

  temporary_directory directory_;
  std::string served_ = directory_.path() + "/served";
};
[[nodiscard]] std::vector<std::string> https_engines();

}  // namespace interop
