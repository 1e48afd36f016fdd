#include "history.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "domain.h"

namespace landbc {
namespace {

constexpr int64_t kBand = 256;  // rows at a time, so that no second map of the canvas is needed

}  // namespace

History::History(const std::vector<uint8_t> &codes, const ChangingPixels &changing, c10::Device device)
    : changing_(changing), map_(PixelMap<uint8_t>(changing.blocks(), codes, 0, device)) {}

void History::end_year(const PixelMap<uint8_t> &before, const PixelMap<uint8_t> &after) {
  const Canvas &canvas = changing_.blocks()->canvas();
  const int64_t cols = canvas.cols.length;
  for (int64_t row = 0; row < canvas.rows.length; row += kBand) {
    const int64_t rows = std::min(kBand, canvas.rows.length - row);
    const auto part = [&](const auto &map) { return map.rectangle(row, 0, map.room(rows, cols)); };
    const at::Tensor code = part(map_.seen());
    const at::Tensor old = part(before);
    const at::Tensor now = part(after);
    // 10 years kept stay 10; a change of 10 years ago is forgotten, which is the same.
    const at::Tensor full = code.eq(kHistoryYears).logical_or(code.eq(2 * kHistoryYears));
    at::Tensor next = (code + 1).masked_fill(full, kHistoryYears);
    next.masked_fill_(old.ne(now), kHistoryYears + 1);
    next.masked_fill_(old.eq(kUnknown).logical_or(now.eq(kUnknown)), 0);
    map_.written().put(row, 0, at::where(part(changing_).to(at::kBool), next, code));
  }
  map_.written().repeat_columns();
}

}  // namespace landbc
