// The only source that sees CUDA's headers.
#include <ATen/cuda/CUDAGraph.h>

#include "device_graph.h"

namespace landbc {
namespace {

class CudaGraph : public DeviceGraph {
 public:
  // Other threads of the host may use the device meanwhile.
  void begin() override { graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal); }
  void end() override { graph_.capture_end(); }
  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<DeviceGraph> new_cuda_graph() { return std::make_unique<CudaGraph>(); }

}  // namespace landbc
