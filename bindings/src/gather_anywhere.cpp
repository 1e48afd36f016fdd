#include "gather_anywhere.h"

#include <ATen/ATen.h>

#include <limits>

using std::size_t;

namespace landbc {
namespace {

// The i-th cell and weight of each shared pixel that has so many, and which rows these are.
struct Terms {
  std::vector<int64_t> row, cell;
  std::vector<double> weight;
};

Terms terms_at(const Gather &gather, int64_t i) {
  Terms terms;
  for (size_t row = 0; row + 1 < gather.start().size(); ++row) {
    const int64_t k = gather.start()[row] + i;
    if (k >= gather.start()[row + 1]) continue;
    terms.row.push_back(static_cast<int64_t>(row));
    terms.cell.push_back(gather.cell()[static_cast<size_t>(k)]);
    terms.weight.push_back(gather.weight()[static_cast<size_t>(k)]);
  }
  return terms;
}

}  // namespace

at::Tensor gather_anywhere(const Gather &gather, const at::Tensor &values) {
  const c10::Device device = values.device();
  const auto indices = [&](const std::vector<int64_t> &host) {
    return at::tensor(host, at::kLong).to(device);
  };
  std::vector<int64_t> whole, whole_cell, split, split_row;
  for (size_t run = 0; run < gather.run_owner().size(); ++run) {
    const int32_t owner = gather.run_owner()[run];
    for (int64_t pixel = gather.run_begin()[run]; pixel < gather.run_begin()[run + 1]; ++pixel) {
      if (owner >= 0) {
        whole.push_back(pixel);
        whole_cell.push_back(owner);
      } else if (owner != Gather::kNoCell) {
        split.push_back(pixel);
        split_row.push_back(-1 - static_cast<int64_t>(owner));
      }
    }
  }
  const auto rows = static_cast<int64_t>(gather.start().size()) - 1;
  at::Tensor shared = at::zeros({rows, values.size(1)}, values.options());
  for (int64_t i = 0;; ++i) {
    const Terms terms = terms_at(gather, i);
    if (terms.row.empty()) break;
    const at::Tensor row = indices(terms.row);
    const at::Tensor weight = at::tensor(terms.weight, at::kDouble).to(device).unsqueeze(1);
    // No row occurs twice: nothing depends on the order in which a device adds.
    const at::Tensor term = weight * values.index_select(0, indices(terms.cell));
    shared.index_copy_(0, row, shared.index_select(0, row) + term);
  }
  at::Tensor pixels = at::full({gather.pixels(), values.size(1)}, std::numeric_limits<float>::quiet_NaN(),
                               values.options().dtype(at::kFloat));
  pixels.index_copy_(0, indices(whole), values.to(at::kFloat).index_select(0, indices(whole_cell)));
  pixels.index_copy_(0, indices(split), shared.to(at::kFloat).index_select(0, indices(split_row)));
  return pixels;
}

}  // namespace landbc
