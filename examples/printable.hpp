// What somebody said, for somebody else's screen.
#pragma once

#include <string>

// printable is a line without control characters: it stays one line, and does nothing to anybody's terminal.
[[nodiscard]] inline std::string printable(std::string line) {
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return line;
}
