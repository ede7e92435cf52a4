#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace stls::test::pki {

std::string path(std::string_view name) { return std::string(STLS_TEST_PKI_DIR "/").append(name); }

pem file(std::string_view name) { return pem::file(path(name)); }

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  EXPECT_TRUE(out.flush()) << "cannot write " << path;
}

keypair pair(std::string_view name) {
  const std::string stem(name);
  return {.cert = file(stem + ".pem"), .key = file(stem + ".key")};
}

void present(options& opt, std::string_view name) {
  auto files = pair(name);
  opt.cert = std::move(files.cert);
  opt.key = std::move(files.key);
}

}  // namespace stls::test::pki
