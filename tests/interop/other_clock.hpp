// Programs whose whole process has another clock than ours, by libfaketime.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "interop/ends.hpp"

namespace interop {

// why_no_other_clock says why that cannot be had here; "" if it can.
[[nodiscard]] std::string why_no_other_clock();

// with_clock gives the command that runs another at a time: "+3h" from now, or "@2050-01-01 00:00:00".
[[nodiscard]] std::vector<std::string> with_clock(std::string_view time, std::vector<std::string> command);

// moving_clock is one that can be put forward while the program runs.
class moving_clock {
 public:
  moving_clock() { put("+0"); }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string>) const;
  // put sets it, e.g. to "+3h" from now. The program sees that at once.
  void put(std::string_view time) const;

 private:
  temporary_directory directory_;
};

}  // namespace interop
