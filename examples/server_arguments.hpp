// The command line of file_server.
#pragma once

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <stls/stls.hpp>
#include <string>

struct server_arguments {
  std::string host = "127.0.0.1";
  std::string port = "0";  // any that is free
  std::string cert, key;
  std::string ca;  // roots of the clients; none: clients need no certificate
  std::string engine;
  std::string directory;
};

inline server_arguments parse_arguments(int argc, char** argv) {
  static const option known[] = {
      {"listen", required_argument, nullptr, 'l'}, {"cert", required_argument, nullptr, 'c'},
      {"key", required_argument, nullptr, 'k'},    {"ca", required_argument, nullptr, 'a'},
      {"engine", required_argument, nullptr, 'e'}, {nullptr, 0, nullptr, 0}};
  server_arguments args;
  std::string listen = args.host + ":" + args.port;
  bool usage = false;
  for (int letter = 0; (letter = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (letter) {
      case 'l':
        listen = optarg;
        break;
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
      default:
        usage = true;
    }
  }
  const auto colon = listen.rfind(':');
  if (usage || argc - optind != 1 || colon == listen.npos) {
    std::fprintf(stderr,
                 "usage: %s --cert FILE --key FILE [options] DIRECTORY\n"
                 "  --listen HOST:PORT  default 127.0.0.1:0; port 0 is any that is free\n"
                 "  --ca FILE           serve only clients with a certificate from these roots\n"
                 "  --engine NAME       the TLS engine\n",
                 argv[0]);
    std::exit(2);
  }
  args.host = listen.substr(0, colon);
  args.port = listen.substr(colon + 1);
  args.directory = argv[optind];
  return args;
}
