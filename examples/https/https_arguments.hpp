// The command line of https_file_server.
#pragma once

#include <getopt.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <stls/sock/sock.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../sock/port_number.hpp"
#include "draining_server.hpp"
#include "exchange.hpp"

struct https_arguments {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // any that is free
  std::string cert, key;
  std::string ca;  // roots of the clients; none: clients need no certificate
  std::string engine;
  std::string ticket_keys;             // none: this server's own
  std::vector<stls::network> proxies;  // who says whom it speaks for
  std::string directory;
  std::string uploads;  // none: nobody may write
  std::uint64_t longest_upload = std::uint64_t{1} << 30U;
  bool chat = false;
  bool log = false;
  serving_limits serving;
  patience_limits patience;
};

inline std::uint64_t number_argument(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), value);
  if (failure != std::errc() || end != text.end() || value == 0)
    throw std::runtime_error("--" + std::string(name) + ": `" + std::string(text) +
                             "' is no number from 1 on");
  return value;
}

inline std::chrono::seconds seconds_argument(std::string_view name, std::string_view text) {
  const std::uint64_t value = number_argument(name, text);
  if (value > 1'000'000) throw std::runtime_error("--" + std::string(name) + ": at most 1000000 seconds");
  return std::chrono::seconds(value);
}

inline https_arguments parse_https_arguments(int argc, char** argv) {
  static const option known[] = {{"listen", required_argument, nullptr, 'l'},
                                 {"cert", required_argument, nullptr, 'c'},
                                 {"key", required_argument, nullptr, 'k'},
                                 {"ca", required_argument, nullptr, 'a'},
                                 {"engine", required_argument, nullptr, 'e'},
                                 {"ticket-keys", required_argument, nullptr, 't'},
                                 {"proxy-from", required_argument, nullptr, 'p'},
                                 {"upload", required_argument, nullptr, 'u'},
                                 {"longest", required_argument, nullptr, 'L'},
                                 {"chat", no_argument, nullptr, 'C'},
                                 {"log", no_argument, nullptr, 'v'},
                                 {"clients", required_argument, nullptr, 'n'},
                                 {"idle", required_argument, nullptr, 'i'},
                                 {"head", required_argument, nullptr, 'h'},
                                 {"step", required_argument, nullptr, 's'},
                                 {"drain", required_argument, nullptr, 'd'},
                                 {nullptr, 0, nullptr, 0}};
  https_arguments args;
  bool usage = false;
  int index = 0;
  for (int letter = 0; (letter = ::getopt_long(argc, argv, "", known, &index)) != -1;) {
    const std::string_view name = letter == '?' ? "" : known[index].name;
    switch (letter) {
      case 'l': {
        const std::string listen = optarg;
        const auto colon = listen.rfind(':');
        if (colon == listen.npos) throw std::runtime_error("--listen: must be HOST:PORT");
        args.host = listen.substr(0, colon);
        args.port = port_number(listen.substr(colon + 1));
        break;
      }
      case 'c':
        args.cert = optarg;
        break;
      case 'k':
        args.key = optarg;
        break;
      case 'a':
        args.ca = optarg;
        break;
      case 'e':
        args.engine = optarg;
        break;
      case 't':
        args.ticket_keys = optarg;
        break;
      case 'p': {
        const auto from = stls::network::parse(optarg);
        if (!from) throw std::runtime_error("--proxy-from: " + from.error().message);
        args.proxies.push_back(*from);
        break;
      }
      case 'u':
        args.uploads = optarg;
        break;
      case 'L':
        args.longest_upload = number_argument(name, optarg);
        break;
      case 'C':
        args.chat = true;
        break;
      case 'v':
        args.log = true;
        break;
      case 'n':
        args.serving.clients = number_argument(name, optarg);
        break;
      case 'i':
        args.patience.idle = seconds_argument(name, optarg);
        break;
      case 'h':
        args.patience.head = seconds_argument(name, optarg);
        args.serving.handshake = args.patience.head;
        break;
      case 's':
        args.patience.step = seconds_argument(name, optarg);
        break;
      case 'd':
        args.serving.drain = seconds_argument(name, optarg);
        break;
      default:
        usage = true;
    }
  }
  if (usage || argc - optind != 1 || args.cert.empty() || args.key.empty()) {
    std::fprintf(stderr,
                 "usage: %s --cert FILE --key FILE [options] DIRECTORY\n"
                 "  --listen HOST:PORT  default 127.0.0.1:0; port 0 is any that is free\n"
                 "  --ca FILE           serve only clients with a certificate from these roots\n"
                 "  --engine NAME       the TLS engine\n"
                 "  --ticket-keys FILE  shared with other servers, which then resume each other's sessions\n"
                 "  --proxy-from NET    where proxies speak the PROXY protocol, e.g. 10.0.0.0/8; repeatable\n"
                 "  --upload DIR        PUT writes files below DIR, whoever asks: see --ca\n"
                 "  --longest BYTES     of an upload, default 1073741824\n"
                 "  --chat              POST /chat and GET /chat/events, for the page in DIRECTORY/chat/\n"
                 "  --log               print a line for each request\n"
                 "  --clients N         at once, default 1000\n"
                 "  --idle SECONDS      between two requests, default 60\n"
                 "  --head SECONDS      for a handshake, and for the head of a request, default 10\n"
                 "  --step SECONDS      for each piece of a body, default 60\n"
                 "  --drain SECONDS     for the requests in hand when SIGTERM comes, default 30\n",
                 argv[0]);
    std::exit(2);
  }
  args.directory = argv[optind];
  return args;
}
