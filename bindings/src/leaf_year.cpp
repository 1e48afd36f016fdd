#include "leaf_year.h"

#include <algorithm>
#include <utility>

namespace landbc {

LeafYear::LeafYear(std::vector<double> months, int64_t per_year, int64_t next)
    : months_(std::move(months)),
      begun_(months_.size() / kMonths, 0.0),
      per_month_(per_year / kMonths),
      month_(static_cast<std::size_t>((next / per_month_ + kMonths - 1) % kMonths)) {}

void LeafYear::add(const FinishedStep &finished) {
  const std::size_t cells = begun_.size();
  for (std::size_t i = 0; i < cells; ++i) begun_[i] += finished.mean[i];
  ++begun_steps_;
  if ((finished.step + 1) % per_month_ != 0) return;
  month_ = static_cast<std::size_t>(finished.step / per_month_ % kMonths);
  for (std::size_t i = 0; i < cells; ++i)
    months_[month_ * cells + i] = begun_[i] / static_cast<double>(begun_steps_);
  std::fill(begun_.begin(), begun_.end(), 0.0);
  begun_steps_ = 0;
}

void LeafYear::go_on(std::vector<double> months, std::vector<double> begun, int64_t begun_steps) {
  months_ = std::move(months);
  begun_ = std::move(begun);
  begun_steps_ = begun_steps;
}

}  // namespace landbc
