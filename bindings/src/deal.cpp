#include "deal.h"

#include <algorithm>

#include "domain.h"
#include "netcdf_file.h"

namespace landbc {

Deal::Deal(const Bundle &bundle, int64_t core, int ranks)
    : extended_(bundle.extended()),
      core_(core),
      halo_(bundle.halo),
      first_row_(extended_.row / core),
      first_col_(extended_.col / core),
      cols_((extended_.col + extended_.cols - 1) / core - first_col_ + 1) {
  const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const int64_t rows = (extended_.row + extended_.rows - 1) / core - first_row_ + 1;
  std::vector<uint8_t> land(static_cast<size_t>(rows * cols_), 0);
  for (int64_t row = 0; row < rows; ++row) {
    Window strip = extended_;
    const int64_t begin = std::max((first_row_ + row) * core, extended_.row);
    const int64_t end = std::min((first_row_ + row + 1) * core, extended_.row + extended_.rows);
    strip.row = begin;
    strip.rows = end - begin;
    const std::vector<uint8_t> active = read_active(file, bundle, strip);
    for (int64_t r = 0; r < strip.rows; ++r) {
      for (int64_t c = 0; c < strip.cols; ++c) {
        if (active[static_cast<size_t>(r * strip.cols + c)] == 0) continue;
        land[static_cast<size_t>(row * cols_ + (extended_.col + c) / core - first_col_)] = 1;
      }
    }
  }
  const auto tiles = std::count(land.begin(), land.end(), 1);
  owner_.assign(land.size(), -1);
  int64_t tile = 0;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t col = 0; col < cols_; ++col) {
      const auto at = static_cast<size_t>(row * cols_ + col);
      if (land[at] == 0) continue;
      owner_[at] = static_cast<int>(tile++ * ranks / tiles);
      Core one{};
      one.row = std::max((first_row_ + row) * core - extended_.row, int64_t{0});
      one.col = std::max((first_col_ + col) * core - extended_.col, int64_t{0});
      one.rows = std::min((first_row_ + row + 1) * core - extended_.row, extended_.rows) - one.row;
      one.cols = std::min((first_col_ + col + 1) * core - extended_.col, extended_.cols) - one.col;
      one.rank = owner_[at];
      cores_.push_back(one);
    }
  }
}

Window Deal::region(int rank) const {
  int64_t begin = extended_.rows;
  int64_t end = 0;
  for (const Core &core : cores_) {
    if (core.rank != rank) continue;
    // Whole 0.25 degree cells, for the scenario is cut with it.
    begin = std::min(begin, (std::max(core.row - halo_, int64_t{0})) / kCoarse * kCoarse);
    end = std::max(end, std::min(core.row + core.rows + halo_, extended_.rows));
  }
  if (begin >= end) {
    begin = 0;
    end = kCoarse;
  }
  end = std::min((end + kCoarse - 1) / kCoarse * kCoarse, extended_.rows);
  return {extended_.row + begin, extended_.col, end - begin, extended_.cols};
}

int Deal::owner(int64_t row, int64_t col) const {
  const int64_t r = (extended_.row + row) / core_ - first_row_;
  const int64_t c = (extended_.col + col) / core_ - first_col_;
  return owner_[static_cast<size_t>(r * cols_ + c)];
}

int Deal::owner_of_core(int64_t global_row, int64_t global_col) const {
  const int64_t row = global_row / core_ - first_row_;
  const int64_t col = global_col / core_ - first_col_;
  return owner_[static_cast<size_t>(row * cols_ + col)];
}

}  // namespace landbc
