// task: what every verb of a socket returns.
#pragma once

#include <stls/error.hpp>
#include <stls/export.hpp>

#include <asio/awaitable.hpp>

STLS_NAMESPACE_BEGIN

// task<T> is a coroutine of Asio that gives a result<T>: await it in any coroutine that asio::co_spawn runs.
// It does nothing until it is awaited, and must be awaited at most once.
//
//   stls::result<std::size_t> n = co_await s.recv(buf);
//
// A verb throws nothing. Only where the awaiting coroutine itself was cancelled before, Asio's own co_await
// throws, as it does with everything.
template <class T = void>
using task = asio::awaitable<result<T>>;

STLS_NAMESPACE_END
