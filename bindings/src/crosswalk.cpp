#include "crosswalk.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "error.h"
#include "netcdf_file.h"

namespace landbc {
namespace {

constexpr double kSum = 1e-9;         // shares read from the file sum to 1 within this
constexpr double kMostLeaves = 10.0;  // leaf area index that no row of the canopy exceeds
constexpr double kMostMean = 100.0;   // leaf area index of a mean year
constexpr double kRounding = 1e-9;    // by which a value may pass its bound, relative to the scale

[[noreturn]] void refuse(const std::string &path, const std::string &why) {
  fail(LANDBC_ERROR_BUNDLE, path, ": ", why, "; compile the bundle again");
}

void check_shares(const std::vector<double> &shares, std::size_t width, const char *what, bool or_none,
                  const std::string &path) {
  for (std::size_t at = 0; at < shares.size(); at += width) {
    double sum = 0.0;
    for (std::size_t i = 0; i < width; ++i) {
      const double share = shares[at + i];
      if (!(share >= 0.0 && share <= 1.0 + kSum)) refuse(path, std::string(what) + " are no fractions");
      sum += share;
    }
    if (std::abs(sum - 1.0) > kSum && !(or_none && sum == 0.0))
      refuse(path, std::string(what) + " do not sum to 1");
  }
}

AdapterTables read_tables(const NetcdfFile &file, const AdapterDescription &description,
                          std::size_t mesh_cells) {
  AdapterTables tables;
  tables.zones = file.dimension("zone");
  tables.mesh_cells = mesh_cells;
  tables.share = file.read<double>("share", {tables.zones, description.targets, description.classes.size()});
  tables.zone_share = file.read<double>("zone_share", {mesh_cells, tables.zones});
  for (const AdapterVariable &bound : description.bounds)
    tables.bound.push_back(file.read<double>(bound.name, {bound.labels.size(), mesh_cells}));
  if (file.has_variable("leaf_area_cycle"))
    tables.leaf_months = file.read<double>("leaf_area_cycle", {kMonths, mesh_cells});
  return tables;
}

}  // namespace

Crosswalk::Crosswalk(const std::string &name, AdapterDescription description, const AdapterTables &tables,
                     const std::vector<int64_t> &positions, const std::string &path)
    : name_(name),
      description_(std::move(description)),
      cells_(positions.size()),
      zones_(tables.zones),
      share_(tables.share) {
  const std::size_t targets = description_.targets;
  const std::size_t classes = description_.classes.size();
  if (share_.size() != zones_ * targets * classes)
    refuse(path, "the shares are not those of the description");
  // Of each class, over the targets.
  std::vector<double> by_class(share_.size());
  for (std::size_t z = 0; z < zones_; ++z)
    for (std::size_t t = 0; t < targets; ++t)
      for (std::size_t k = 0; k < classes; ++k)
        by_class[(z * classes + k) * targets + t] = share_[(z * targets + t) * classes + k];
  check_shares(by_class, targets, "shares of a class", false, path);
  check_shares(tables.zone_share, zones_, "climate zones of a cell", true, path);
  zone_share_.resize(cells_ * zones_);
  for (std::size_t i = 0; i < cells_; ++i) {
    const auto from = static_cast<std::size_t>(positions[i]) * zones_;
    std::copy_n(tables.zone_share.begin() + static_cast<std::ptrdiff_t>(from), zones_,
                zone_share_.begin() + static_cast<std::ptrdiff_t>(i * zones_));
  }
  // (row, mesh cell) to (row, cell)
  const auto of_cells = [&](const std::vector<double> &all) {
    const std::size_t rows = tables.mesh_cells == 0 ? 0 : all.size() / tables.mesh_cells;
    std::vector<double> mine(rows * cells_);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t i = 0; i < cells_; ++i)
        mine[r * cells_ + i] = all[r * tables.mesh_cells + static_cast<std::size_t>(positions[i])];
    return mine;
  };
  for (const std::vector<double> &bound : tables.bound) bound_values_.push_back(of_cells(bound));
  if (!tables.leaf_months) return;
  leaf_months_ = of_cells(*tables.leaf_months);
  const bool sound = std::all_of(leaf_months_->begin(), leaf_months_->end(),
                                 [](double leaves) { return leaves >= 0.0 && leaves <= kMostMean; });
  if (!sound) refuse(path, "leaf_area_cycle holds what is no leaf area index");
}

Crosswalk read_crosswalk(const Bundle &bundle, const std::string &name, const std::vector<int64_t> &positions,
                         std::size_t mesh_cells) {
  const std::string path = bundle.file(adapter_file(name));
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  if (file.text("", "format") != "landbc-adapter" || file.number("format_version") != 2)
    refuse(path, "not an adapter of format 2");
  AdapterDescription description = parse_description(file.text("", "document"), path);
  const AdapterTables tables = read_tables(file, description, mesh_cells);
  return {name, std::move(description), tables, positions, path};
}

void Crosswalk::targets_of(const double *fractions, std::size_t stride, std::size_t cell,
                           double *target) const {
  const std::size_t targets = description_.targets;
  const std::size_t classes = description_.classes.size();
  std::fill_n(target, targets, 0.0);
  const double *zone = zone_share_.data() + cell * zones_;
  // A cell without a zone has none of the classes that zones divide: any zone will do.
  const bool none = std::all_of(zone, zone + zones_, [](double part) { return part == 0.0; });
  for (std::size_t z = 0; z < zones_; ++z) {
    const double part = none ? (z == 0 ? 1.0 : 0.0) : zone[z];
    if (part == 0.0) continue;
    for (std::size_t t = 0; t < targets; ++t) {
      const double *share = share_.data() + (z * targets + t) * classes;
      double sum = 0.0;
      for (std::size_t k = 0; k < classes; ++k) sum += share[k] * fractions[k * stride];
      target[t] += part * sum;
    }
  }
}

