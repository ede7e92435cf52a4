// config_watcher: a config that follows its files.
#pragma once

#include <stls/config.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>
#include <stls/options.hpp>
#include <stls/sock/expires.hpp>
#include <stls/sock/task.hpp>

#include <asio/any_io_executor.hpp>

#include <chrono>
#include <memory>

STLS_NAMESPACE_BEGIN

class config_watcher_body;

// watch_options says how patient a config_watcher is.
struct watch_options {
  watch_options() noexcept {}  // NOLINT(modernize-use-equals-default): see server_options

  // So long nothing must change before the files are read: those who replace a certificate and its key do it
  // one after the other. While things go on changing, ten times as long at the most.
  std::chrono::steady_clock::duration quiet = std::chrono::milliseconds(100);
  // So long after files that make no config others may still come, before that is an error.
  std::chrono::steady_clock::duration patience = std::chrono::seconds(2);
};

// config_watcher makes a config of its options anew whenever a file that they name has changed: certificates,
// keys, staples, roots, CRLs, ticket keys, and what is in ca_path. The system's roots are not among them.
//
//   auto files = stls::config_watcher::make(executor, opt).value();
//   auto server = co_await stls::listen("*", 443, files.current());
//   for (;;) {                                   // in a coroutine of its own
//     auto conf = co_await files.next();
//     if (conf) {
//       auto done = server->reload(*conf);
//     } else if (conf.error() == stls::errc::closed) {
//       break;
//     } else {
//       std::cerr << conf.error() << '\n';       // the old one serves on
//     }
//   }
//
// It looks at all that decides what is found under a name: it notices files that are written, replaced by a
// rename or removed, and links and whole directories that are, on the way to the file or at its end; but for
// what is replaced in a directory on the way that it may not read. That covers certbot, and the volumes of
// Kubernetes. Files that are read half-written are read again.
//
// It is movable, and belongs to its executor, where the files are also read. It needs inotify, which is
// Linux's; changes that other machines make to files of a network are not seen.
class STLS_EXPORT config_watcher {
 public:
  config_watcher() noexcept;  // empty: next answers errc::invalid_state
  config_watcher(config_watcher&&) noexcept;
  config_watcher& operator=(config_watcher&&) noexcept;
  ~config_watcher();  // a next that waits ends with errc::closed

  // make makes the first config and begins to watch; what changes from then on is noticed. Errors: those of
  // config::make; errc::unsupported, without inotify; a std::errc of the system where that cannot watch.
  [[nodiscard]] static result<config_watcher> make(asio::any_io_executor, const options&,
                                                   const watch_options& = {});

  // current is the latest config that could be made.
  [[nodiscard]] const config& current() const noexcept;

  // next waits until files have changed, and gives the config that they make now. If they make none, it is
  // the error of config::make, and current stays as it is; call it again, to wait for further changes.
  // errc::busy: another one waits. What is over by errc::timed_out or errc::cancelled has lost no change, and
  // no time: the next call goes on waiting where it stopped.
  [[nodiscard]] task<config> next(expires = {});

  void cancel();  // ends a next that waits with errc::cancelled
  [[nodiscard]] asio::any_io_executor get_executor() const noexcept;

 private:
  explicit config_watcher(std::shared_ptr<config_watcher_body>) noexcept;
  std::shared_ptr<config_watcher_body> body_;
};

STLS_NAMESPACE_END
