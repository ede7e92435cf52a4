// A file of PEM that an option names.
#pragma once

#include <stls/stls.hpp>
#include <string>

// pem_file is the file at a path; an empty path is an option that was not given.
[[nodiscard]] inline stls::pem pem_file(const std::string& path) {
  return path.empty() ? stls::pem() : stls::pem::file(path);
}
