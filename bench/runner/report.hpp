// report: outcomes as a table for people and as JSON for programs.
#pragma once

#include "runner/calibration.hpp"
#include "runner/outcome.hpp"
#include "runner/peer_process.hpp"

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace bench {

void print(std::ostream&, const outcome&);
// print_goals sums up.
void print_goals(std::ostream&, const std::vector<outcome>&);

[[nodiscard]] std::string to_json(const std::vector<outcome>&,
                                  const std::vector<std::unique_ptr<peer_process>>&, const calibration&);

}  // namespace bench
