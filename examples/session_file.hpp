// A session in a file, so that the next run of a program resumes what this one agreed on.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <stls/stls.hpp>
#include <string>
#include <vector>

#include "tcp.hpp"

// read_session gives what keep_session has written. No path, no file: no session, and a full handshake.
inline std::vector<std::byte> read_session(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto* const bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

// keep_session writes the connection's session, if the server gave it one. Keys are in it, so that nobody
// else may read the file, from its first byte on.
inline void keep_session(stls::connection& conn, const std::string& path) {
  if (path.empty()) return;
  const auto session = conn.export_session();
  if (!session) return;
  const std::string part = path + ".part";
  ::unlink(part.c_str());
  const descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) throw_errno(part);
  const auto written = ::write(file.get(), session->data(), session->size());
  if (written != static_cast<ssize_t>(session->size())) throw_errno(part);
  if (::rename(part.c_str(), path.c_str()) != 0) throw_errno(path);
}
