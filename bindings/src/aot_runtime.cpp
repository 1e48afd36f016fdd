// Emulators compiled by AOTInductor (pylandbc.learn.aot): machine code for arguments of given types, extents
// and strides, which the package's metadata tell and which are checked here, as the code does not.
#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "error.h"
#include "guard.h"
#include "kept_memory.h"
#include "model_runtime.h"

namespace landbc {
namespace {

using torch::inductor::AOTIModelPackageLoader;

struct Expected {
  std::string type;
  std::vector<int64_t> extents, strides;
};

class AotRuntime : public ModelRuntime {
 public:
  AotRuntime(const std::string &path, c10::Device device) : path_(path), device_(device) {
    if (!std::filesystem::is_regular_file(path)) fail(LANDBC_ERROR_MODEL, path, ": no such file");
    try {
      const auto metadata = AOTIModelPackageLoader::load_metadata_from_package(path, kModel);
      card_ = text(metadata, "card.json");
      for (const auto &entry : nlohmann::json::parse(text(metadata, "arguments")))
        expected_.push_back({entry.at("type"), entry.at("extents"), entry.at("strides")});
      const std::string compiled = text(metadata, "device");
      if (compiled != c10::DeviceTypeName(device.type(), true)) {
        fail(LANDBC_ERROR_MODEL, path, ": compiled for ", compiled, ", but the device is ", device.str(),
             "; compile it for that device with `pylandbc bundle aot`, or remove it from the bundle");
      }
    } catch (const Error &) {
      throw;
    } catch (const std::exception &error) {
      fail(LANDBC_ERROR_MODEL, path, ": not an AOTInductor emulator (", last_line(error.what()), ")");
    }
  }

  const std::string &card() const override { return card_; }

  void prepare(int64_t) override {
    const c10::DeviceIndex index = device_.is_cpu() ? c10::DeviceIndex{-1} : device_.index();
    try {
      loader_.emplace(path_, kModel, false, 1, index);
    } catch (const std::exception &error) {
      fail(LANDBC_ERROR_MODEL, path_, ": its machine code cannot be loaded (", last_line(error.what()),
           "); compile it on this machine with `pylandbc bundle aot`");
    }
  }

  std::vector<at::Tensor> forward(const std::vector<at::Tensor> &arguments, size_t results) override {
    if (arguments.size() != expected_.size()) {
      fail(LANDBC_ERROR_MODEL, path_, ": compiled for ", expected_.size(), " arguments, ", arguments.size(),
           " are given");
    }
    const KeptMemory::Scope scope(*memory_);
    std::vector<at::Tensor> inputs;
    for (size_t i = 0; i < arguments.size(); ++i) inputs.push_back(as_compiled(i, arguments[i]));
    std::vector<at::Tensor> outputs;
    try {
      outputs = loader_->run(inputs);
    } catch (const c10::OutOfMemoryError &) {
      throw;
    } catch (const std::bad_alloc &) {
      throw;
    } catch (const std::exception &error) {
      fail(LANDBC_ERROR_MODEL, path_, ": the emulator's forward failed (", last_line(error.what()), ")");
    }
    if (outputs.size() != results) {
      fail(LANDBC_ERROR_MODEL, path_, ": the emulator gives ", outputs.size(), " tensors where ", results,
           " follow from its card");
    }
    return outputs;
  }

 private:
  static constexpr const char *kModel = "model";

  static const std::string &text(const std::unordered_map<std::string, std::string> &metadata,
                                 const char *name) {
    const auto found = metadata.find(name);
    if (found == metadata.end())
      fail(LANDBC_ERROR_MODEL, "no entry '", name,
           "' in its metadata; compile it with `pylandbc bundle aot`");
    return found->second;
  }

  // Tiles are views of the canvas; the code wants them as they lay when it was compiled.
  at::Tensor as_compiled(size_t i, const at::Tensor &given) const {
    const Expected &want = expected_[i];
    if (given.sizes() != at::IntArrayRef(want.extents) || want.type != c10::toString(given.scalar_type())) {
      std::ostringstream found;
      found << c10::toString(given.scalar_type()) << " " << given.sizes() << " where it was compiled for "
            << want.type << " " << at::IntArrayRef(want.extents);
      fail(LANDBC_ERROR_MODEL, path_, ": argument ", i + 1, " is ", found.str(),
           "; compile it for this tile core with `pylandbc bundle aot`");
    }
    if (given.strides() == at::IntArrayRef(want.strides)) return given;
    at::Tensor laid = at::empty_strided(want.extents, want.strides, given.options());
    laid.copy_(given);
    return laid;
  }

  std::string path_;
  c10::Device device_;
  std::shared_ptr<KeptMemory> memory_ = KeptMemory::of_process();
  std::string card_;
  std::vector<Expected> expected_;
  std::optional<AOTIModelPackageLoader> loader_;
};

}  // namespace

std::unique_ptr<ModelRuntime> load_aot(const std::string &path, c10::Device device) {
  return std::make_unique<AotRuntime>(path, device);
}

}  // namespace landbc
