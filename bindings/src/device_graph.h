// What a device was told between `begin` and `end`, to be told again at once: on CUDA a CUDA graph.
#pragma once

#include <c10/core/Device.h>

#include <memory>

namespace landbc {

class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  // From here on nothing is done but noted down, in the current stream, which must not be the default one.
  // Memory of tensors that are made meanwhile is the graph's own.
  virtual void begin() = 0;
  // Throws if what was told cannot be a graph; nothing is noted down any more in either case.
  virtual void end() = 0;
  // Begins all of it in the current stream.
  virtual void replay() = 0;
};

// Null where the device has none that this library and its libtorch know.
std::unique_ptr<DeviceGraph> new_device_graph(c10::DeviceType device);

// By libtorch's class for them, for CUDA is not behind libtorch's interface for graphs of any device (as of
// 2.13). Null in a library that was built without CUDA's headers.
std::unique_ptr<DeviceGraph> new_cuda_graph();

}  // namespace landbc
