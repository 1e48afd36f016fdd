// Wall time in seconds, lap by lap.
#pragma once

#include <chrono>

namespace landbc {

class Stopwatch {
 public:
  // Seconds since construction or the lap before.
  double lap() {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

}  // namespace landbc
