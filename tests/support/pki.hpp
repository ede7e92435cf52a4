// The certificates of the tests, which tools/make_pki made at build time.
#pragma once

#include <stls/options.hpp>

#include <string>
#include <string_view>

namespace stls::test::pki {

std::string path(std::string_view file);    // of a file in the PKI's directory
pem file(std::string_view name);            // as an option's value
std::string read(const std::string& path);  // a whole file; the test fails if it cannot be read
void write(const std::string& path, std::string_view content);

// pair names the files `name`.pem and `name`.key.
keypair pair(std::string_view name);

// present sets cert and key to that pair.
void present(options&, std::string_view name);

}  // namespace stls::test::pki
