// Graphs of the late device.
#pragma once

#include <functional>

namespace late {

// Makes them known to libtorch. They are captured only where `aside` says that the current stream is not the
// default one, as with CUDA.
void register_graphs(std::function<bool()> aside);

}  // namespace late
