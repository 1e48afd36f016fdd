#include "crosswalk.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "error.h"
#include "guard.h"
#include "netcdf_file.h"
#include "sha256.h"

namespace landbc {
namespace {

using nlohmann::json;

constexpr double kSum = 1e-9;         // shares read from the file sum to 1 within this
constexpr double kMostLeaves = 10.0;  // leaf area index that no row of the canopy exceeds
constexpr double kRounding = 1e-9;    // by which a value may pass its bound, relative to the scale

[[noreturn]] void refuse(const std::string &path, const std::string &why) {
  fail(LANDBC_ERROR_BUNDLE, path, ": ", why, "; compile the bundle again");
}

// Positions that must lie below `end`.
std::vector<std::size_t> positions_of(const json &list, std::size_t end, const std::string &path) {
  std::vector<std::size_t> out;
  for (const json &item : list) {
    if (!item.is_number_unsigned() || item.get<std::size_t>() >= end)
      refuse(path, "the description names a row, target or group that there is not");
    out.push_back(item.get<std::size_t>());
  }
  return out;
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

std::string file_of(const std::string &name) { return "adapter_" + name + ".nc"; }

std::string bytes_of(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) refuse(path, "the file is missing or not readable");
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

std::vector<std::string> adapters_of(const Bundle &bundle) {
  const std::string path = bundle.file("bundle.json");
  std::vector<std::string> names;
  std::vector<std::string> wanted;
  try {
    const json manifest = json::parse(bytes_of(path));
    if (!manifest.contains("adapters")) return names;
    names = manifest.at("adapters").get<std::vector<std::string>>();
    for (const std::string &name : names) {
      if (name.empty() || name.find('/') != std::string::npos) refuse(path, "'" + name + "' is no adapter");
      wanted.push_back(manifest.at("files").at(file_of(name)).get<std::string>());
    }
  } catch (const json::exception &error) {
    refuse(path, "'adapters' is not what it should be (" + first_line(error.what()) + ")");
  }
  for (std::size_t a = 0; a < names.size(); ++a) {
    const std::string file = bundle.file(file_of(names[a]));
    const std::string bytes = bytes_of(file);
    if (sha256(bytes.data(), bytes.size()) != wanted[a])
      refuse(file, "SHA-256 differs from the one in bundle.json; the file was cut short or changed");
  }
  return names;
}

Crosswalk::Crosswalk(const Bundle &bundle, const std::string &name, const std::vector<int64_t> &positions,
                     std::size_t mesh_cells)
    : name_(name), cells_(positions.size()) {
  const std::string path = bundle.file(file_of(name));
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  if (file.text("", "format") != "landbc-adapter" || file.number("format_version") != 1)
    refuse(path, "not an adapter of format 1");
  read_document(file.text("", "document"), path);
  zones_ = file.dimension("zone");
  share_ = file.read<double>("share", {zones_, targets_, classes_.size()});
  // Of each class, over the targets.
  std::vector<double> by_class(share_.size());
  for (std::size_t z = 0; z < zones_; ++z)
    for (std::size_t t = 0; t < targets_; ++t)
      for (std::size_t k = 0; k < classes_.size(); ++k)
        by_class[(z * classes_.size() + k) * targets_ + t] = share_[(z * targets_ + t) * classes_.size() + k];
  check_shares(by_class, targets_, "shares of a class", false, path);
  const auto zones = file.read<double>("zone_share", {mesh_cells, zones_});
  check_shares(zones, zones_, "climate zones of a cell", true, path);
  zone_share_.resize(cells_ * zones_);
  for (std::size_t i = 0; i < cells_; ++i) {
    const auto from = static_cast<std::size_t>(positions[i]) * zones_;
    std::copy_n(zones.begin() + static_cast<std::ptrdiff_t>(from), zones_,
                zone_share_.begin() + static_cast<std::ptrdiff_t>(i * zones_));
  }
  for (const AdapterVariable &bound : bounds_) {
    const std::size_t rows = bound.labels.size();
    const auto all = file.read<double>(bound.name, {rows, mesh_cells});
    std::vector<double> mine(rows * cells_);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t i = 0; i < cells_; ++i)
        mine[r * cells_ + i] = all[r * mesh_cells + static_cast<std::size_t>(positions[i])];
    bound_values_.push_back(std::move(mine));
  }
}

void Crosswalk::read_document(const std::string &text, const std::string &path) {
  try {
    const json words = json::parse(text);
    source_ = words.at("source").get<std::string>();
    classes_ = words.at("classes").get<std::vector<std::string>>();
    targets_ = words.at("targets").size();
    if (classes_.empty() || targets_ == 0) refuse(path, "the description has no classes or targets");
    for (const json &entry : words.at("groups")) {
      Group group;
      for (const json &row : entry.at("rows")) group.rows.push_back(positions_of(row, targets_, path));
      group.empty = positions_of(json::array({entry.at("empty")}), group.rows.size(), path).front();
      groups_.push_back(std::move(group));
    }
    if (const json &canopy = words.at("canopy"); !canopy.is_null()) {
      canopy_.group = positions_of(json::array({canopy.at("group")}), groups_.size(), path).front();
      canopy_.row =
          positions_of(json::array({canopy.at("row")}), groups_[canopy_.group].rows.size(), path).front();
      for (const json &row : canopy.at("rows")) canopy_.rows.push_back(positions_of(row, targets_, path));
      canopy_.weights = canopy.at("weights").get<std::vector<std::vector<double>>>();
      if (canopy_.weights.size() != canopy_.rows.size())
        refuse(path, "the canopy has no weight for each row");
      for (std::size_t r = 0; r < canopy_.rows.size(); ++r) {
        const auto &weights = canopy_.weights[r];
        const bool sound =
            std::all_of(weights.begin(), weights.end(), [](double w) { return w >= 0.0 && w <= 1e6; });
        if (weights.empty() || weights.size() != canopy_.rows[r].size() || !sound)
          refuse(path, "the canopy has no weight for each target");
      }
    }
    for (const json &entry : words.at("outputs")) {
      AdapterVariable variable{entry.at("name"), entry.at("unit"), entry.at("dimension"),
                               entry.at("labels").get<std::vector<std::string>>()};
      Recipe recipe;
      const auto kind = entry.at("kind").get<std::string>();
      if (kind != "share" && kind != "category" && kind != "leaf_area")
        refuse(path, "a variable is of the kind '" + kind + "'");
      recipe.kind = kind == "share" ? Kind::share : kind == "category" ? Kind::category : Kind::leaf_area;
      recipe.scale = variable.unit == "%" ? 100.0 : 1.0;
      if (recipe.kind == Kind::leaf_area) {
        recipe.rows = positions_of(entry.at("rows"), canopy_.rows.size(), path);
      } else if (recipe.kind == Kind::category) {
        recipe.targets = positions_of(entry.at("targets"), targets_, path);
        recipe.codes = entry.at("codes").get<std::vector<double>>();
        if (recipe.targets.empty() || recipe.codes.size() != recipe.targets.size())
          refuse(path, "a category has no code for each target");
      } else {
        recipe.group = positions_of(json::array({entry.at("group")}), groups_.size(), path).front();
        recipe.rows = positions_of(entry.at("rows"), groups_[recipe.group].rows.size(), path);
      }
      const std::size_t rows = recipe.kind == Kind::category ? 1 : recipe.rows.size();
      if (rows == 0 || variable.labels.size() != rows) refuse(path, "a variable has no label for each row");
      if (const auto maximum = entry.at("maximum").get<std::string>(); !maximum.empty()) {
        recipe.bound = static_cast<std::ptrdiff_t>(bounds_.size());
        bounds_.push_back({maximum, variable.unit, variable.dimension, variable.labels});
      }
      variables_.push_back(std::move(variable));
      recipes_.push_back(std::move(recipe));
    }
  } catch (const json::exception &error) {
    refuse(path, "the description is not what it should be (" + first_line(error.what()) + ")");
  }
}

void Crosswalk::targets_of(const double *fractions, std::size_t stride, std::size_t cell,
                           double *target) const {
  std::fill_n(target, targets_, 0.0);
  const double *zone = zone_share_.data() + cell * zones_;
  // A cell without a zone has none of the classes that zones divide: any zone will do.
  const bool none = std::all_of(zone, zone + zones_, [](double part) { return part == 0.0; });
  for (std::size_t z = 0; z < zones_; ++z) {
    const double part = none ? (z == 0 ? 1.0 : 0.0) : zone[z];
    if (part == 0.0) continue;
    for (std::size_t t = 0; t < targets_; ++t) {
      const double *share = share_.data() + (z * targets_ + t) * classes_.size();
      double sum = 0.0;
      for (std::size_t k = 0; k < classes_.size(); ++k) sum += share[k] * fractions[k * stride];
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

void Crosswalk::leaves_of(const double *target, double mean, double *leaves) const {
  double land = 0.0;
  for (const std::size_t t : groups_[canopy_.group].rows[canopy_.row]) land += target[t];
  double total = 0.0;
  for (std::size_t r = 0; r < canopy_.rows.size(); ++r) {
    const auto &members = canopy_.rows[r];
    double area = 0.0;
    std::size_t largest = 0;
    for (std::size_t m = 0; m < members.size(); ++m) {
      area += target[members[m]];
      if (target[members[m]] > target[members[largest]]) largest = m;
    }
    leaves[r] = canopy_.weights[r][largest];
    if (land > 0.0) total += area / land * leaves[r];
  }
  for (std::size_t r = 0; r < canopy_.rows.size(); ++r)
    leaves[r] = total > 0.0 ? std::min(mean / total * leaves[r], kMostLeaves) : 0.0;
}

std::vector<std::vector<double>> Crosswalk::apply(const std::vector<double> &fractions,
                                                  const std::vector<double> *leaf_area) const {
  std::vector<std::vector<double>> values;
  for (const AdapterVariable &variable : variables_) values.emplace_back(variable.labels.size() * cells_);
  std::vector<double> target(targets_);
  std::vector<std::vector<double>> shares;
  for (const Group &group : groups_) shares.emplace_back(group.rows.size());
  std::vector<double> leaves(canopy_.rows.size());
  for (std::size_t i = 0; i < cells_; ++i) {
    targets_of(fractions.data() + i, cells_, i, target.data());
    for (std::size_t g = 0; g < groups_.size(); ++g) shares_of(groups_[g], target.data(), shares[g].data());
    if (leaf_area != nullptr && !leaves.empty()) leaves_of(target.data(), (*leaf_area)[i], leaves.data());
    for (std::size_t v = 0; v < recipes_.size(); ++v) {
      const Recipe &recipe = recipes_[v];
      if (recipe.kind == Kind::leaf_area) {
        for (std::size_t r = 0; r < recipe.rows.size(); ++r)
          values[v][r * cells_ + i] = leaves[recipe.rows[r]];
        continue;
      }
      if (recipe.kind == Kind::category) {
        double most = 0.0;
        for (std::size_t c = 0; c < recipe.targets.size(); ++c) {
          if (target[recipe.targets[c]] <= most) continue;
          most = target[recipe.targets[c]];
          values[v][i] = recipe.codes[c];
        }
        continue;
      }
      for (std::size_t r = 0; r < recipe.rows.size(); ++r)
        values[v][r * cells_ + i] = recipe.scale * shares[recipe.group][recipe.rows[r]];
    }
  }
  return values;
}

std::string Crosswalk::exceeds(const std::vector<std::vector<double>> &values) const {
  for (std::size_t v = 0; v < recipes_.size(); ++v) {
    if (recipes_[v].bound < 0) continue;
    const auto &bound = bound_values_[static_cast<std::size_t>(recipes_[v].bound)];
    for (std::size_t i = 0; i < bound.size(); ++i)
      if (values[v][i] > bound[i] + kRounding * recipes_[v].scale) return variables_[v].name;
  }
  return {};
}

}  // namespace landbc
