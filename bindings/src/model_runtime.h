// The seam behind which an emulator runs: load, forward. TorchScript stands behind it; an AOTInductor package
// can.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>
#include <string>

namespace landbc {

// Arguments of the emulator's `forward`, interface version 1 (docs/contracts.md), on the runtime's device.
struct EmulatorInputs {
  at::Tensor statics, climate, scenario, scenario_row, scenario_col, prior, visible, time;
};

class ModelRuntime {
 public:
  virtual ~ModelRuntime() = default;

  // The text of card.json.
  virtual const std::string &card() const = 0;

  // Makes the model ready after its card was accepted: the costly part of loading.
  virtual void prepare() = 0;

  // Logits (B, K, H, W). MODEL if the emulator refuses its inputs; running out of device memory passes
  // through.
  virtual at::Tensor forward(const EmulatorInputs &inputs) = 0;
};

// `cuda` alone is the device of the process among those of its machine. DEVICE if `name` is not cpu, cuda or
// cuda:N, or is not there.
c10::Device find_device(const std::string &name, int local_rank);

// MODEL if the file is no emulator.
std::unique_ptr<ModelRuntime> load_model(const std::string &path, c10::Device device);

}  // namespace landbc
