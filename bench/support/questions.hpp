// questions: how the runner talks to a peer's executable, over standard input and output, a line a question
// and a line an answer:
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

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace bench {

inline std::string to_answer(const slice& done) {
  return "slice " + std::to_string(done.ops) + ' ' + std::to_string(done.wall.count()) + ' ' +
         std::to_string(done.cpu.count()) + ' ' + std::to_string(done.mallocs);
}
inline std::string to_answer(double count) { return "count " + std::to_string(count); }
inline std::string none(std::string_view why) { return "none " + std::string(why); }

// take_questions is the main function of a peer. `peer_of` makes it from its material; it has keeps, version
// and answer(name, time).
template <class Make>
int take_questions(int argc, char** argv, Make&& peer_of) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " PKI_DIR SYSTEM_BUNDLE\nThe runner starts it: ./dev bench\n";
    return 2;
  }
  const std::string pki = argv[1];
  try {
    auto p = peer_of(material{.ca = pki + "/ca.pem",
                              .strange_ca = pki + "/ca2.pem",
                              .system = argv[2],
                              .cert = pki + "/server-direct.pem",
                              .key = pki + "/server-direct.key"});
    std::cout << "terms " << describe(p.keeps()) << "\nready " << p.version() << std::endl;
    std::string verb;
    std::string name;
    while (std::cin >> verb >> name) {
      int time = 0;
      if (verb == "time") std::cin >> time;
      std::cout << p.answer(name, std::chrono::milliseconds(time)) << std::endl;
    }
  } catch (const std::exception& e) {
    std::cout << "error " << e.what() << std::endl;
    return 1;
  }
  return 0;
}

}  // namespace bench
