// Which device of its machine a process computes on.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace landbc {

// Of `found` CUDA devices: `cpu` is the processor, `cuda:N` that device, and `cuda` alone deals them to the
// processes of one machine in turns, by `local_rank`. DEVICE if `name` is none of these, or is not there.
c10::Device choose_device(const std::string &name, int local_rank, int64_t found);

// Of those that libtorch finds.
c10::Device find_device(const std::string &name, int local_rank);

}  // namespace landbc
