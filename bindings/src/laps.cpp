#include "laps.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstddef>

namespace landbc {

Laps::Laps(c10::Device device) : device_(device) {
  if (!device_.is_cpu()) mark(nullptr);
}

void Laps::mark(double *seconds) {
  marks_.push_back({c10::Event(device_.type(), c10::EventFlag::BACKEND_DEFAULT), seconds});
  marks_.back().event.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

void Laps::lap(double &seconds) {
  if (device_.is_cpu()) {
    seconds += watch_.lap();
  } else {
    mark(&seconds);
  }
}

void Laps::finish() {
  if (!marks_.empty()) marks_.back().event.synchronize();
  for (std::size_t i = 1; i < marks_.size(); ++i) {
    const c10::Event &before = marks_[i - 1].event;
    *marks_[i].seconds += before.elapsedTime(marks_[i].event) / 1000.0;
  }
  marks_.clear();
}

}  // namespace landbc
