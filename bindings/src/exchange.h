// Items (values of cells, classes of pixels) that one rank has and others want: who sends what to whom is
// settled once, then only neighbours talk.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "team.h"

namespace landbc {

class Exchange {
 public:
  // This rank wants the items of these global numbers, each from the rank that has it; `place` finds a number
  // of this rank's own among what it has. Collective.
  Exchange(Team &team, const std::vector<int64_t> &wanted, const std::vector<int> &owners,
           const std::function<int64_t(int64_t)> &place);

  // Item i of `wanted` (of `size` bytes) becomes what its owner has. `have` and `wanted` may not overlap.
  // Collective.
  void move(const uint8_t *have, size_t size, uint8_t *wanted) const;

  std::size_t wanted() const { return taken_.size(); }
  // Places, among what this rank has, of the items that others want, in the order of `move_listed`.
  const std::vector<int64_t> &given() const { return given_; }
  // The same with the items given already picked out, in the order of `given()`.
  void move_listed(const uint8_t *picked, size_t size, uint8_t *wanted) const;

 private:
  struct Part {
    int rank;
    size_t begin, end;
  };

  Team &team_;
  std::vector<Part> out_, in_;
  std::vector<int64_t> given_;  // places, rank by rank
  std::vector<int64_t> taken_;  // indices in wanted, rank by rank
};

}  // namespace landbc
