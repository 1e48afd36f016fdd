#include "device_graph.h"

namespace landbc {

std::unique_ptr<DeviceGraph> new_cuda_graph() { return nullptr; }

}  // namespace landbc
