// A device that is not there, for tests on machines without an accelerator. It is the worst that the rules
// allow: its memory is the host's, but a host that touches it is killed; and work waits in a queue until
// somebody must have the result, so that memory which the host gives away before its time shows. Operators
// are those of the CPU.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace late {

// Makes it known to libtorch; once in a process.
c10::Device device();

// How often the processor waited for work of the device so far: for all of it, or for an event.
struct Waits {
  int64_t all = 0, event = 0;
};
Waits waits();

// Operations that the device did so far.
int64_t done();

// Graphs that it replayed so far; and what is wrong with those that are captured from now on.
int64_t replays();
enum class GraphFault { kNone, kRefused, kWrong };
void set_graph_fault(GraphFault fault);

}  // namespace late
