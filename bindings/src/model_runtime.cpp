#include "model_runtime.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>

#include "error.h"
#include "guard.h"

namespace landbc {

std::string last_line(const std::string &text) {
  const auto end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no text";
  const auto before = text.rfind('\n', end);
  const auto begin = before == std::string::npos ? 0 : before + 1;
  return first_line(text.substr(begin, end + 1 - begin));
}

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
  return path.ends_with(".pt2") ? load_aot(path, device) : load_torchscript(path, device);
}

}  // namespace landbc
