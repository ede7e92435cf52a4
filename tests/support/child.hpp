// Parts of a test that run in a process of their own: another environment, or something that may kill it.
#pragma once

#include <map>
#include <string>

namespace stls::test {

// child_part registers a function under a name, at namespace scope:
//
//   const child_part weak("weak_openssl_conf", [] { std::puts("..."); return 0; });
class child_part {
 public:
  child_part(const char* name, int (*run)());
};

struct child_result {
  int exit_code = -1;  // -1: it was killed
  int signal = 0;
  std::string output;  // stdout and stderr
};

// run_child runs that part in a new process of this program, with these variables added to the environment.
child_result run_child(const std::string& part, const std::map<std::string, std::string>& environment = {});

// child_main is for main(): the exit code of the part that this process shall run, or -1 if it is not a
// child.
int child_main();

}  // namespace stls::test
