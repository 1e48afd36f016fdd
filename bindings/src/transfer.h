// What travels between the host's memory and a device's: by way of pinned memory, which a device reads and
// writes by itself while the processor goes on. Streams and events are libtorch's own, of whatever device.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <array>
#include <cstddef>
#include <optional>

namespace landbc {

// Fields on their way to a device. Two buffers take turns: one is filled while the device reads the other,
// and none is filled anew before it was read.
class Upload {
 public:
  explicit Upload(c10::Device device) : device_(device) {}

  // A buffer of these extents, to be filled; waits while the device has yet to read what it held last.
  at::Tensor room(at::IntArrayRef sizes, at::ScalarType type);
  // Begins to copy it to `to`, on the device: all that is begun there from now on finds it in place.
  void send(const at::Tensor &to);
  // A field that lies ready, which may change as soon as the call returns; on the device. The CPU has it
  // already.
  at::Tensor send_copy(const at::Tensor &field);

 private:
  struct Buffer {
    at::Tensor bytes;
    std::optional<c10::Event> read;
  };

  c10::Device device_;
  std::array<Buffer, 2> buffers_;
  std::size_t turn_ = 0;
  at::Tensor room_;
};

// A device's tensor in pinned memory of the host, once all work for it is done; the host's own as it is.
at::Tensor download(const at::Tensor &tensor);

}  // namespace landbc
