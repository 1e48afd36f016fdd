// Seconds of an update by phase. On the CPU they are wall time. A device works behind the processor's back:
// there they are the time between marks in its own queue of work, known when that is done.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <vector>

#include "stopwatch.h"

namespace landbc {

class Laps {
 public:
  explicit Laps(c10::Device device);

  // The time since the lap before, or construction, belongs to `seconds`, which must outlive `finish`.
  void lap(double &seconds);
  // When the device has done it all.
  void finish();

 private:
  struct Mark {
    c10::Event event;
    double *seconds;
  };
  void mark(double *seconds);

  c10::Device device_;
  Stopwatch watch_;
  std::vector<Mark> marks_;
};

}  // namespace landbc