void Crosswalk::shares_of(const Group &group, const double *target, double *share) const {
  const std::size_t rows = group.rows.size();
  double total = 0.0;
  for (std::size_t r = 0; r < rows; ++r) {
    share[r] = 0.0;
    for (const std::size_t t : group.rows[r]) share[r] += target[t];
    total += share[r];
  }
  if (!(total > 0.0)) {
    std::fill_n(share, rows, 0.0);
    share[group.empty] = 1.0;
    return;
  }
  double sum = 0.0;
  for (std::size_t r = 0; r < rows; ++r) {
    share[r] /= total;
    sum += share[r];
  }
  // What rounding left, to the largest.
  *std::max_element(share, share + rows) += 1.0 - sum;
}

double Crosswalk::canopy_of(const double *target, std::size_t *largest) const {
  const AdapterDescription::Canopy &canopy = description_.canopy;
  double land = 0.0;
  for (const std::size_t t : description_.groups[canopy.group].rows[canopy.row]) land += target[t];
  double total = 0.0;
  for (std::size_t r = 0; r < canopy.rows.size(); ++r) {
    const auto &members = canopy.rows[r];
    double area = 0.0;
    largest[r] = 0;
    for (std::size_t m = 0; m < members.size(); ++m) {
      area += target[members[m]];
      if (target[members[m]] > target[members[largest[r]]]) largest[r] = m;
    }
    if (land > 0.0) total += area / land * canopy.weights[r][largest[r]];
  }
  return total;
}

double Crosswalk::leaves_of(std::size_t row, std::size_t largest, double mean, double total) const {
  return total > 0.0 ? std::min(mean / total * description_.canopy.weights[row][largest], kMostLeaves) : 0.0;
}

double Crosswalk::stems_of(std::size_t row, std::size_t largest, double total, const LeafYear &year,
                           std::size_t cell) const {
  const AdapterDescription::Canopy &canopy = description_.canopy;
  MonthlyValues leaves;
  for (std::size_t month = 0; month < kMonths; ++month)
    leaves[month] = leaves_of(row, largest, year.months()[month * cells_ + cell], total);
  return stem_area(leaves, canopy.stem_keep[row][largest], canopy.stem_minimum[row][largest])[year.month()];
}

std::vector<std::vector<double>> Crosswalk::apply(const std::vector<double> &fractions,
                                                  const std::vector<double> *leaf_area,
                                                  const LeafYear *year) const {
  const auto &groups = description_.groups;
  const auto &recipes = description_.recipes;
  const AdapterDescription::Canopy &canopy = description_.canopy;
  std::vector<std::vector<double>> values;
  for (const AdapterVariable &variable : variables()) values.emplace_back(variable.labels.size() * cells_);
  std::vector<double> target(description_.targets);
  std::vector<std::vector<double>> shares;
  for (const Group &group : groups) shares.emplace_back(group.rows.size());
  std::vector<std::size_t> largest(canopy.rows.size());
  for (std::size_t i = 0; i < cells_; ++i) {
    targets_of(fractions.data() + i, cells_, i, target.data());
    for (std::size_t g = 0; g < groups.size(); ++g) shares_of(groups[g], target.data(), shares[g].data());
    const double total = largest.empty() ? 0.0 : canopy_of(target.data(), largest.data());
    for (std::size_t v = 0; v < recipes.size(); ++v) {
      const AdapterDescription::Recipe &recipe = recipes[v];
      if (recipe.kind == Kind::category) {
        double most = 0.0;
        for (std::size_t c = 0; c < recipe.targets.size(); ++c) {
          if (target[recipe.targets[c]] <= most) continue;
          most = target[recipe.targets[c]];
          values[v][i] = recipe.codes[c];
        }
        continue;
      }
      for (std::size_t r = 0; r < recipe.rows.size(); ++r) {
        const std::size_t row = recipe.rows[r];
        double &value = values[v][r * cells_ + i];
        if (recipe.kind == Kind::share) {
          value = recipe.scale * shares[recipe.group][row];
        } else if (recipe.kind == Kind::leaf_area) {
          if (leaf_area != nullptr) value = leaves_of(row, largest[row], (*leaf_area)[i], total);
        } else if (recipe.kind == Kind::stem_area) {
          if (year != nullptr) value = stems_of(row, largest[row], total, *year, i);
        } else {
          const auto &heights = recipe.kind == Kind::height_top ? canopy.height_top : canopy.height_bottom;
          value = heights[row][largest[row]];
        }
      }
    }
  }
  return values;
}

std::string Crosswalk::exceeds(const std::vector<std::vector<double>> &values) const {
  const auto &recipes = description_.recipes;
  for (std::size_t v = 0; v < recipes.size(); ++v) {
    if (recipes[v].bound < 0) continue;
    const auto &bound = bound_values_[static_cast<std::size_t>(recipes[v].bound)];
    for (std::size_t i = 0; i < bound.size(); ++i)
      if (values[v][i] > bound[i] + kRounding * recipes[v].scale) return variables()[v].name;
  }
  return {};
}

}  // namespace landbc
