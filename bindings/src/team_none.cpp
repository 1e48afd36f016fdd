// The team of a library that was built without MPI.
#include "error.h"
#include "team.h"

namespace landbc {

bool built_with_mpi() noexcept { return false; }

std::unique_ptr<Team> join_team(bool parallel, int32_t) {
  if (parallel) {
    fail(LANDBC_ERROR_ARGUMENT,
         "configuration: 'parallel' is set, but liblandbc was built without MPI; install it where an MPI is "
         "found (Debian: libopenmpi-dev)");
  }
  return std::make_unique<Team>();
}

}  // namespace landbc
