// OpenSSL's times as those of stls.
#pragma once

#include <stls/export.hpp>

#include <openssl/asn1.h>

#include <chrono>
#include <ctime>
#include <optional>

STLS_NAMESPACE_BEGIN

// seconds_of reads a UTCTime or a GeneralizedTime; nothing if it is absent or malformed.
[[nodiscard]] inline std::optional<std::chrono::sys_seconds> seconds_of(const ASN1_TIME* time) noexcept {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  const auto day = std::chrono::year(fields.tm_year + 1900) / (fields.tm_mon + 1) / fields.tm_mday;
  return std::chrono::sys_days(day) + std::chrono::hours(fields.tm_hour) +
         std::chrono::minutes(fields.tm_min) + std::chrono::seconds(fields.tm_sec);
}

STLS_NAMESPACE_END
