// Area means over the land of each cell, and over each class of it. Sums go pixel by pixel in the order of
// the grid and are compensated, so that they depend neither on the number of threads nor on that of ranks.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
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
  std::size_t bytes() const { return runs_.capacity() * sizeof(Run) + start_.size() * sizeof(std::size_t); }

  // Whether test(pixel) holds for every pixel that counts.
  template <class Test>
  bool every(const Test &test) const {
    return std::all_of(runs_.begin(), runs_.end(), [&](const Run &run) {
      bool all = true;
      for (int32_t i = 0; i < run.length; ++i) all = all && test(static_cast<std::size_t>(run.pixel + i));
      return all;
    });
  }

  // Means of value(pixel), a double; `codes` are the pixels' classes, of which others than 0 ... classes - 1
  // belong to none; with no classes there need be no codes.
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
          const Run &run = runs_[k];
          for (int32_t i = 0; i < run.length; ++i) {
            const auto pixel = static_cast<std::size_t>(run.pixel + i);
            const double amount = run.area * value(pixel);
            sums[classes].add(amount, run.area);
            if (classes > 0 && codes[pixel] < classes) sums[codes[pixel]].add(amount, run.area);
          }
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

  // Pixels beside each other in a cell that share the same area with it.
  struct Run {
    int32_t pixel;
    int32_t length;
    double area;  // of each pixel
  };

  std::vector<std::size_t> start_;  // of a cell's runs
  std::vector<Run> runs_;
  std::vector<double> coverage_;
};

}  // namespace landbc
