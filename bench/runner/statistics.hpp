// statistics: the middle of some numbers, and how far they spread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

// quantile is the value below which the part q of the values lies, 0 <= q <= 1, between two of them where
// needed.
inline double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

// spread is the median and what the middle 80 % of the values span.
struct spread {
  double low = 0;
  double median = 0;
  double high = 0;
};

inline spread spread_of(const std::vector<double>& values) {
  return {.low = quantile(values, 0.1), .median = quantile(values, 0.5), .high = quantile(values, 0.9)};
}

}  // namespace bench
