#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <torch/script.h>

#include "error.h"
#include "guard.h"
#include "model_runtime.h"

namespace landbc {
namespace {

class TorchScriptRuntime : public ModelRuntime {
 public:
  TorchScriptRuntime(const std::string &path, c10::Device device) : path_(path) {
    torch::jit::ExtraFilesMap extra{{"card.json", ""}};
    try {
      module_ = torch::jit::load(path, device, extra);
    } catch (const c10::OutOfMemoryError &) {
      throw;
    } catch (const c10::Error &error) {
      fail(LANDBC_ERROR_MODEL, path, ": not a TorchScript emulator (",
           first_line(error.what_without_backtrace()), ")");
    }
    card_ = extra["card.json"];
    if (card_.empty()) fail(LANDBC_ERROR_MODEL, path, ": no model card (card.json) inside");
  }

  const std::string &card() const override { return card_; }

  void prepare() override {
    module_.eval();
    // Kernels for channels_last are the faster ones (126 ms against 207 ms for a 512 x 512 tile on 2 cores).
    for (at::Tensor parameter : module_.parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
    module_ = torch::jit::freeze(module_);
  }

  std::vector<at::Tensor> forward(const std::vector<at::Tensor> &arguments, size_t results) override {
    try {
      const c10::IValue result =
          module_.forward(std::vector<c10::IValue>(arguments.begin(), arguments.end()));
      std::vector<at::Tensor> tensors;
      if (result.isTensor()) {
        tensors.push_back(result.toTensor());
      } else if (result.isTuple()) {
        for (const c10::IValue &element : result.toTupleRef().elements()) {
          if (element.isTensor()) tensors.push_back(element.toTensor());
        }
      }
      if (tensors.size() != results) {
        fail(LANDBC_ERROR_MODEL, path_, ": the emulator gives ", tensors.size(), " tensors where ", results,
             " follow from its card");
      }
      return tensors;
    } catch (const Error &) {
      throw;
    } catch (const c10::OutOfMemoryError &) {
      throw;
    } catch (const std::bad_alloc &) {
      throw;
    } catch (const std::exception &error) {
      const std::string text = error.what();
      if (text.find("DefaultCPUAllocator") != std::string::npos) throw std::bad_alloc();
      fail(LANDBC_ERROR_MODEL, path_, ": the emulator's forward failed (", last_line(text), ")");
    }
  }

 private:
  // The interpreter puts the cause last, after the trace through the script.
  static std::string last_line(const std::string &text) {
    const auto end = text.find_last_not_of(" \n");
    if (end == std::string::npos) return "no text";
    const auto begin = text.rfind('\n', end);
    return first_line(text.substr(begin == std::string::npos ? 0 : begin,
                                  end + 1 - (begin == std::string::npos ? 0 : begin)));
  }

  std::string path_;
  std::string card_;
  torch::jit::Module module_;
};

}  // namespace

c10::Device find_device(const std::string &name, int local_rank) {
  const auto refuse = [&](const std::string &why) { fail(LANDBC_ERROR_DEVICE, "device '", name, "' ", why); };
  if (name == "cpu") return {c10::kCPU};
  const int64_t found = at::globalContext().hasCUDA() ? at::accelerator::deviceCount() : 0;
  if (name == "cuda") {
    if (found == 0) refuse("is not there: libtorch finds 0 CUDA devices");
    return {c10::kCUDA, static_cast<c10::DeviceIndex>(local_rank % found)};
  }
  const std::string number = name.rfind("cuda:", 0) == 0 ? name.substr(5) : "";
  if (number.empty() || number.size() > 3 || number.find_first_not_of("0123456789") != std::string::npos) {
    refuse("is not known; known are cpu, cuda and cuda:N (N = 0, 1, ...)");
  }
  const int64_t index = std::stoll(number);
  if (index >= found) refuse("is not there: libtorch finds " + std::to_string(found) + " CUDA devices");
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

std::unique_ptr<ModelRuntime> load_model(const std::string &path, c10::Device device) {
  return std::make_unique<TorchScriptRuntime>(path, device);
}

}  // namespace landbc
