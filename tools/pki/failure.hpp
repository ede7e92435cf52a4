// The one exception of make_pki: a sentence for the user.
#pragma once

#include <stdexcept>

namespace pki {

class failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pki
