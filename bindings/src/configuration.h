// The caller's configuration, copied and checked as far as it can be without the bundle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "calendar.h"
#include "landbc.h"

namespace landbc {

struct Configuration {
  std::string bundle;
  Calendar calendar;
  std::string device;
  std::string recording;  // empty for none
  std::string restart;    // empty for none
  std::vector<std::string> from_bundle;
  landbc_date start;
  bool start_given;
  std::vector<int64_t> cell_ids;
  int32_t threads;
  bool hold_missing;
  bool hold_scenario;
  bool nearest_absent;
  landbc_range_policy range_policy;
  int32_t direction;
  int64_t core;  // 0: the bundle's
  landbc_interpolation interpolation;
  bool record_updates;  // of the steps only those in which an emulator ran
  bool device_graphs;
};

// NULL_ARGUMENT, ABI, ARGUMENT, TIME.
Configuration read_configuration(const landbc_config &config);

// "error", "hold" and the like, as recordings and Python name them.
const char *policy_name(bool hold) noexcept;
const char *range_policy_name(landbc_range_policy policy) noexcept;
const char *record_name(bool updates) noexcept;
const char *interpolation_name(landbc_interpolation interpolation) noexcept;

}  // namespace landbc
