#include "team.h"

#include "error.h"

namespace landbc {

void Team::trade(const std::vector<Message> &, std::vector<Message> &) {}

void Team::agree(std::string_view what, int64_t value) {
  if (size() == 1) return;
  const auto others =
      all_to_all(std::vector<std::vector<int64_t>>(static_cast<size_t>(size()), std::vector<int64_t>{value}));
  for (size_t other = 0; other < others.size(); ++other) {
    if (others[other].front() != others.front().front()) {
      fail(LANDBC_ERROR_ARGUMENT, "the ranks differ in ", what, ": rank 0 gives ", others.front().front(),
           ", rank ", other, " gives ", others[other].front());
    }
  }
}

}  // namespace landbc
