#include "device.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "error.h"

namespace landbc {

c10::Device choose_device(const std::string &name, int local_rank, int64_t found) {
  const auto refuse = [&](const std::string &why) { fail(LANDBC_ERROR_DEVICE, "device '", name, "' ", why); };
  if (name == "cpu") return {c10::kCPU};
  const std::string number = name.starts_with("cuda:") ? name.substr(5) : "";
  const bool numbered =
      !number.empty() && number.size() <= 3 && number.find_first_not_of("0123456789") == std::string::npos;
  if (name != "cuda" && !numbered) refuse("is not known; known are cpu, cuda and cuda:N (N = 0, 1, ...)");
  const int64_t index = numbered ? std::stoll(number) : found == 0 ? 0 : local_rank % found;
  if (index >= found) refuse("is not there: libtorch finds " + std::to_string(found) + " CUDA devices");
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

c10::Device find_device(const std::string &name, int local_rank) {
  return choose_device(name, local_rank, at::globalContext().hasCUDA() ? at::accelerator::deviceCount() : 0);
}

void wait_for(c10::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

}  // namespace landbc
