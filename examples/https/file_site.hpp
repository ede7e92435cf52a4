// The files of a directory as a web site, and uploads.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../descriptor.hpp"
#include "content_type.hpp"
#include "exchange.hpp"
#include "file_root.hpp"
#include "http_conditions.hpp"
#include "http_reply.hpp"
#include "upload.hpp"
#include "url_path.hpp"

class file_site {
 public:
  explicit file_site(const std::string& directory) : files_(directory) {}

  // allow_uploads has PUT write below that directory, at most so many bytes each.
  void allow_uploads(const std::string& directory, std::uint64_t most_bytes) {
    uploads_.emplace(directory);
    most_bytes_ = most_bytes;
  }
  [[nodiscard]] std::string methods() const {
    return uploads_ ? "GET, HEAD, OPTIONS, PUT" : "GET, HEAD, OPTIONS";
  }

  stls::task<> answer(exchange& x) {
    const bool writes = x.request().method == "PUT" && uploads_;
    if (!x.reads() && !writes) {
      http::reply no(405);
      no.with("Allow", methods());
      co_return co_await x.send(std::move(no));
    }
    const auto names = http::path_names(x.request().path);
    if (!names) co_return co_await x.send(http::reply(names.error().status()));
    if (writes) co_return co_await take(x, *names);
    co_return co_await give(x, *names);
  }

 private:
  using name_list = std::vector<std::string>;

  static http::version version_of(const struct stat& s) {
    std::array<char, 80> tag{};
    // Any change of a file, also one that keeps its size or sets its time back, changes its ctime.
    std::snprintf(tag.data(), tag.size(), "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "%08lx\"",
                  static_cast<std::uint64_t>(s.st_ino), static_cast<std::uint64_t>(s.st_size),
                  static_cast<std::uint64_t>(s.st_ctim.tv_sec),
                  static_cast<unsigned long>(s.st_ctim.tv_nsec));
    return {tag.data(), std::chrono::sys_seconds(std::chrono::seconds(s.st_mtim.tv_sec))};
  }

  // status_of says in HTTP's words why a file cannot be opened. What may not be read is not there for others.
  static int status_of(int failure) {
    switch (failure) {
      case ENOENT:
      case ENOTDIR:
      case ELOOP:
      case ENXIO:
      case EACCES:
      case ENAMETOOLONG:
        return 404;
      default:
        return 500;
    }
  }

  stls::task<> give(exchange& x, name_list names) {
    const bool of_directory = names.back().empty();
    if (of_directory) names.back() = "index.html";
    const descriptor file = files_.open(names);
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
      co_return co_await x.send(http::reply(status_of(errno)));
    if (S_ISDIR(status.st_mode) && !of_directory) {
      // It has no empty name in it, so this cannot be read as the name of another host.
      http::reply elsewhere(308);
      const std::string& query = x.request().query;
      elsewhere.with("Location", x.request().path + (query.empty() ? "/" : "/?" + query));
      co_return co_await x.send(std::move(elsewhere));
    }
    if (!S_ISREG(status.st_mode)) co_return co_await x.send(http::reply(404));

    const http::version now = version_of(status);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const http::fields& header = x.request().header;
    int code = http::precondition(header, http::intent::read, &now);
    http::byte_range part{0, size};
    if (code == 0) {
      code = 200;
      const auto asked = x.request().method == "GET" ? http::range_of(header, now, size) : std::nullopt;
      if (asked) {
        part = *asked;
        code = part.size == 0 ? 416 : 206;
      }
    }
    http::reply r(code);
    if (code == 416) {
      r.with("Content-Range", "bytes */" + std::to_string(size));
      co_return co_await x.send(std::move(r));
    }
    r.with("ETag", now.etag).with("Last-Modified", http::date_text(now.modified));
    r.with("Cache-Control", "no-cache");  // a copy may be kept, but is good only if asked whether it still is
    if (code == 304 || code == 412) co_return co_await x.send(std::move(r));
    r.with("Content-Type", http::content_type(names.back())).with("Accept-Ranges", "bytes");
    if (code == 206) {
      r.with("Content-Range", "bytes " + std::to_string(part.first) + "-" +
                                  std::to_string(part.first + part.size - 1) + "/" + std::to_string(size));
    }
    co_return co_await x.send_file(std::move(r), file, status, part.first, part.size);
  }

  // look is what is found where a file shall be put.
  struct look {
    int refused = 0;  // the status of the answer, where it may not be put there
    bool taken = false;
  };
  static look look_at(const directory& in, const std::string& name, const http::fields& header) {
    struct stat status {};
    if (::fstatat(in.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return {http::precondition(header, http::intent::change, nullptr), false};
    if (!S_ISREG(status.st_mode)) return {409, true};
    const http::version before = version_of(status);
    return {http::precondition(header, http::intent::change, &before), true};
  }

  stls::task<> take(exchange& x, name_list names) {
    const http::fields& header = x.request().header;
    // What was said to be a part would take the place of the whole (RFC 9110 section 14.5).
    if (header.find("content-range") != nullptr) co_return co_await x.send(http::reply(400));
    if (header.find("content-encoding") != nullptr) co_return co_await x.send(http::reply(415));
    if (names.back().empty()) co_return co_await x.send(http::reply(409));
    if (x.request().body.length() > most_bytes_) co_return co_await x.send(http::reply(413));

    directory in = uploads_->parent(names);
    if (in.get() < 0) {
      int code = status_of(errno);
      if (code == 404) code = 409;  // as RFC 4918 section 9.7.1 says
      co_return co_await x.send(http::reply(code));
    }
    if (const int refused = look_at(in, names.back(), header).refused; refused != 0)
      co_return co_await x.send(http::reply(refused));

    upload file(std::move(in));
    std::uint64_t size = 0;
    for (;;) {
      const auto piece = co_await x.body();
      if (!piece) co_return tl::unexpected(piece.error());
      if (!*piece) co_return co_await x.send(http::reply(piece->error().status()));
      if ((*piece)->empty()) break;
      size += (*piece)->size();
      if (size > most_bytes_) co_return co_await x.send(http::reply(413));
      file.write(**piece);
      if (file.error() != 0) break;
    }
    // Others may have written there while the body came. From here on nothing waits until the file has its
    // name.
    const auto [refused, taken] = look_at(file.in(), names.back(), header);
    if (refused != 0) co_return co_await x.send(http::reply(refused));
    const std::string* const unless = header.find("if-none-match");
    if (unless != nullptr && http::trimmed(*unless) == "*") {
      file.give_new_name(names.back());
    } else {
      file.give_name(names.back());
    }
    if (const int failure = file.error(); failure != 0)
      co_return co_await x.send(http::reply(refused_by(failure)));
    http::reply done(taken ? 204 : 201);
    struct stat status {};
    if (::fstat(file.file().get(), &status) == 0) done.with("ETag", version_of(status).etag);
    co_return co_await x.send(std::move(done));
  }

  // refused_by says why a file could not be written.
  static int refused_by(int failure) {
    switch (failure) {
      case EEXIST:
        return 412;
      case EISDIR:
      case ENOTEMPTY:
        return 409;
      case ENOSPC:
      case EDQUOT:
      case EFBIG:
        return 507;
      case EACCES:
      case EPERM:
      case EROFS:
        return 403;
      default:
        return status_of(failure);
    }
  }

  file_root files_;
  std::optional<file_root> uploads_;
  std::uint64_t most_bytes_ = 0;
};
