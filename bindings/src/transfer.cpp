#include "transfer.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace landbc {

at::Tensor Upload::room(at::IntArrayRef sizes, at::ScalarType type) {
  Buffer &buffer = buffers_[turn_];
  if (buffer.read) buffer.read->synchronize();
  const int64_t bytes = c10::multiply_integers(sizes) * static_cast<int64_t>(c10::elementSize(type));
  if (!buffer.bytes.defined() || buffer.bytes.numel() < bytes)
    buffer.bytes = at::empty({bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  room_ = buffer.bytes.narrow(0, 0, bytes).view(type).view(sizes);
  return room_;
}

void Upload::send(const at::Tensor &to) {
  Buffer &buffer = buffers_[turn_];
  to.copy_(room_, true);
  if (!buffer.read) buffer.read.emplace(device_.type());
  buffer.read->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  turn_ = 1 - turn_;
}

at::Tensor Upload::send_copy(const at::Tensor &field) {
  if (device_.is_cpu()) return field;
  room(field.sizes(), field.scalar_type()).copy_(field);
  at::Tensor there = at::empty(field.sizes(), field.options().device(device_));
  send(there);
  return there;
}

at::Tensor download(const at::Tensor &tensor) {
  if (tensor.is_cpu()) return tensor;
  at::Tensor host = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
  host.copy_(tensor);
  return host;
}

}  // namespace landbc
