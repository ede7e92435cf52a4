// report: outcomes as a table for people and as JSON for programs.
#pragma once

#include "runner/calibration.hpp"
#include "runner/outcome.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace bench {

void print(std::ostream&, const outcome&);
// print_goals sums up.
void print_goals(std::ostream&, const std::vector<outcome>&);

// stacks is what ran.
struct stack_that_ran {
  std::string peer;
  std::string version;
  std::string terms;
};
using stacks = std::vector<stack_that_ran>;

[[nodiscard]] std::string to_json(const std::vector<outcome>&, const stacks&, const calibration&);

}  // namespace bench
