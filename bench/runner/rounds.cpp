#include "runner/rounds.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>

namespace bench {

namespace {

// By how much the machine may be off before a round counts as disturbed, and how many are tried for one.
constexpr double tolerance = 0.10;
constexpr int tries = 3;

struct one_round {
  std::vector<slice> slices;  // in the order of the peers
  double off = 0;
};

void add(slice& sum, const slice& more) {
  sum.ops += more.ops;
  sum.wall += more.wall;
  sum.cpu += more.cpu;
  sum.mallocs += more.mallocs;
}

one_round go_round(std::string_view workload, const std::vector<peer_process*>& peers,
                   std::chrono::milliseconds time, bool backwards, calibration& machine) {
  one_round r{.slices = std::vector<slice>(peers.size()), .off = machine.spin()};
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < peers.size(); ++i) {
      const bool turned = (pass % 2 == 1) != backwards;
      const std::size_t who = turned ? peers.size() - 1 - i : i;
      if (const auto part = peers[who]->time(workload, time / passes)) add(r.slices[who], *part);
    }
    if (pass % 4 == 3) r.off = std::max(r.off, machine.spin());
  }
  return r;
}

}  // namespace

outcome measure(const description& about, const std::vector<std::unique_ptr<peer_process>>& peers,
                const plan& how, calibration& machine) {
  outcome result;
  result.about = about;
  std::vector<peer_process*> able;
  for (const auto& p : peers) {
    // The first time warms up, and tells who can.
    const bool can = p->time(about.name, std::chrono::milliseconds(20)).has_value();
    if (can) able.push_back(p.get());
    result.peers.push_back({.peer = p->name(),
                            .terms = p->terms(),
                            .why_not = can ? "" : p->why_not(),
                            .rounds = {},
                            .count = 0});
  }
  if (able.empty()) return result;

  std::vector<one_round> rounds;
  const auto wanted = static_cast<std::size_t>(how.rounds);
  const auto quiet = [&] {
    return std::count_if(rounds.begin(), rounds.end(), [](const one_round& r) { return r.off <= tolerance; });
  };
  while (static_cast<std::size_t>(quiet()) < wanted && rounds.size() < wanted * tries) {
    rounds.push_back(go_round(about.name, able, how.round, rounds.size() % 2 == 1, machine));
    std::cerr << (rounds.back().off <= tolerance ? '.' : '!') << std::flush;
  }
  std::cerr << '\n';
  // On a machine that is never quiet the rounds that were least disturbed have to do.
  std::stable_sort(rounds.begin(), rounds.end(), [](const one_round& a, const one_round& b) {
    return std::max(a.off, tolerance) < std::max(b.off, tolerance);
  });
  result.unquiet = std::max(0, how.rounds - static_cast<int>(quiet()));
  result.disturbed = static_cast<int>(rounds.size() - wanted);
  rounds.resize(wanted);

  std::size_t who = 0;
  for (showing& s : result.peers) {
    if (!s.why_not.empty()) continue;
    for (const one_round& r : rounds) s.rounds.push_back(r.slices[who]);
    ++who;
  }
  result.judge();
  return result;
}

outcome count(const description& about, const std::vector<std::unique_ptr<peer_process>>& peers) {
  outcome result;
  result.about = about;
  result.timed = false;
  for (const auto& p : peers) {
    const auto n = p->count(about.name);
    result.peers.push_back({.peer = p->name(),
                            .terms = p->terms(),
                            .why_not = n ? "" : p->why_not(),
                            .rounds = {},
                            .count = n.value_or(0)});
  }
  result.judge();
  return result;
}

}  // namespace bench
