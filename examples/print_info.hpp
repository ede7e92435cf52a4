// The table that the clients print with --verbose.
#pragma once

#include <chrono>
#include <cstdio>
#include <stls/stls.hpp>
#include <string>

// print_info says on standard error what the handshake agreed on, and whom it verified.
inline void print_info(const stls::conn_info& info) {
  const auto line = [](const char* what, const std::string& value) {
    std::fprintf(stderr, "  %-12s %s\n", what, value.empty() ? "none" : value.c_str());
  };
  const auto day = std::chrono::floor<std::chrono::days>(info.peer.not_after);
  const std::chrono::year_month_day date(day);
  char until[64];
  std::snprintf(until, sizeof until, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));

  line("version", info.version);
  line("cipher", info.cipher + ", " + std::to_string(info.cipher_strength) + " bits");
  line("group", info.group);
  line("alpn", info.alpn);
  line("resumed", info.resumed ? "yes" : "no");
  line("server name", info.servername);
  line("peer", info.peer.subject);
  line("issued by", info.peer.issuer);
  line("valid until", until);
  line("engine", info.engine);
}
