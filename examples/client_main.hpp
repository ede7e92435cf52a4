// What the two file clients do around fetching.
#pragma once

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <ostream>
#include <stdexcept>
#include <string>

#include "client_arguments.hpp"
#include "tcp.hpp"

// fetch_into_file lets nobody see a file that is not whole: it gets its name when all of it is there.
template <class Fetch>
void fetch_into_file(const client_arguments& args, Fetch fetch) {
  const std::string part = args.output + ".part";
  std::ofstream file(part, std::ios::binary);
  if (!file) throw_errno(part);
  try {
    fetch(args, file);
    file.close();
    if (!file) throw std::runtime_error(part + " cannot be written");
    if (std::rename(part.c_str(), args.output.c_str()) != 0) throw_errno(args.output);
  } catch (...) {
    std::remove(part.c_str());
    throw;
  }
}

// client_main is main: fetch(args, out) writes the file to a stream, or throws what is to be said.
template <class Fetch>
int client_main(const char* program, int argc, char** argv, Fetch fetch) {
  const client_arguments args = parse_arguments(argc, argv);
  try {
    if (args.output.empty()) {
      fetch(args, std::cout);
    } else {
      fetch_into_file(args, fetch);
    }
    return 0;
  } catch (const std::exception& e) {
    std::cerr << program << ": " << e.what() << '\n';
    return 1;
  }
}
