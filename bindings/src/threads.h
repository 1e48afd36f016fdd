// libtorch's number of threads within an operation, set for one call and given back to the host afterwards
// (the setting is the process's, and the host may use OpenMP too).
#pragma once

#include <ATen/Parallel.h>

namespace landbc {

class ThreadScope {
 public:
  // 0 leaves the setting.
  explicit ThreadScope(int threads) : before_(at::get_num_threads()) {
    if (threads > 0) at::set_num_threads(threads);
    changed_ = threads > 0 && threads != before_;
  }
  ~ThreadScope() {
    if (changed_) at::set_num_threads(before_);
  }
  ThreadScope(const ThreadScope &) = delete;
  ThreadScope &operator=(const ThreadScope &) = delete;

 private:
  int before_;
  bool changed_ = false;
};

}  // namespace landbc
