#include "gather_anywhere.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

using std::size_t;

namespace landbc {

// Rows of the table: of pixels without a cell, of shared pixels, of cells.
GatherAnywhere::GatherAnywhere(const Gather &gather, c10::Device device)
    : shared_(static_cast<int64_t>(gather.start().size()) - 1) {
  for (int64_t i = 0;; ++i) {
    std::vector<int64_t> shared, cell;
    std::vector<double> weight;
    for (int64_t s = 0; s < shared_; ++s) {
      const int64_t k = gather.start()[static_cast<size_t>(s)] + i;
      if (k >= gather.start()[static_cast<size_t>(s) + 1]) continue;
      shared.push_back(s);
      cell.push_back(gather.cell()[static_cast<size_t>(k)]);
      weight.push_back(gather.weight()[static_cast<size_t>(k)]);
    }
    if (shared.empty()) break;
    terms_.push_back({at::tensor(shared, at::kLong).to(device), at::tensor(cell, at::kLong).to(device),
                      at::tensor(weight, at::kDouble).unsqueeze(1).to(device)});
  }
  std::vector<int32_t> rows(static_cast<size_t>(gather.pixels()));
  for (size_t run = 0; run < gather.run_owner().size(); ++run) {
    const int32_t owner = gather.run_owner()[run];
    const int32_t row = owner >= 0                 ? 1 + static_cast<int32_t>(shared_) + owner
                        : owner == Gather::kNoCell ? 0
                                                   : -owner;
    std::fill(rows.begin() + gather.run_begin()[run], rows.begin() + gather.run_begin()[run + 1], row);
  }
  row_of_pixel_ = at::tensor(at::ArrayRef<int32_t>(rows), at::kInt).to(device);
}

at::Tensor GatherAnywhere::table(const at::Tensor &values) const {
  at::Tensor shared = at::zeros({shared_, values.size(1)}, values.options());
  for (const Terms &terms : terms_) {
    // None occurs twice: nothing depends on the order in which a device adds.
    const at::Tensor term = terms.weight * values.index_select(0, terms.cell);
    shared.index_copy_(0, terms.shared, shared.index_select(0, terms.shared) + term);
  }
  const at::Tensor none = at::full({1, values.size(1)}, std::numeric_limits<double>::quiet_NaN(),
                                   values.options().dtype(at::kFloat));
  return at::cat({none, shared.to(at::kFloat), values.to(at::kFloat)});
}

}  // namespace landbc
