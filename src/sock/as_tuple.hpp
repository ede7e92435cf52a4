// as_tuple: Asio's completion token for results without exceptions, which has moved between versions.
#pragma once

#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>

#include <stls/export.hpp>

#if ASIO_VERSION < 102400
#include <asio/experimental/as_tuple.hpp>
#else
#include <asio/as_tuple.hpp>
#endif

STLS_NAMESPACE_BEGIN

#if ASIO_VERSION < 102400
inline constexpr auto no_throw = asio::experimental::as_tuple(asio::use_awaitable);
#else
inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
#endif

STLS_NAMESPACE_END
