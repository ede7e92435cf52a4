// serve: the main function of a peer in memory.
#pragma once

#include "memory_workloads.hpp"
#include "support/peer.hpp"
#include "support/questions.hpp"
#include "support/stopwatch.hpp"
#include "support/workload.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <tuple>

namespace bench {

template <peer P>
class in_memory {
 public:
  explicit in_memory(const material& files) : peer_(files) { prove_that_it_verifies(files); }

  static const terms& keeps() { return P::keeps; }
  std::string version() { return peer_.version(); }

  std::string answer(std::string_view name, std::chrono::milliseconds time) {
    memory_workloads* const types = nullptr;
    return answer(name, time, types);
  }

 private:
  template <class... W>
  std::string answer(std::string_view name, std::chrono::milliseconds time, std::tuple<W...>* /*types*/) {
    std::string text;
    const bool found = ((W::about.name == name && (text = answer_as<W>(time), true)) || ...);
    if (!found) throw failure("no such workload: " + std::string(name));
    return text;
  }

  template <class W>
  std::string answer_as(std::chrono::milliseconds time) {
    W workload;
    if constexpr (timed<W>) {
      if (const std::string_view why = workload.prepare(peer_); !why.empty()) return none(why);
      const auto once = [&] { workload.once(peer_); };
      repeat_for(std::chrono::milliseconds(2), 1, once);  // other processes had the caches
      return to_answer(repeat_for(time, W::batch, once));
    } else {
      return to_answer(workload.count(peer_));
    }
  }

  // A peer that verifies nothing would be fast.
  void prove_that_it_verifies(const material& files) {
    const auto refuses = [](P& with, const char* servername) {
      try {
        static_cast<void>(with.handshake(roots::one, servername));
      } catch (const failure&) {
        return true;
      }
      return false;
    };
    if (!refuses(peer_, "elsewhere.example")) throw failure("a certificate for another name was accepted");
    material strange = files;
    strange.ca = files.strange_ca;
    P stranger(strange);
    if (!refuses(stranger, "localhost")) throw failure("a certificate of an unknown authority was accepted");
    expect<P>(peer_.handshake(roots::one, "localhost"), false);
  }

  P peer_;
};

template <peer P>
int serve(int argc, char** argv) {
  return take_questions(argc, argv, [](const material& files) { return in_memory<P>(files); });
}

}  // namespace bench
