#include "conservation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

#include "error.h"
#include "transfer.h"

namespace landbc {

Conservation::Conservation(const Bundle &bundle, const Card &card, const Domain &domain, const Canvas &canvas,
                           const Scenario &scenario)
    // The scenario's demand is of land use.
    : mode_(card.quantity == "land_use" ? bundle.conservation : ConservationMode::off),
      classes_(static_cast<int64_t>(card.classes->classes.size())),
      cell_cols_(domain.region.cols / kCoarse),
      row_offset_(canvas.rows.offset),
      col_offset_(canvas.cols.offset) {
  if (!on()) return;
  const std::vector<std::string> &classes = card.classes->classes;
  members_.resize(classes.size());
  given_.assign(classes.size(), 0);
  for (const auto &[name, variables] : bundle.demand) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end() || variables.empty()) {
      fail(LANDBC_ERROR_BUNDLE, bundle.file("bundle.json"), ": 'demand' of class '", name,
           "' names no class of the emulator, or no scenario input");
    }
    const auto code = static_cast<size_t>(found - classes.begin());
    members_[code] = variables;
    given_[code] = 1;
  }
  const int64_t cells = domain.region.pixels() / (kCoarse * kCoarse);
  anchor_.assign(static_cast<size_t>(cells * classes_), 0);
  counts_ = anchor_;
  for (int64_t p = 0; p < domain.region.pixels(); ++p) {
    if (domain.active[static_cast<size_t>(p)] == 0) continue;
    const int64_t row = p / domain.region.cols / kCoarse;
    const int64_t col = p % domain.region.cols / kCoarse;
    ++anchor_[static_cast<size_t>((row * cell_cols_ + col) * classes_ +
                                  domain.codes[static_cast<size_t>(p)])];
  }
  then_ = scenario.sums(bundle.state_year, false, members_);
}

void Conservation::set_year(const Scenario &scenario, int32_t year, bool hold) {
  if (!on()) return;
  const std::vector<double> now = scenario.sums(year, hold, members_);
  for (size_t i = 0; i < anchor_.size(); i += static_cast<size_t>(classes_)) {
    quota_counts(mode_, classes_, anchor_.data() + i, then_.data() + i, now.data() + i, given_.data(),
                 counts_.data() + i);
  }
}

void Conservation::apply(const Tile &tile, const at::Tensor &logits, const at::Tensor &active,
                         const at::Tensor &codes) const {
  const at::Tensor scores = download(logits);
  const at::Tensor changes = download(active);
  const at::Tensor result = download(codes);
  const int64_t first_row = (tile.core_row - row_offset_) / kCoarse;
  const int64_t first_col = (tile.core_col - col_offset_) / kCoarse;
  const int64_t cols = tile.core_cols / kCoarse;
  std::atomic<bool> fits{true};
  at::parallel_for(0, tile.core_rows / kCoarse, 1, [&](int64_t begin, int64_t end) {
    QuotaAllocator allocator(classes_);
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t col = 0; col < cols; ++col) {
        const int64_t y = row * kCoarse;
        const int64_t x = col * kCoarse;
        const CellView cell{
            scores.const_data_ptr<float>() + y * scores.stride(1) + x * scores.stride(2),
            scores.stride(0),
            scores.stride(1),
            scores.stride(2),
            changes.const_data_ptr<uint8_t>() + y * changes.stride(0) + x,
            changes.stride(0),
            result.mutable_data_ptr<uint8_t>() + y * result.stride(0) + x,
            result.stride(0),
        };
        const int64_t at = ((first_row + row) * cell_cols_ + first_col + col) * classes_;
        if (!allocator.allocate(cell, kCoarse, kCoarse, counts_.data() + at))
          fits.store(false, std::memory_order_relaxed);
      }
    }
  });
  if (!fits) {
    fail(LANDBC_ERROR_BUNDLE, "the demand of a cell in the tile whose core begins at row ",
         tile.core_row - row_offset_, ", column ", tile.core_col - col_offset_,
         " of the extended window does not sum to its active pixels");
  }
  if (!codes.is_cpu()) codes.copy_(result);
}

}  // namespace landbc
