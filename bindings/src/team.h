// The processes of a coupled run: one, or the ranks of the host's MPI communicator. Whatever the engine does
// together goes through here, so that nothing else knows of MPI. Sums are never formed across ranks: what
// travels are integers, and values whose sums one rank forms in a fixed order.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "landbc.h"

namespace landbc {

using Bytes = std::vector<uint8_t>;

class Team {
 public:
  virtual ~Team() = default;

  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  // Among the ranks of one machine, for sharing its devices.
  virtual int local_rank() const { return 0; }

  // Runs `body` here and on every rank; if it throws on one, every rank throws: its own error, or the one of
  // the lowest rank that failed, which is named.
  virtual void together(c10::function_ref<void()> body) { body(); }

  // Item r goes to rank r; item r of the result came from rank r.
  virtual std::vector<std::vector<int64_t>> all_to_all(const std::vector<std::vector<int64_t>> &items) {
    return items;
  }

  // One message to and from each neighbour; the sizes of `in` are those expected.
  struct Message {
    int rank;
    Bytes bytes;
  };
  virtual void trade(const std::vector<Message> &out, std::vector<Message> &in);

  // On rank 0, every rank's bytes; elsewhere nothing.
  virtual std::vector<Bytes> collect(const Bytes &mine) { return {mine}; }

  // Rank 0's bytes, on every rank.
  virtual void share(Bytes &bytes) { static_cast<void>(bytes); }

  // ARGUMENT, naming `what`, if the ranks do not all give the same number.
  void agree(std::string_view what, int64_t value);
};

// One process, or with `parallel` the ranks of a communicator. ARGUMENT if that cannot be: the library was
// built without MPI, or MPI is not initialised.
std::unique_ptr<Team> join_team(bool parallel, int32_t communicator);

bool built_with_mpi() noexcept;

}  // namespace landbc
