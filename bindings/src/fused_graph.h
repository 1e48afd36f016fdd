// A frozen TorchScript graph for the CPU: its convolutions by oneDNN, with the ReLU that follows inside them.
// Without it the interpreter sends 1 x 1 convolutions on one thread to a slower kernel than on two, and runs
// through each result twice. The archive stays portable: the graph is rewritten where it was loaded.
#pragma once

#include <torch/script.h>

namespace landbc {

// Does nothing where libtorch was built without oneDNN.
void fuse_for_cpu(torch::jit::Module &frozen);

}  // namespace landbc
