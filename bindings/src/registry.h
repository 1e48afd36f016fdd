// Live handles. A handle is a token that is never used again and that no pointer can equal, so that a stale,
// foreign or made-up pointer is recognised instead of being followed.
#pragma once

#include <memory>
#include <string>

#include "landbc.h"

namespace landbc {

class Engine;

struct Entry {
  std::unique_ptr<Engine> engine;
  std::string last_error;

  explicit Entry(std::unique_ptr<Engine> engine);
  ~Entry();
};

// Makes an engine known and returns its token.
landbc_handle *add_handle(std::unique_ptr<Engine> engine);

// The entry of a token; null if the handle is null, finalized or foreign.
std::shared_ptr<Entry> find_handle(const landbc_handle *handle) noexcept;

// Takes the entry out; null as above. The engine ends with the last owner.
std::shared_ptr<Entry> remove_handle(const landbc_handle *handle) noexcept;

}  // namespace landbc
