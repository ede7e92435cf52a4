// bench_runner starts the peers and has them do the workloads by turns. It ends with 0 whatever it measured:
// only a run that was not what it says to be (a peer that failed, a connection not verified) is an error.
#include "runner/calibration.hpp"
#include "runner/outcome.hpp"
#include "runner/peer_process.hpp"
#include "runner/report.hpp"
#include "runner/rounds.hpp"
#include "support/peer.hpp"
#include "support/workload.hpp"
#include "workloads.hpp"

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
  fs::path peers;
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
  return {entry{W::about, bench::timed<W>}...};
}

std::vector<entry> chosen(const std::vector<std::string>& names) {
  bench::all_workloads* const types = nullptr;
  std::vector<entry> all = table(types);
  // What takes time first, in the order of the files.
  std::stable_partition(all.begin(), all.end(), [](const entry& e) { return e.timed; });
  if (names.empty()) return all;
  std::vector<entry> some;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const entry& e) { return e.about.name == name; });
    if (found == all.end()) {
      std::string known;
      for (const entry& e : all) known += ' ' + std::string(e.about.name);
      throw usage_error("no such workload: " + name + "; there are:" + known);
    }
    some.push_back(*found);
  }
  return some;
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
peers_started start(const arguments& args) {
  const fs::path bundle = make_bundle(args);
  peers_started all;
  for (const auto& file : fs::directory_iterator(args.peers)) {
    if (file.is_regular_file())
      all.push_back(std::make_unique<bench::peer_process>(file.path(), args.pki, bundle));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    if (a->terms() != b->terms()) return a->terms() > b->terms();
    const bool a_first = bench::is_stls(a->name());
    return a_first != bench::is_stls(b->name()) ? a_first : a->name() < b->name();
  });
  return all;
}

void run(const arguments& args) {
  const std::vector<entry> workloads = chosen(args.workloads);
  const peers_started peers = start(args);
  for (const auto& p : peers) {
    std::cout << "peer " << p->name() << ": " << p->version() << "; " << p->terms() << std::endl;
  }
  bench::calibration machine;
  std::vector<bench::outcome> all;
  for (const entry& e : workloads) {
    all.push_back(e.timed ? bench::measure(e.about, peers, args.how, machine) : bench::count(e.about, peers));
    bench::print(std::cout, all.back());
    std::cout << std::flush;
  }
  bench::print_goals(std::cout, all);
  if (args.json.empty()) return;
  std::ofstream out(args.json);
  if (!(out << bench::to_json(all, peers, machine))) throw failure("cannot write " + args.json.string());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse({argv + 1, argv + argc}));
  } catch (const usage_error& e) {
    std::cerr << "bench_runner: " << e.what()
              << "\nusage: bench_runner --peers DIR --pki DIR [--bundle PEM] [--json FILE] [--rounds N]"
                 " [--milliseconds N] [WORKLOAD...]\n";
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "bench_runner: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
