#include "runner/report.hpp"

#include <sys/utsname.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <thread>

namespace bench {

namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* how, ...) {
  char text[256];
  va_list values;
  va_start(values, how);
  std::vsnprintf(text, sizeof text, how, values);
  va_end(values);
  return text;
}

// Numbers with three digits that count, or all before the point.
std::string number(double n) { return format(n >= 100 ? "%.0f" : n >= 10 ? "%.1f" : "%.2f", n); }

template <class Of>
double median_of(const showing& s, Of&& of) {
  std::vector<double> values;
  for (const slice& one : s.rounds) values.push_back(of(one));
  return quantile(std::move(values), 0.5);
}

double microseconds(const slice& s) {
  return static_cast<double>(s.cpu.count()) / 1e3 / static_cast<double>(s.ops);
}
double mallocs(const slice& s) { return static_cast<double>(s.mallocs) / static_cast<double>(s.ops); }

std::string text(const spread& s) { return format("%.3gx  (%.3g .. %.3g)", s.median, s.low, s.high); }

std::string text(const goal& g) {
  const std::string of(g.of);
  if (g.than.empty()) return of + " at most " + number(g.bound);
  return of + format(" at least %.3gx ", g.bound) + std::string(g.than);
}

std::string text(const judged_goal& g) {
  std::string line = text(g.aim) + ": " + std::string(to_string(g.is));
  if (!g.why_open.empty()) line += ", " + g.why_open;
  return line;
}

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.find(": ") + 2, line.size()));
  }
  return "unknown";
}

nlohmann::json json_of(const spread& s) { return {{"median", s.median}, {"p10", s.low}, {"p90", s.high}}; }

nlohmann::json json_of(const outcome& o) {
  nlohmann::json peers = nlohmann::json::object();
  for (const showing& s : o.peers) {
    nlohmann::json& one = peers[s.peer];
    if (!s.why_not.empty()) {
      one["not_available"] = s.why_not;
      continue;
    }
    if (!o.timed) {
      one["count"] = s.count;
      continue;
    }
    one["per_cpu_second"] = median_of(s, cpu_rate) * o.about.units_per_op;
    one["per_second"] = median_of(s, wall_rate) * o.about.units_per_op;
    one["cpu_microseconds_per_op"] = median_of(s, microseconds);
    one["mallocs_per_op"] = median_of(s, mallocs);
    for (const slice& r : s.rounds) {
      one["rounds"].push_back(
          {{"ops", r.ops}, {"cpu_ns", r.cpu.count()}, {"wall_ns", r.wall.count()}, {"mallocs", r.mallocs}});
    }
    if (const showing* ours = o.stls_beside(s); ours != nullptr && ours != &s) {
      const auto all = ratios(*ours, s);
      one["ratio_of"] = ours->peer;
      one["ratios"] = all;
      one["ratio"] = json_of(spread_of(all));
      one["ratio_by_wall_clock"] = json_of(spread_of(ratios(*ours, s, wall_rate)));
    }
  }
  nlohmann::json goals = nlohmann::json::array();
  for (const judged_goal& g : o.goals) {
    goals.push_back(
        {{"of", g.aim.of}, {"than", g.aim.than}, {"bound", g.aim.bound}, {"is", to_string(g.is)}});
  }
  return {{"title", o.about.title},    {"unit", o.about.unit},          {"peers", std::move(peers)},
          {"goals", std::move(goals)}, {"rounds_dropped", o.disturbed}, {"rounds_disturbed", o.unquiet}};
}

}  // namespace

void print(std::ostream& out, const outcome& o) {
  out << '\n' << o.about.name << ": " << o.about.title << '\n';
  if (o.timed) {
    out << format("  %-18s %14s %12s %12s   %s\n", "", std::string(o.about.unit).c_str(), "us CPU/op",
                  "mallocs/op", "stls is, median of rounds (their middle 80 %)  by the clock on the wall");
  }
  for (const showing& s : o.peers) {
    out << format("  %-18s ", s.peer.c_str());
    if (!s.why_not.empty()) {
      out << format("%14s", "not available") << ": " << s.why_not << '\n';
    } else if (!o.timed) {
      out << format("%14s ", number(s.count).c_str()) << o.about.unit << '\n';
    } else {
      out << format("%14s %12s %12s", number(median_of(s, cpu_rate) * o.about.units_per_op).c_str(),
                    number(median_of(s, microseconds)).c_str(), number(median_of(s, mallocs)).c_str());
      const showing* ours = o.stls_beside(s);
      if (ours != nullptr && ours != &s) {
        out << "   " << text(spread_of(ratios(*ours, s)))
            << format("  %.3gx", spread_of(ratios(*ours, s, wall_rate)).median);
      }
      out << '\n';
    }
  }
  for (const judged_goal& g : o.goals) out << "  goal: " << text(g) << '\n';
  if (o.disturbed + o.unquiet != 0) {
    out << "  " << o.disturbed << " rounds dropped since the machine was not steady";
    if (o.unquiet != 0) out << ", and " << o.unquiet << " kept although it was not";
    out << '\n';
  }
}

void print_goals(std::ostream& out, const std::vector<outcome>& all) {
  out << "\ngoals\n";
  for (const outcome& o : all) {
    for (const judged_goal& g : o.goals) {
      out << format("  %-15s %-12s", std::string(o.about.name).c_str(), std::string(to_string(g.is)).c_str())
          << text(g.aim);
      const showing* ours = o.find(g.aim.of);
      const showing* theirs = o.find(g.aim.than);
      if (!o.timed && ours != nullptr) {
        out << ", is " << number(ours->count);
      } else if (o.timed && ours != nullptr && theirs != nullptr) {
        out << ", is " << text(spread_of(ratios(*ours, *theirs)));
      }
      out << '\n';
    }
  }
}

std::string to_json(const std::vector<outcome>& all, const stacks& peers, const calibration& machine) {
  nlohmann::json top;
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  utsname kernel{};
  uname(&kernel);
  const spread spins = spread_of(machine.spins());
  top["date"] = date;
  top["machine"] = {{"cpu", cpu_model()},
                    {"cpus", std::thread::hardware_concurrency()},
                    {"kernel", std::string(kernel.sysname) + ' ' + kernel.release},
                    {"spin_ns", json_of(spins)}};
  top["compiler"] = __VERSION__;
  for (const auto& p : peers) top["peers"][p.peer] = {{"stack", p.version}, {"terms", p.terms}};
  for (const outcome& o : all) top["workloads"][std::string(o.about.name)] = json_of(o);
  return top.dump(2) + '\n';
}

}  // namespace bench
