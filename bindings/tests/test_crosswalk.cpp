// A small adapter written here: shares by hand, sums, categories, bounds, other orders of cells, spoilt
// files.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "crosswalk.h"
#include "error.h"
#include "expect.h"
#include "small_adapter.h"

namespace {

using landbc::Crosswalk;
using Fields = std::vector<std::vector<double>>;

using namespace small_adapter;

// (class, cell) for some cells of the mesh.
std::vector<double> fractions_of(const std::vector<int64_t> &cells) {
  const double all[kCells][kClasses] = {{0.75, 0.25, 0}, {0.5, 0, 0.5}, {0.25, 0.5, 0.25}, {0, 0, 1}};
  std::vector<double> out(kClasses * cells.size());
  for (size_t i = 0; i < cells.size(); ++i)
    for (size_t k = 0; k < kClasses; ++k) out[k * cells.size() + i] = all[static_cast<size_t>(cells[i])][k];
  return out;
}

void shares_are_those_of_a_calculation_by_hand(const std::string &folder) {
  const landbc::Bundle bundle = write_adapter(folder, {});
  const Crosswalk walk = landbc::read_crosswalk(bundle, "small", {0, 1, 2, 3}, kCells);
  expect_equal(walk.source(), "land_use");
  expect_equal(walk.variables().size(), 8u);
  expect(walk.leafy(4) && !walk.leafy(3) && !walk.leafy(6), "one variable is made of leaf area");
  expect(walk.of_stems(5) && !walk.of_stems(4), "one of that of the last months");
  const std::vector<double> leaves = {1.2, 1.2, 90, 1.2};
  const landbc::LeafYear year(*walk.leaf_months(), 12, 12 * 2000 + 9);
  const Fields values = walk.apply(fractions_of({0, 1, 2, 3}), &leaves, &year);
  const std::vector<double> unit = {75, 100, 100.0 / 3, 0, 25, 0, 200.0 / 3, 0, 0, 0, 0, 100};
  for (size_t i = 0; i < unit.size(); ++i)
    expect(std::abs(values[0][i] - unit[i]) < 1e-13, "share of a land unit " + std::to_string(i));
  const std::vector<double> pft = {1, 0.875, 0.75, 0, 0, 0.125, 0.25, 1};
  for (size_t i = 0; i < pft.size(); ++i)
    expect(std::abs(values[2][i] - pft[i]) < 1e-15, "share of a type " + std::to_string(i));
  expect(values[3] == std::vector<double>({3, 3, 1, 0}), "the category is the largest target's, 0 without");
  // Cell 0 has trees on all the land and crops on a third more: 1.2 = 1 x 1 + 1/3 x 0.6, five to three.
  expect(std::abs(values[4][0] - 1.0) < 1e-15 && std::abs(values[4][kCells] - 0.6) < 1e-15, "leaf areas");
  expect(values[4][2] == 10 && values[4][3] == 0, "leaves have a limit, and the sea has none");
  // September, in cell 0: 1 and 0.6 fell; half of the trees' least stems is left, nothing of the crops'.
  expect(std::abs(values[5][0] - 1.25) < 1e-15 && std::abs(values[5][kCells] - 0.6) < 1e-15, "stem areas");
  // Trees are the largest of the wood everywhere; rows are as the variable has them.
  expect(values[6] == std::vector<double>({0.75, 0.75, 0.75, 0.75, 35, 35, 35, 35}), "heights of the top");
  expect(values[7] == std::vector<double>({1, 1, 1, 1}), "heights of the bottom");
  expect_equal(walk.exceeds(values), "");
  Fields more = values;
  more[1][0] = 50.1;
  expect_equal(walk.exceeds(more), "PCT_CROP");
  expect(walk.bound_values().front() == kBound, "bounds are the file's");
}

void order_and_choice_of_cells_change_no_bit(const std::string &folder) {
  const landbc::Bundle bundle = write_adapter(folder, {});
  const Fields whole = landbc::read_crosswalk(bundle, "small", {0, 1, 2, 3}, kCells)
                           .apply(fractions_of({0, 1, 2, 3}), nullptr, nullptr);
  const std::vector<int64_t> some = {2, 0};
  const Crosswalk part = landbc::read_crosswalk(bundle, "small", some, kCells);
  const Fields values = part.apply(fractions_of(some), nullptr, nullptr);
  for (size_t v = 0; v < values.size(); ++v)
    for (size_t r = 0; r < values[v].size() / some.size(); ++r)
      for (size_t i = 0; i < some.size(); ++i)
        expect_equal(values[v][r * some.size() + i], whole[v][r * kCells + static_cast<size_t>(some[i])]);
  expect(part.bound_values().front() == std::vector<double>({100, 50}), "bounds go by the same cells");
}

void sums_are_one_within_what_ctsm_allows(const std::string &folder) {
  const landbc::Bundle bundle = write_adapter(folder, {});
  const Crosswalk walk = landbc::read_crosswalk(bundle, "small", {0, 1, 2, 3}, kCells);
  std::mt19937 random(2);
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<double> fractions(kClasses * kCells);
    for (size_t i = 0; i < kCells; ++i) {
      double sum = 0.0;
      for (size_t k = 0; k < kClasses; ++k) {
        fractions[k * kCells + i] = static_cast<double>(random() % 1000 + 1);
        sum += fractions[k * kCells + i];
      }
      for (size_t k = 0; k < kClasses; ++k) fractions[k * kCells + i] /= sum;
    }
    const Fields values = walk.apply(fractions, nullptr, nullptr);
    for (size_t i = 0; i < kCells; ++i) {
      const double unit = values[0][i] + values[0][kCells + i] + values[0][2 * kCells + i];
      expect(std::abs(unit / 100 - 1) < 1e-13 && std::abs(unit - 100) < 1e-11, "land units sum to 100");
      expect(std::abs(values[2][i] + values[2][kCells + i] - 1) < 1e-13, "types sum to 1");
    }
  }
}

