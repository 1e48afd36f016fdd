// The log: one line at a time to the host's callback, nowhere where there is none.
#pragma once

#include <sstream>
#include <string>

#include "landbc.h"

namespace landbc {

void set_log(landbc_log_function log, void *context) noexcept;

// Never throws: a line that cannot be told is dropped.
void log_line(landbc_log_level level, const std::string &line) noexcept;

// Whether anybody listens.
bool log_open() noexcept;

template <class... Parts>
void tell(landbc_log_level level, const Parts &...parts) {
  if (!log_open()) return;
  std::ostringstream line;
  (line << ... << parts);
  log_line(level, line.str());
}

}  // namespace landbc
