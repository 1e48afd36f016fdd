#include "exchange.h"

#include <cstring>

namespace landbc {

Exchange::Exchange(Team &team, const std::vector<int64_t> &wanted, const std::vector<int> &owners,
                   const std::function<int64_t(int64_t)> &place)
    : team_(team) {
  const auto ranks = static_cast<size_t>(team.size());
  std::vector<std::vector<int64_t>> numbers(ranks);
  std::vector<std::vector<int64_t>> indices(ranks);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto owner = static_cast<size_t>(owners[i]);
    numbers[owner].push_back(wanted[i]);
    indices[owner].push_back(static_cast<int64_t>(i));
  }
  const auto asked = team.all_to_all(numbers);
  for (size_t r = 0; r < ranks; ++r) {
    if (!asked[r].empty())
      out_.push_back({static_cast<int>(r), given_.size(), given_.size() + asked[r].size()});
    for (const int64_t number : asked[r]) given_.push_back(place(number));
    if (!indices[r].empty())
      in_.push_back({static_cast<int>(r), taken_.size(), taken_.size() + indices[r].size()});
    taken_.insert(taken_.end(), indices[r].begin(), indices[r].end());
  }
}

void Exchange::move(const uint8_t *have, size_t size, uint8_t *wanted) const {
  Bytes picked(given_.size() * size);
  for (size_t i = 0; i < given_.size(); ++i)
    std::memcpy(picked.data() + i * size, have + static_cast<size_t>(given_[i]) * size, size);
  move_listed(picked.data(), size, wanted);
}

void Exchange::move_listed(const uint8_t *picked, size_t size, uint8_t *wanted) const {
  std::vector<Team::Message> out;
  std::vector<Team::Message> in;
  const auto take = [&](const Part &part, const uint8_t *bytes) {
    for (size_t i = part.begin; i < part.end; ++i)
      std::memcpy(wanted + static_cast<size_t>(taken_[i]) * size, bytes + (i - part.begin) * size, size);
  };
  const uint8_t *own = nullptr;
  for (const Part &part : out_) {
    const uint8_t *const bytes = picked + part.begin * size;
    if (part.rank == team_.rank()) {
      own = bytes;
    } else {
      out.push_back({part.rank, Bytes(bytes, bytes + (part.end - part.begin) * size)});
    }
  }
  for (const Part &part : in_) {
    if (part.rank != team_.rank()) in.push_back({part.rank, Bytes((part.end - part.begin) * size)});
  }
  team_.trade(out, in);
  size_t next = 0;
  for (const Part &part : in_) take(part, part.rank == team_.rank() ? own : in[next++].bytes.data());
}

}  // namespace landbc