void refused(const std::string &folder, const Content &content, const std::string &why) {
  const landbc::Bundle bundle = write_adapter(folder, content);
  try {
    const Crosswalk walk = landbc::read_crosswalk(bundle, "small", {0, 1, 2, 3}, kCells);
    expect(false, "refused: " + why);
  } catch (const landbc::Error &error) {
    expect_equal(error.status(), LANDBC_ERROR_BUNDLE);
    expect(std::string(error.what()).find(why) != std::string::npos, std::string(error.what()) + " / " + why);
  }
}

Content with(const std::string &from, const std::string &to) {
  Content content;
  content.document.replace(content.document.find(from), from.size(), to);
  return content;
}

void spoilt_files_are_refused(const std::string &folder) {
  Content content;
  content.format = "landbc-recording";
  refused(folder, content, "not an adapter");
  content = {};
  content.document = "{";
  refused(folder, content, "description");
  content = {};
  content.share[0] = 0.5;
  refused(folder, content, "do not sum to 1");
  content.share[0] = std::nan("");
  refused(folder, content, "no fractions");
  content = {};
  content.zone[2] = 0.75;
  refused(folder, content, "climate zones");
  refused(folder, with("\"empty\": 2", "\"empty\": 3"), "that there is not");
  refused(folder, with("[0, 1], [2], []", "[0, 9], [2], []"), "that there is not");
  refused(folder, with("\"group\": 0", "\"group\": 2"), "that there is not");
  refused(folder, with("\"codes\": [3, 7, 1]", "\"codes\": [3]"), "no code");
  refused(folder, with("[\"crop\"]", "[]"), "no label");
  refused(folder, with("\"classes\": [\"wood\", \"field\", \"sea\"]", "\"classes\": [\"wood\"]"), "share");
  refused(folder, with("\"maximum\": \"PCT_CROP_MAX\"", "\"maximum\": \"other\""), "other");
  refused(folder, with("\"kind\": \"share\"", "\"kind\": \"sum\""), "of the kind");
  refused(folder, with("[[5, 2], [3]]", "[[5, 2], [-3]]"), "no 'weights'");
  refused(folder, with("[[5, 2], [3]]", "[[5], [3]]"), "no 'weights'");
  refused(folder, with("[[0.5, 0.25], [0]]", "[[0.5, 1], [0]]"), "no 'stem_keep'");
  refused(folder, with("\"height_top\": [[35", "\"other\": [[35"), "'height_top'");
  refused(folder, with("\"stem_keep\": [[", "\"other\": [["), "no stems and heights");
  content = {};
  content.leaf_months[3] = -1;
  refused(folder, content, "no leaf area index");
  content = {};
  content.version = 1;
  refused(folder, content, "not an adapter of format 2");
  refused(folder, with("\"unit\": \"%\"", "\"unit\": 1"), "description");
}

}  // namespace

int main() {
  const std::string folder = (std::filesystem::temp_directory_path() / "landbc_test_crosswalk").string();
  shares_are_those_of_a_calculation_by_hand(folder);
  order_and_choice_of_cells_change_no_bit(folder);
  sums_are_one_within_what_ctsm_allows(folder);
  spoilt_files_are_refused(folder);
  std::filesystem::remove_all(folder);
  return failures == 0 ? 0 : 1;
}
