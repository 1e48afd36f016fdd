// Lines reach the callback with their context; without one, or with one that throws, nothing happens.
#include <stdexcept>
#include <vector>

#include "expect.h"
#include "log.h"

int main() {
  std::vector<std::string> lines;
  const auto keep = [](void *context, int32_t level, const char *message) {
    static_cast<std::vector<std::string> *>(context)->push_back(std::to_string(level) + message);
  };
  landbc::tell(LANDBC_LOG_INFO, "nobody listens");
  landbc::set_log(keep, &lines);
  landbc::tell(LANDBC_LOG_WARNING, "year ", 2010);
  landbc::set_log([](void *, int32_t, const char *) { throw std::runtime_error("no"); }, nullptr);
  landbc::tell(LANDBC_LOG_INFO, "thrown away");
  landbc::set_log(nullptr, nullptr);
  landbc::tell(LANDBC_LOG_INFO, "nobody listens");
  expect(lines == std::vector<std::string>{"2year 2010"}, "lines of the log");
  return failures;
}
