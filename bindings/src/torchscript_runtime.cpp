#include <torch/script.h>

#include "error.h"
#include "fused_graph.h"
#include "guard.h"
#include "kept_memory.h"
#include "model_runtime.h"

namespace landbc {
namespace {

class TorchScriptRuntime : public ModelRuntime {
 public:
  TorchScriptRuntime(const std::string &path, c10::Device device) : path_(path), device_(device) {
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

  void prepare(int64_t halo) override {
    module_.eval();
    if (module_.hasattr("margin")) module_.setattr("margin", halo);
    // Kernels for channels_last are the faster ones (docs/performance.md).
    for (at::Tensor parameter : module_.parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
    module_ = torch::jit::freeze(module_);
    if (device_.is_cpu()) fuse_for_cpu(module_);
  }

  std::vector<at::Tensor> forward(const std::vector<at::Tensor> &arguments, size_t results) override {
    const KeptMemory::Scope scope(*memory_);
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
  std::string path_;
  c10::Device device_;
  std::shared_ptr<KeptMemory> memory_ = KeptMemory::of_process();
  std::string card_;
  torch::jit::Module module_;
};

}  // namespace

std::unique_ptr<ModelRuntime> load_torchscript(const std::string &path, c10::Device device) {
  return std::make_unique<TorchScriptRuntime>(path, device);
}

}  // namespace landbc
