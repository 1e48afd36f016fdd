#include "graph_runtime.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>

#include <algorithm>

#include "device.h"
#include "device_graph.h"
#include "guard.h"
#include "log.h"

namespace landbc {
namespace {

using Tensors = std::vector<at::Tensor>;

bool alike(const at::Tensor &one, const at::Tensor &other) {
  return one.sizes() == other.sizes() && one.strides() == other.strides() && one.dtype() == other.dtype();
}

// Bits, for NaN may stand in both.
bool same_bits(const at::Tensor &one, const at::Tensor &other) {
  if (one.sizes() != other.sizes() || one.dtype() != other.dtype()) return false;
  const auto bytes = [](const at::Tensor &tensor) { return tensor.contiguous().view(at::kByte); };
  return !bytes(one).ne(bytes(other)).any().item<bool>();
}

class GraphRuntime : public ModelRuntime {
 public:
  GraphRuntime(std::unique_ptr<ModelRuntime> model, c10::Device device, const std::string &name)
      : model_(std::move(model)), device_(device), name_(name) {}

  const std::string &card() const override { return model_->card(); }
  void prepare(int64_t halo) override { model_->prepare(halo); }

  Tensors forward(const Tensors &arguments, size_t results) override {
    ++calls_;
    if (graph_ && fit(arguments)) {
      replay(arguments);
      return outputs_;
    }
    Tensors given = model_->forward(arguments, results);
    if (calls_ == 2) try_graph(arguments, given);
    return given;
  }

 private:
  bool fit(const Tensors &arguments) const {
    return std::equal(arguments.begin(), arguments.end(), inputs_.begin(), inputs_.end(), alike);
  }

  void replay(const Tensors &arguments) {
    for (size_t i = 0; i < arguments.size(); ++i) inputs_[i].copy_(arguments[i], true);
    graph_->replay();
  }

  // Whatever happens, the next forward can run operator by operator.
  void try_graph(const Tensors &arguments, const Tensors &given) {
    std::string why;
    try {
      why = capture(arguments, given);
    } catch (const c10::Error &error) {
      why = first_line(error.what_without_backtrace());
    } catch (const std::exception &error) {
      why = error.what();
    }
    if (why.empty()) {
      tell(LANDBC_LOG_INFO, name_, ": runs as a graph of the device");
      return;
    }
    outputs_.clear();
    graph_.reset();
    inputs_.clear();
    tell(LANDBC_LOG_WARNING, name_, ": not run as a graph of the device, but operator by operator (", why,
         ")");
  }

  // Why not, or nothing.
  std::string capture(const Tensors &arguments, const Tensors &given) {
    auto graph = new_device_graph(device_.type());
    if (!graph) return "this library knows none of " + c10::DeviceTypeName(device_.type(), true);
    // Zeros while it is captured: a graph that kept a number of its inputs then gives other bits below.
    for (const at::Tensor &argument : arguments)
      inputs_.push_back(at::empty_strided(argument.sizes(), argument.strides(), argument.options()).zero_());
    wait_for(device_);
    {
      const c10::StreamGuard aside(
          c10::impl::VirtualGuardImpl(device_.type()).getStreamFromGlobalPool(device_));
      // Libraries make their room for a stream when they are first called in it.
      model_->forward(inputs_, given.size());
      wait_for(device_);
      graph->begin();
      try {
        outputs_ = model_->forward(inputs_, given.size());
      } catch (...) {
        end_quietly(*graph);
        throw;
      }
      graph->end();
    }
    graph_ = std::move(graph);
    replay(arguments);
    return std::equal(given.begin(), given.end(), outputs_.begin(), outputs_.end(), same_bits)
               ? ""
               : "its graph gives other bits";
  }

  static void end_quietly(DeviceGraph &graph) noexcept {
    try {
      graph.end();
    } catch (...) {
    }
  }

  std::unique_ptr<ModelRuntime> model_;
  c10::Device device_;
  std::string name_;
  int64_t calls_ = 0;
  Tensors inputs_;
  std::unique_ptr<DeviceGraph> graph_;
  Tensors outputs_;
};

}  // namespace

std::unique_ptr<ModelRuntime> with_device_graph(std::unique_ptr<ModelRuntime> model, c10::Device device,
                                                const std::string &name) {
  return std::make_unique<GraphRuntime>(std::move(model), device, name);
}

}  // namespace landbc
