#include "device_graph.h"

#if __has_include(<ATen/core/GraphImplInterface.h>)
#include <ATen/core/GraphImplInterface.h>
#endif

namespace landbc {

#if __has_include(<ATen/core/GraphImplInterface.h>)
namespace {

class AnyGraph : public DeviceGraph {
 public:
  explicit AnyGraph(c10::DeviceType device) : graph_(at::create_graph_impl(device)) {}

  // Other threads of the host may use the device meanwhile.
  void begin() override { graph_->capture_begin({0, 0}, at::GraphCaptureMode::ThreadLocal); }
  void end() override { graph_->capture_end(); }
  void replay() override { graph_->replay(); }

 private:
  std::unique_ptr<at::GraphImplInterface> graph_;
};

}  // namespace

std::unique_ptr<DeviceGraph> new_device_graph(c10::DeviceType device) {
  if (device == c10::kCUDA) return new_cuda_graph();
  return at::has_graph_impl(device) ? std::make_unique<AnyGraph>(device) : nullptr;
}
#else
std::unique_ptr<DeviceGraph> new_device_graph(c10::DeviceType device) {
  return device == c10::kCUDA ? new_cuda_graph() : nullptr;
}
#endif

}  // namespace landbc
