// Which device of its machine a process computes on.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <string>

namespace landbc {

// Of `found` CUDA devices: `cpu` is the processor, `cuda:N` that device, and `cuda` alone deals them to the
// processes of one machine in turns, by `local_rank`. DEVICE if `name` is none of these, or is not there.
c10::Device choose_device(const std::string &name, int local_rank, int64_t found);

// Of those that libtorch finds.
c10::Device find_device(const std::string &name, int local_rank);

// A way to find one; tests have their own.
using FindDevice = std::function<c10::Device(const std::string &name, int local_rank)>;

// Until all work that was begun on it is done. The CPU is never behind.
void wait_for(c10::Device device);

}  // namespace landbc
