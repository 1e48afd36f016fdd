// Floating-point traps of the host (gfortran's -ffpe-trap, feenableexcept) held off while foreign text and
// numbers are read and libtorch starts its threads, which inherit what holds here; the host's setting and its
// sticky flags come back at the end.
#pragma once

#include <cfenv>

namespace landbc {

class TrapScope {
 public:
  TrapScope() noexcept { std::feholdexcept(&before_); }
  ~TrapScope() { std::fesetenv(&before_); }
  TrapScope(const TrapScope &) = delete;
  TrapScope &operator=(const TrapScope &) = delete;

 private:
  std::fenv_t before_{};
};

}  // namespace landbc
