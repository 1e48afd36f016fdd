// Area means over the land of each cell, and over each class of it, from the areas that fractions are made
// of. Sums go pixel by pixel in the order of the grid and are compensated, so that they depend neither on the
// number of threads nor on that of ranks.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fractions.h"
#include "scatter.h"

namespace landbc {

// Of one field; cells by slot. 0 where there is no land.
struct Means {
  std::vector<double> cell;
  std::vector<double> by_class;  // (cell, class)
};

class CellMeans {
 public:
  // Only pixels with land[pixel] != 0; what is asked later must be given the same. `fractions` outlives this.
  CellMeans(const FractionMaker &fractions, const std::vector<uint8_t> &land);

  // Share of each cell's area that the means are over.
  const std::vector<double> &coverage() const { return coverage_; }

  // Whether test(pixel) holds for every pixel that counts.
  template <class Test>
  bool every(const std::vector<uint8_t> &land, const Test &test) const {
    bool all = true;
    for (int64_t cell = 0; all && cell < areas_.cells(); ++cell)
      each_pixel(cell, land, [&](std::size_t pixel, double) { all = all && test(pixel); });
    return all;
  }

  // Means of value(pixel), a double; `codes` are the pixels' classes, of which others than 0 ... classes - 1
  // belong to none; with no classes there need be no codes.
  template <class Value>
  Means of(const std::vector<uint8_t> &land, const Value &value, const std::vector<uint8_t> &codes,
           size_t classes) const {
    const int64_t cells = areas_.cells();
    Means means{std::vector<double>(coverage_.size()), std::vector<double>(coverage_.size() * classes)};
    at::parallel_for(0, cells, 1, [&](int64_t first, int64_t last) {
      // Of each class, and of all: sum, its lost digits, area, its lost digits.
      std::vector<Sum> sums(classes + 1);
      for (int64_t cell = first; cell < last; ++cell) {
        const auto c = static_cast<std::size_t>(cell);
        std::fill(sums.begin(), sums.end(), Sum{});
        each_pixel(cell, land, [&](std::size_t pixel, double area) {
          const double amount = area * value(pixel);
          sums[classes].add(amount, area);
          if (classes > 0 && codes[pixel] < classes) sums[codes[pixel]].add(amount, area);
        });
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

  // act(pixel, area) for those of a cell that count.
  template <class Act>
  void each_pixel(int64_t cell, const std::vector<uint8_t> &land, const Act &act) const {
    for (const ClassAreas::Run *run = areas_.first_run(cell); run != areas_.last_run(cell); ++run) {
      for (int32_t i = 0; i < run->length; ++i) {
        const auto pixel = static_cast<std::size_t>(run->pixel + i);
        if (land[pixel] != 0) act(pixel, run->area);
      }
    }
  }

  const ClassAreas &areas_;
  std::vector<double> coverage_;
};

}  // namespace landbc
