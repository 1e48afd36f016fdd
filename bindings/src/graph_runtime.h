// An emulator whose forward is one graph of the device (device_graph.h): the processor then starts one thing
// a tile where it started some two hundred kernels, each of which a fast device finishes sooner than the next
// one is started.
#pragma once

#include <memory>
#include <string>

#include "model_runtime.h"

namespace landbc {

// The same emulator; its second call captures the forward, later ones replay it. Arguments must lie on the
// device. Results are the graph's own memory: they hold until the next call. Where the device has no graphs,
// where capturing fails, or where a replay gives other bits than the operators one by one, a warning that
// begins with `name` goes to the log and everything runs as it did before.
std::unique_ptr<ModelRuntime> with_device_graph(std::unique_ptr<ModelRuntime> model, c10::Device device,
                                                const std::string &name);

}  // namespace landbc
