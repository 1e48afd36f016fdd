// Area means over the land of each cell, and over each class of it. Sums go pixel by pixel in the order of
// the grid and are compensated, so that they depend neither on the number of threads nor on that of ranks.
#pragma once

#include <ATen/Parallel.h>

#include <cstdint>
#include <vector>

#include "mesh.h"
#include "scatter.h"

namespace landbc {

// Of one field; cells by slot. 0 where there is no land.
struct Means {
  std::vector<double> cell;
  std::vector<double> by_class;  // (cell, class)
};

class CellMeans {
 public:
  // Only pixels with land[pixel] != 0.
  CellMeans(const Mesh &mesh, const std::vector<uint8_t> &land);

  // Share of each cell's area that the means are over.
  const std::vector<double> &coverage() const { return coverage_; }

  // Means of value(pixel), a double; `codes` are the pixels' classes, of which others than 0 ... classes - 1
  // belong to none.
  template <class Value>
  Means of(const Value &value, const std::vector<uint8_t> &codes, size_t classes) const {
    const auto cells = static_cast<int64_t>(coverage_.size());
    Means means{std::vector<double>(coverage_.size()), std::vector<double>(coverage_.size() * classes)};
    at::parallel_for(0, cells, 1, [&](int64_t first, int64_t last) {
      // Of each class, and of all: sum, its lost digits, area, its lost digits.
      std::vector<Sum> sums(classes + 1);
      for (int64_t cell = first; cell < last; ++cell) {
        const auto c = static_cast<std::size_t>(cell);
        std::fill(sums.begin(), sums.end(), Sum{});
        for (std::size_t k = start_[c]; k < start_[c + 1]; ++k) {
          const auto pixel = static_cast<std::size_t>(pixel_[k]);
          const double amount = area_[k] * value(pixel);
          sums[classes].add(amount, area_[k]);
          if (codes[pixel] < classes) sums[codes[pixel]].add(amount, area_[k]);
        }
        means.cell[c] = sums[classes].mean();
        for (std::size_t i = 0; i < classes; ++i) means.by_class[c * classes + i] = sums[i].mean();
      }
    });
    return means;
  }

 private:
  struct Sum {
    double amount = 0.0, amount_lost = 0.0, area = 0.0, area_lost = 0.0;

    void add(double more, double more_area) {
      add_term(more, amount, amount_lost);
      add_term(more_area, area, area_lost);
    }
    double mean() const { return area > 0.0 ? (amount + amount_lost) / (area + area_lost) : 0.0; }
  };

  std::vector<std::size_t> start_;
  std::vector<int32_t> pixel_;
  std::vector<double> area_, coverage_;
};

}  // namespace landbc
