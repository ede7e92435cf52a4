// whole_stream: the verbs that are made of recv: recvn, recvall, recvall_read.
#pragma once

#include "base/fail.hpp"
#include "base/text.hpp"
#include "sock/socket_body.hpp"

#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/sock/expires.hpp>
#include <stls/sock/reader.hpp>
#include <stls/sock/task.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

STLS_NAMESPACE_BEGIN

// whole_stream<Body> builds them for what has a recv, with one deadline for the whole verb.
template <class Body>
struct whole_stream {
  using ptr = std::shared_ptr<Body>;

  static task<> recvn(ptr self, std::span<std::byte> into, expires e) {
    e = fixed(*self, e);
    std::size_t got = 0;
    while (got < into.size()) {
      auto n = co_await Body::recv(self, into.subspan(got), e);
      if (n && *n != 0) {
        got += *n;
        continue;
      }
      error why = n ? error(errc::eof, cat({"recvn: the stream ended after ", std::to_string(got), " of ",
                                            std::to_string(into.size()), " bytes"}))
                    : std::move(n.error());
      why.transferred = got;
      co_return fail(std::move(why));
    }
    co_return result<void>();
  }

  static task<> recvall(ptr self, std::vector<std::byte>& into, std::size_t limit, expires e) {
    e = fixed(*self, e);
    const std::size_t before = into.size();
    for (std::size_t got = 0;;) {
      // One byte more than the limit tells whether more came.
      const std::size_t room = std::min(piece, limit - got) + (limit - got < piece ? 1 : 0);
      into.resize(before + got + room);
      auto n = co_await Body::recv(self, std::span(into).subspan(before + got), e);
      if (n) got += *n;
      into.resize(before + got);
      error why;
      if (!n) {
        why = std::move(n.error());
      } else if (*n == 0) {
        co_return result<void>();
      } else if (got > limit) {
        why = error(errc::too_large, cat({"recvall: more than ", std::to_string(limit), " bytes came"}));
      } else {
        continue;
      }
      why.transferred = got;
      co_return fail(std::move(why));
    }
  }

  static task<reader> recvall_read(ptr self, std::size_t limit, expires e) {
    std::vector<std::byte> all;
    auto done = co_await recvall(std::move(self), all, limit, e);
    if (!done) co_return fail(std::move(done.error()));
    co_return reader(std::move(all));
  }

 private:
  static constexpr std::size_t piece = std::size_t{64} * 1024;

  // A duration for each verb begins with the verb, not with each of its parts.
  static expires fixed(Body& self, expires e) {
    const auto until = self.deadline(lane_name::read, e);
    return until == lane::never ? expires::never : expires(until);
  }
};

STLS_NAMESPACE_END
