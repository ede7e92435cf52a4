// The command line of the two file clients.
#pragma once

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <string>

struct client_arguments {
  std::string host, port, name;
  std::string servername;  // what the certificate must name; default: the host
  std::string ca;          // a file of trusted roots instead of the system's
  std::string crl;         // a file of revoked certificates, one list of each issuer
  std::string cert, key;   // shown to a server that asks for a certificate
  std::string session;     // a file in which the session waits for the next run
  std::string protocols;   // e.g. tlsv1.2
  std::string engine;
  std::string output;  // a file; default: standard output
  bool verbose = false;
};

[[noreturn]] inline void print_usage_and_exit(const char* program) {
  std::fprintf(stderr,
               "usage: %s [options] HOST PORT NAME\n"
               "  --output FILE      write there, not to standard output\n"
               "  --servername NAME  what the certificate must name, if not HOST\n"
               "  --ca FILE          trust these roots instead of the system's\n"
               "  --crl FILE         refuse the certificates on these revocation lists\n"
               "  --cert FILE --key FILE  show this certificate if the server asks for one\n"
               "  --session FILE     resume the session in this file, and leave the next one there\n"
               "  --protocols LIST   e.g. tlsv1.2\n"
               "  --engine NAME      the TLS engine\n"
               "  --verbose          print what was negotiated\n",
               program);
  std::exit(2);
}

inline client_arguments parse_arguments(int argc, char** argv) {
  static const option known[] = {{"output", required_argument, nullptr, 'o'},
                                 {"servername", required_argument, nullptr, 's'},
                                 {"ca", required_argument, nullptr, 'a'},
                                 {"crl", required_argument, nullptr, 'r'},
                                 {"cert", required_argument, nullptr, 'c'},
                                 {"key", required_argument, nullptr, 'k'},
                                 {"session", required_argument, nullptr, 'n'},
                                 {"protocols", required_argument, nullptr, 'p'},
                                 {"engine", required_argument, nullptr, 'e'},
                                 {"verbose", no_argument, nullptr, 'v'},
                                 {nullptr, 0, nullptr, 0}};
  client_arguments args;
  for (int letter = 0; (letter = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    switch (letter) {
      case 'o':
        args.output = optarg;
        break;
      case 's':
        args.servername = optarg;
        break;
      case 'a':
        args.ca = optarg;
        break;
      case 'r':
        args.crl = optarg;
        break;
      case 'n':
        args.session = optarg;
        break;
      case 'c':
        args.cert = optarg;
        break;
      case 'k':
        args.key = optarg;
        break;
      case 'p':
        args.protocols = optarg;
        break;
      case 'e':
        args.engine = optarg;
        break;
      case 'v':
        args.verbose = true;
        break;
      default:
        print_usage_and_exit(argv[0]);
    }
  }
  if (argc - optind != 3) print_usage_and_exit(argv[0]);
  args.host = argv[optind];
  args.port = argv[optind + 1];
  args.name = argv[optind + 2];
  if (args.servername.empty()) args.servername = args.host;
  return args;
}
