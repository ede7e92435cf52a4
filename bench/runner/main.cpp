// bench_runner starts the peers and has them do the workloads by turns. It ends with 0 whatever it measured:
// only a run that was not what it says to be (a peer that failed, a connection not verified) is an error.
#include "loopback_workloads.hpp"
#include "memory_workloads.hpp"
#include "runner/calibration.hpp"
#include "runner/outcome.hpp"
#include "runner/peer_process.hpp"
#include "runner/report.hpp"
#include "runner/rounds.hpp"
#include "support/peer.hpp"
#include "support/workload.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

namespace fs = std::filesystem;
using bench::description;
using bench::failure;

constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";

struct usage_error : failure {
  using failure::failure;
};

struct arguments {
  fs::path peers;     // in memory
  fs::path loopback;  // on sockets; empty: there are none
  fs::path pki;
  fs::path bundle = system_bundle;
  fs::path json;
  bench::plan how;
  std::vector<std::string> workloads;
};

int positive(const std::string& text) {
  int n = 0;
  const char* const last = text.data() + text.size();
  const auto read = std::from_chars(text.data(), last, n);
  if (read.ec != std::errc() || read.ptr != last || n < 1 || n > 100000) {
    throw usage_error("'" + text + "' is not a number from 1 to 100000");
  }
  return n;
}

arguments parse(const std::vector<std::string>& words) {
  arguments args;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with('-')) {
      args.workloads.push_back(word);
      continue;
    }
    if (++i == words.size()) throw usage_error(word + " needs a value");
    const std::string& value = words[i];
    if (word == "--peers") {
      args.peers = value;
    } else if (word == "--loopback") {
      args.loopback = value;
    } else if (word == "--pki") {
      args.pki = value;
    } else if (word == "--bundle") {
      args.bundle = value;
    } else if (word == "--json") {
      args.json = value;
    } else if (word == "--rounds") {
      args.how.rounds = positive(value);
    } else if (word == "--milliseconds") {
      args.how.round = std::chrono::milliseconds(positive(value));
    } else {
      throw usage_error("no such option: " + word);
    }
  }
  if (args.peers.empty() || args.pki.empty()) throw usage_error("--peers and --pki are missing");
  return args;
}

struct entry {
  description about;
  bool timed;
};

template <class... W>
std::vector<entry> table(std::tuple<W...>* /*types*/) {
  std::vector<entry> all{entry{W::about, bench::timed<W>}...};
  // What takes time first, in the order of the files.
  std::stable_partition(all.begin(), all.end(), [](const entry& e) { return e.timed; });
  return all;
}

// setting is peers of one kind, and what they are asked for.
struct setting {
  fs::path programs;
  std::vector<entry> workloads;
};

std::vector<setting> settings(const arguments& args) {
  bench::memory_workloads* const in_memory = nullptr;
  bench::loopback_workloads* const on_loopback = nullptr;
  std::vector<setting> all{{args.peers, table(in_memory)}};
  if (!args.loopback.empty()) all.push_back({args.loopback, table(on_loopback)});
  return all;
}

// keep_only leaves what was asked for.
void keep_only(const std::vector<std::string>& names, std::vector<setting>& all) {
  std::string known;
  for (const setting& s : all) {
    for (const entry& e : s.workloads) known += ' ' + std::string(e.about.name) + ' ';
  }
  for (const std::string& name : names) {
    if (known.find(' ' + name + ' ') == std::string::npos)
      throw usage_error("no such workload: " + name + "; there are:" + known);
  }
  for (setting& s : all) {
    std::erase_if(s.workloads, [&](const entry& e) {
      return std::find(names.begin(), names.end(), e.about.name) == names.end();
    });
  }
}

// The system's roots and the one that signed the server's certificate, in one file.
fs::path make_bundle(const arguments& args) {
  const fs::path made = args.pki / "system.pem";
  std::ofstream out(made);
  for (const fs::path& part : {args.bundle, args.pki / "ca.pem"}) {
    std::ifstream in(part);
    if (!(out << in.rdbuf())) throw failure("cannot copy " + part.string() + " into " + made.string());
  }
  return made;
}

using peers_started = std::vector<std::unique_ptr<bench::peer_process>>;

// Those that are compared stand together, stls first, and the newest terms come first.
peers_started start(const fs::path& programs, const fs::path& pki, const fs::path& bundle) {
  peers_started all;
  for (const auto& file : fs::directory_iterator(programs)) {
    if (file.is_regular_file())
      all.push_back(std::make_unique<bench::peer_process>(file.path(), pki, bundle));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    if (a->terms() != b->terms()) return a->terms() > b->terms();
    const bool a_first = bench::is_stls(a->name());
    return a_first != bench::is_stls(b->name()) ? a_first : a->name() < b->name();
  });
  return all;
}

void run(const arguments& args) {
  std::vector<setting> all = settings(args);
  if (!args.workloads.empty()) keep_only(args.workloads, all);
  const fs::path bundle = make_bundle(args);
  bench::calibration machine;
  std::vector<bench::outcome> outcomes;
  bench::stacks used;
  for (const setting& s : all) {
    if (s.workloads.empty()) continue;
    const peers_started peers = start(s.programs, args.pki, bundle);
    for (const auto& p : peers) {
      std::cout << "peer " << p->name() << ": " << p->version() << "; " << p->terms() << std::endl;
      used.push_back({p->name(), p->version(), p->terms()});
    }
    for (const entry& e : s.workloads) {
      outcomes.push_back(e.timed ? bench::measure(e.about, peers, args.how, machine)
                                 : bench::count(e.about, peers));
      bench::print(std::cout, outcomes.back());
      std::cout << std::flush;
    }
  }
  bench::print_goals(std::cout, outcomes);
  if (args.json.empty()) return;
  std::ofstream out(args.json);
  if (!(out << bench::to_json(outcomes, used, machine))) throw failure("cannot write " + args.json.string());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse({argv + 1, argv + argc}));
  } catch (const usage_error& e) {
    std::cerr << "bench_runner: " << e.what()
              << "\nusage: bench_runner --peers DIR --pki DIR [--loopback DIR] [--bundle PEM] [--json FILE] "
                 "[--rounds N]"
                 " [--milliseconds N] [WORKLOAD...]\n";
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "bench_runner: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
