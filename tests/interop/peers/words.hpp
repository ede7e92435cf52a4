// The command line of the peers: words like `port=4433`.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

class words {
 public:
  words(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      const auto equals = word.find('=');
      if (equals == word.npos) throw std::runtime_error("not NAME=VALUE: " + std::string(word));
      all_.emplace(word.substr(0, equals), word.substr(equals + 1));
    }
  }

  // Of a word that was not given it is "".
  [[nodiscard]] std::string operator[](const std::string& name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? std::string() : found->second;
  }

  [[nodiscard]] std::uint32_t number(const std::string& name) const {
    const std::string text = (*this)[name];
    std::uint32_t n = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (bad != std::errc() || end != text.data() + text.size())
      throw std::runtime_error(name + ": no number");
    return n;
  }

  // The bytes behind hexadecimal digits.
  [[nodiscard]] std::string bytes(const std::string& name) const {
    const std::string digits = (*this)[name];
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      unsigned value = 0;
      const char* const at = digits.data() + i;
      if (std::from_chars(at, at + 2, value, 16).ptr != at + 2)
        throw std::runtime_error(name + ": no digits");
      bytes.push_back(static_cast<char>(value));
    }
    return bytes;
  }

 private:
  std::map<std::string, std::string> all_;
};
