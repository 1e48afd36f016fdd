// The seam behind which an emulator runs: load, forward. TorchScript stands behind it; an AOTInductor package
// can.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>
#include <string>
#include <vector>

namespace landbc {

class ModelRuntime {
 public:
  virtual ~ModelRuntime() = default;

  // The text of card.json.
  virtual const std::string &card() const = 0;

  // Makes the model ready after its card was accepted: the costly part of loading.
  virtual void prepare() = 0;

  // The emulator's results from the arguments of its `forward` (docs/contracts.md, docs/leaf-area.md), in
  // their order, on the runtime's device. MODEL if the emulator refuses its inputs or gives another number of
  // tensors than `results`; running out of device memory passes through.
  virtual std::vector<at::Tensor> forward(const std::vector<at::Tensor> &arguments, size_t results) = 0;
};

// `cuda` alone is the device of the process among those of its machine. DEVICE if `name` is not cpu, cuda or
// cuda:N, or is not there.
c10::Device find_device(const std::string &name, int local_rank);

// MODEL if the file is no emulator.
std::unique_ptr<ModelRuntime> load_model(const std::string &path, c10::Device device);

}  // namespace landbc
