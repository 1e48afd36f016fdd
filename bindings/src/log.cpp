#include "log.h"

#include <mutex>

namespace landbc {
namespace {

struct Sink {
  std::mutex mutex;
  landbc_log_function function = nullptr;
  void *context = nullptr;
};

Sink &sink() {
  static Sink only;
  return only;
}

}  // namespace

void set_log(landbc_log_function log, void *context) noexcept {
  Sink &to = sink();
  const std::lock_guard lock(to.mutex);
  to.function = log;
  to.context = context;
}

bool log_open() noexcept {
  Sink &to = sink();
  const std::lock_guard lock(to.mutex);
  return to.function != nullptr;
}

void log_line(landbc_log_level level, const std::string &line) noexcept {
  Sink &to = sink();
  landbc_log_function function = nullptr;
  void *context = nullptr;
  {
    const std::lock_guard lock(to.mutex);
    function = to.function;
    context = to.context;
  }
  // The host's function may throw if it is C++; nothing of that goes on through the library.
  try {
    if (function != nullptr) function(context, level, line.c_str());
  } catch (...) {
    return;
  }
}

}  // namespace landbc
