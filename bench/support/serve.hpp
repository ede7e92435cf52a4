// serve: the main function of a peer's executable. The runner talks to it over standard input and output, a
// line a question and a line an answer:
//
//   (at the start)     terms VERSION CIPHER GROUP
//                      ready STACK
//   time NAME MS       slice OPS WALL_NS CPU_NS MALLOCS, after MS milliseconds of CPU
//   count NAME         count NUMBER
//
// or `none WHY`: the stack has no such thing; or `error WHAT`, and the process ends.
#pragma once

#include "support/peer.hpp"
#include "support/stopwatch.hpp"
#include "support/workload.hpp"
#include "workloads.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <tuple>

namespace bench {

namespace detail {

template <class W, peer P>
std::string answer(P& p, std::chrono::milliseconds time) {
  W workload;
  std::ostringstream out;
  if constexpr (timed<W>) {
    if (const std::string_view why = workload.prepare(p); !why.empty()) return "none " + std::string(why);
    const auto once = [&] { workload.once(p); };
    repeat_for(std::chrono::milliseconds(2), 1, once);  // other processes had the caches
    const slice done = repeat_for(time, W::batch, once);
    out << "slice " << done.ops << ' ' << done.wall.count() << ' ' << done.cpu.count() << ' ' << done.mallocs;
  } else {
    out << "count " << workload.count(p);
  }
  return out.str();
}

template <peer P, class... W>
std::string answer(P& p, std::string_view name, std::chrono::milliseconds time, std::tuple<W...>* /*types*/) {
  std::string text;
  const bool found = ((W::about.name == name && (text = answer<W>(p, time), true)) || ...);
  if (!found) throw failure("no such workload: " + std::string(name));
  return text;
}

// A peer that verifies nothing would be fast.
template <peer P>
void prove_that_it_verifies(P& p, const material& files) {
  const auto refuses = [](P& with, const char* servername) {
    try {
      static_cast<void>(with.handshake(roots::one, servername));
    } catch (const failure&) {
      return true;
    }
    return false;
  };
  if (!refuses(p, "elsewhere.example")) throw failure("a certificate for another name was accepted");
  material strange = files;
  strange.ca = files.strange_ca;
  P stranger(strange);
  if (!refuses(stranger, "localhost")) throw failure("a certificate of an unknown authority was accepted");
  expect<P>(p.handshake(roots::one, "localhost"), false);
}

}  // namespace detail

template <peer P>
int serve(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " PKI_DIR SYSTEM_BUNDLE\nThe runner starts it: ./dev bench\n";
    return 2;
  }
  const std::string pki = argv[1];
  try {
    const material files{.ca = pki + "/ca.pem",
                         .strange_ca = pki + "/ca2.pem",
                         .system = argv[2],
                         .cert = pki + "/server-direct.pem",
                         .key = pki + "/server-direct.key"};
    P p(files);
    detail::prove_that_it_verifies(p, files);
    std::cout << "terms " << describe(P::keeps) << "\nready " << p.version() << std::endl;
    std::string verb;
    std::string name;
    while (std::cin >> verb >> name) {
      int time = 0;
      if (verb == "time") std::cin >> time;
      all_workloads* const types = nullptr;
      std::cout << detail::answer(p, name, std::chrono::milliseconds(time), types) << std::endl;
    }
  } catch (const std::exception& e) {
    std::cout << "error " << e.what() << std::endl;
    return 1;
  }
  return 0;
}

}  // namespace bench
