#include "guard.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>

#include "error.h"
#include "log.h"

namespace landbc {
namespace {

class LoggedWarnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning &warning) override {
    tell(LANDBC_LOG_WARNING, "libtorch: ", first_line(warning.msg()));
  }
};

// Puts the log in place of the thread's handler, and the thread's back at the end.
class WarningScope {
 public:
  WarningScope() : before_(c10::WarningUtils::get_warning_handler()) {
    c10::WarningUtils::set_warning_handler(&logged_);
  }
  ~WarningScope() { c10::WarningUtils::set_warning_handler(before_); }
  WarningScope(const WarningScope &) = delete;
  WarningScope &operator=(const WarningScope &) = delete;

 private:
  LoggedWarnings logged_;
  c10::WarningHandler *before_;
};

Outcome outcome(landbc_status status, const std::string &sentence) noexcept {
  Outcome result;
  result.status = status;
  try {
    result.sentence = sentence;
  } catch (...) {
    result.sentence.clear();
  }
  return result;
}

Outcome outcome_of_current_exception() noexcept {
  try {
    try {
      throw;
    } catch (const Error &error) {
      return outcome(error.status(), error.what());
    } catch (const c10::OutOfMemoryError &error) {
      return outcome(LANDBC_ERROR_DEVICE,
                     "the device ran out of memory: " + first_line(error.what_without_backtrace()));
    } catch (const std::bad_alloc &) {
      return outcome(LANDBC_ERROR_MEMORY, "the host ran out of memory");
    } catch (const c10::Error &error) {
      const std::string line = first_line(error.what_without_backtrace());
      if (line.find("DefaultCPUAllocator") != std::string::npos) {
        return outcome(LANDBC_ERROR_MEMORY, "the host ran out of memory: " + line);
      }
      return outcome(LANDBC_ERROR_INTERNAL, "libtorch reports: " + line);
    } catch (const std::exception &error) {
      return outcome(LANDBC_ERROR_INTERNAL, "unexpected: " + first_line(error.what()));
    }
  } catch (...) {
    return outcome(LANDBC_ERROR_INTERNAL, "unexpected: an exception of unknown type");
  }
}

}  // namespace

std::string first_line(const std::string &text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string::npos) return "no text";
  return text.substr(begin, text.find('\n', begin) - begin);
}

Outcome guarded(c10::function_ref<void()> body) noexcept {
  try {
    const WarningScope quiet;
    body();
    return {};
  } catch (...) {
    return outcome_of_current_exception();
  }
}

}  // namespace landbc
