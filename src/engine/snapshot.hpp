// The frozen form of a config, and the memo of what was compiled from it.
#pragma once

#include "config/settings.hpp"

#include <stls/config.hpp>
#include <stls/engine.hpp>
#include <stls/error.hpp>
#include <stls/export.hpp>

#include <array>
#include <memory>
#include <mutex>

STLS_NAMESPACE_BEGIN

// Contexts keep the settings alive, not the snapshot: it holds the contexts, and a circle would never be
// freed.
struct config::snapshot {
  snapshot(std::shared_ptr<const settings> s, const provider& p, std::shared_ptr<const credentials> c)
      : parsed(std::move(s)), engine(p), loaded(std::move(c)) {}

  std::shared_ptr<const settings> parsed;
  const provider& engine;
  std::shared_ptr<const credentials> loaded;

  struct memo {
    std::mutex mutex;
    std::shared_ptr<const context> compiled;
  };
  mutable std::array<memo, 2> memos;  // one a role
};

// compiled gives the context of a role: compiled the first time, found afterwards, from any thread.
[[nodiscard]] result<std::shared_ptr<const context>> compiled(const config&, role);

STLS_NAMESPACE_END
