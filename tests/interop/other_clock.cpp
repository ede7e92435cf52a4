#include "interop/other_clock.hpp"

#include <cstdio>
#include <system_error>

#include "interop/program.hpp"
#include "support/heap.hpp"

namespace interop {
namespace {

// The loader puts the directory of the machine's libraries in the place of $LIB.
std::vector<std::string> preloaded(const std::vector<std::string>& settings,
                                   std::vector<std::string> command) {
  std::vector<std::string> all = {"env", "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1",
                                  "DONT_FAKE_MONOTONIC=1"};
  all.insert(all.end(), settings.begin(), settings.end());
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

}  // namespace

std::string why_no_other_clock() {
  if (!stls::test::heap::counted()) return "a program with a sanitizer does not bear libfaketime";
  program date(with_clock("@2050-01-01 00:00:00", {"date", "-u", "+%Y"}));
  if (date.line(0) == "2050") return "";
  return "there is no libfaketime here; it is in Debian's package of that name";
}

std::vector<std::string> with_clock(std::string_view time, std::vector<std::string> command) {
  return preloaded({"FAKETIME=" + std::string(time)}, std::move(command));
}

std::vector<std::string> moving_clock::command(std::vector<std::string> command) const {
  return preloaded({"FAKETIME_TIMESTAMP_FILE=" + directory_.path() + "/time", "FAKETIME_NO_CACHE=1"},
                   std::move(command));
}

void moving_clock::put(std::string_view time) const {
  // At once: the program must never read half a file.
  const std::string written = directory_.write("new", std::string(time) + "\n");
  if (std::rename(written.c_str(), (directory_.path() + "/time").c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), written);
}

}  // namespace interop
