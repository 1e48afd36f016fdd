// The seam behind which an emulator runs: load, forward. Behind it stand TorchScript, which runs anywhere,
// and AOTInductor packages, which were compiled for one size of tile and one kind of machine.
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

  // Makes the model ready after its card was accepted: the costly part of loading. `halo` pixels at the edges
  // of tiles are not wanted; a model that knows (its attribute `margin`) leaves them out of its results.
  virtual void prepare(int64_t halo) = 0;

  // The emulator's results from the arguments of its `forward` (docs/contracts.md, docs/leaf-area.md), in
  // their order, on the runtime's device. MODEL if the emulator refuses its inputs or gives another number of
  // tensors than `results`; running out of device memory passes through.
  virtual std::vector<at::Tensor> forward(const std::vector<at::Tensor> &arguments, size_t results) = 0;
};

// A name that ends in .pt2 is an AOTInductor package. MODEL if the file is no emulator.
std::unique_ptr<ModelRuntime> load_model(const std::string &path, c10::Device device);
std::unique_ptr<ModelRuntime> load_torchscript(const std::string &path, c10::Device device);
std::unique_ptr<ModelRuntime> load_aot(const std::string &path, c10::Device device);

// The one line of a fault's text that says the cause: libtorch puts it last, after a trace.
std::string last_line(const std::string &text);

}  // namespace landbc
