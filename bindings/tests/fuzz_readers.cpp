// Damaged model cards, manifests, adapters and checkpoints: each is taken, and then holds what it should, or
// is refused with one status and one line, never anything else.
//
// `fuzz_readers [INPUTS [SEED [NUMBER]]]`: each input follows from the seed and its own number alone, so that
// NUMBER makes one of them again. Most inputs meet the readers in memory; what costs a file is a smaller
// share.
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iterator>
#include <numeric>

#include "adapter_description.h"
#include "bundle.h"
#include "card.h"
#include "crosswalk.h"
#include "error.h"
#include "expect.h"
#include "mutation.h"
#include "restart.h"
#include "small_adapter.h"
#include "small_files.h"
#include "spoilt_checkpoint.h"
#include "stopwatch.h"

// Of the sanitizers' runtime, where there is one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using mutation::json;
using mutation::Random;

std::atomic<int64_t> current_input = -1;
std::string current_kind;

// A crash names its input, by nothing but calls that a signal handler may make.
void tell_input() {
  char text[64] = "crash at input ";
  size_t length = sizeof "crash at input " - 1;
  char digits[24];
  size_t count = 0;
  for (int64_t rest = current_input; count == 0 || rest > 0; rest /= 10)
    digits[count++] = static_cast<char>('0' + rest % 10);
  while (count > 0) text[length++] = digits[--count];
  text[length++] = '\n';
  if (write(STDERR_FILENO, text, length) < 0) _exit(2);
}

void on_signal(int number) {
  tell_input();
  signal(number, SIG_DFL);
  raise(number);
}

void watch_for_crashes() {
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(&tell_input);
    return;
  }
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) signal(number, &on_signal);
}

// Damage is done past the library, which keeps HDF5 from printing by itself.
void keep_hdf5_quiet() {
  using Set = int (*)(int64_t, void *, void *);
  if (const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "H5Eset_auto2")); set != nullptr)
    set(0, nullptr, nullptr);
}

void expect_here(bool holds, const std::string &what) {
  if (!holds) expect(false, "input " + std::to_string(current_input) + ", " + current_kind + ": " + what);
}

// Runs a reader; true if it refused, which it may with `status`, in one line.
bool refuses(const std::function<void()> &read, landbc_status status) {
  try {
    read();
  } catch (const landbc::Error &error) {
    const std::string sentence = error.what();
    expect_here(error.status() == status, sentence);
    expect_here(sentence.find('\n') == std::string::npos, "several lines: " + sentence);
    return true;
  } catch (const std::exception &error) {
    expect_here(false, std::string("not an Error: ") + error.what());
  }
  return false;
}

void check_card(const landbc::Card &card) {
  expect_here(card.classes.has_value() != card.series.has_value(), "classes and a series, or neither");
  if (card.classes) {
    const size_t classes = card.classes->classes.size();
    expect_here(classes >= 1 && classes <= 255, "number of classes");
  } else {
    const landbc::SeriesOutput &series = *card.series;
    expect_here(series.median >= 0 && series.median < series.levels, "the median");
    expect_here(series.lower < series.upper && std::isfinite(series.upper - series.lower), "the range");
    expect_here(!series.lags.empty() && series.hidden_channels >= 0 && 16 % series.hidden_pixels == 0,
                "lags and hidden state");
    for (const int64_t lag : series.lags) expect_here(lag >= 1 && lag <= 1000, "a lag");
  }
  expect_here(card.climate_steps >= 1 && card.climate_steps <= 1000, "steps of the climate");
  expect_here(card.radius >= 0 && card.halo >= card.radius && card.multiple >= 1, "halo");
}

void check_bundle(const landbc::Bundle &bundle, const std::vector<landbc::BundledFile> &files) {
  expect_here(bundle.window.valid() && bundle.extended().valid(), "window");
  expect_here(bundle.core > 0 && bundle.halo >= 0 && bundle.margin >= 0, "tiles");
  expect_here(!bundle.emulators.empty(), "emulators");
  for (const landbc::BundledFile &file : files)
    expect_here(!file.name.empty() && file.name.find('/') == std::string::npos, "a file elsewhere");
}

void check_adapter(const landbc::Crosswalk &walk) {
  const std::vector<double> fractions(walk.classes().size() * small_adapter::kCells,
                                      1.0 / static_cast<double>(walk.classes().size()));
  const std::vector<double> leaves(small_adapter::kCells, 1.5);
  const landbc::LeafYear year(small_adapter::leaf_months(), 12, 12 * 2009 + 9);
  const auto values = walk.apply(fractions, &leaves, &year);
  walk.exceeds(values);
  for (const auto &variable : values)
    for (const double value : variable) expect_here(std::isfinite(value), "a value is not finite");
}

void check_restart(const landbc::Restart &restart) {
  const auto pixels = static_cast<size_t>(restart.window.pixels());
  const size_t cells = restart.cell_id.size();
  expect_here(restart.window.valid() && restart.last_valid.size() == cells * restart.inputs.size(), "cells");
  expect_here(restart.leaf_months.size() == 12 * restart.leaf_begun.size() &&
                  (restart.leaf_begun.empty() || restart.leaf_begun.size() == cells),
              "leaf area of the last months");
  for (const landbc::PhaseRestart &phase : restart.phases) {
    for (const auto &[period, sum] : phase.sums)
      expect_here(sum.values.size() == cells * phase.inputs.size(), "sums");
    expect_here(phase.codes.empty() || phase.codes.size() == pixels, "codes");
    for (const auto &[step, map] : phase.maps) expect_here(map.size() == pixels, "maps");
    expect_here(phase.hidden.size() == phase.hidden_cell.size() * static_cast<size_t>(phase.hidden_channels),
                "hidden state");
  }
}

// What is damaged, and how it is read: true if it was refused.
class Inputs {
 public:
  explicit Inputs(const std::string &folder)
      : folder_(folder),
        checkpoint_(folder + "/state.nc"),
        manifest_(small_files::write_bundle(folder)),
        checkpoint_bytes_(small_files::write_checkpoint(checkpoint_)) {
    for (const std::string &card : small_files::kCards) {
      check_card(landbc::parse_card(card, "card"));
      cards_.push_back(json::parse(card));
    }
    manifest_values_ = json::parse(manifest_);
    description_values_ = json::parse(small_adapter::kDocument);
    landbc::open_bundle(folder);
  }

  bool card(Random &random) const {
    const size_t which = mutation::below(random, cards_.size());
    const std::string text = mutation::document(small_files::kCards[which], cards_[which], random);
    return refuses([&] { check_card(landbc::parse_card(text, "card")); }, LANDBC_ERROR_MODEL);
  }

  bool manifest(Random &random) const {
    const std::string text = mutation::document(manifest_, manifest_values_, random);
    std::vector<landbc::BundledFile> files;
    return refuses([&] { check_bundle(landbc::parse_manifest(text, folder_, files), files); },
                   LANDBC_ERROR_BUNDLE);
  }

  bool description(Random &random) const {
    const std::string text = mutation::document(small_adapter::kDocument, description_values_, random);
    return refuses(
        [&] {
          landbc::AdapterDescription made = landbc::parse_description(text, "adapter");
          landbc::AdapterTables tables = small_adapter::tables();
          tables.bound.resize(made.bounds.size());
          for (size_t b = 0; b < made.bounds.size(); ++b)
            tables.bound[b].assign(made.bounds[b].labels.size() * small_adapter::kCells, 50.0);
          check_adapter({"small", std::move(made), tables, {0, 1, 2, 3}, "adapter"});
        },
        LANDBC_ERROR_BUNDLE);
  }

  bool checkpoint_bytes(Random &random) const {
    const std::string bytes = mutation::bytes(checkpoint_bytes_, random);
    small_files::write_bytes(checkpoint_, bytes);
    const bool refused = refuses([&] { landbc::read_restart(checkpoint_); }, LANDBC_ERROR_RESTART);
    expect_here(refused || bytes == checkpoint_bytes_, "a changed checkpoint was read");
    return refused;
  }

  bool checkpoint_content(Random &random) const {
    spoilt_checkpoint::write(checkpoint_, checkpoint_bytes_, random);
    return refuses([&] { check_restart(landbc::read_restart(checkpoint_)); }, LANDBC_ERROR_RESTART);
  }

  bool bundle_folder(Random &random) const {
    small_files::write_bytes(folder_ + "/bundle.json",
                             mutation::document(manifest_, manifest_values_, random));
    return refuses([&] { check_bundle(landbc::open_bundle(folder_), {}); }, LANDBC_ERROR_BUNDLE);
  }

  bool adapter_file(Random &random) const {
    small_adapter::Content content;
    content.document = mutation::document(content.document, description_values_, random);
    const landbc::Bundle bundle = small_adapter::write_adapter(folder_ + "/adapter", content);
    return refuses(
        [&] { check_adapter(landbc::read_crosswalk(bundle, "small", {0, 1, 2, 3}, small_adapter::kCells)); },
        LANDBC_ERROR_BUNDLE);
  }

 private:
  std::string folder_, checkpoint_, manifest_, checkpoint_bytes_;
  std::vector<json> cards_;
  json manifest_values_, description_values_;
};

// How many of a thousand inputs are of each kind, by what one costs.
struct Kind {
  const char *name;
  int64_t share;
  bool (Inputs::*read)(Random &random) const;
  int64_t inputs = 0, refused = 0;
  double seconds = 0.0;
};

std::array<Kind, 7> kinds = {{{"model cards", 400, &Inputs::card},
                              {"manifests", 300, &Inputs::manifest},
                              {"adapters' descriptions", 170, &Inputs::description},
                              {"checkpoints' bytes", 120, &Inputs::checkpoint_bytes},
                              {"checkpoints' content under a sound checksum", 4, &Inputs::checkpoint_content},
                              {"bundles in files", 3, &Inputs::bundle_folder},
                              {"adapters in files", 3, &Inputs::adapter_file}}};

Kind &kind_of(int64_t number) {
  int64_t rest = number % 1000;
  size_t kind = 0;
  while (rest >= kinds[kind].share) rest -= kinds[kind++].share;
  return kinds[kind];
}

// In memory, where the machine has such a folder.
std::string make_folder() {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  std::string folder = (parent / "landbc-fuzz-XXXXXX").string();
  return mkdtemp(folder.data()) == nullptr ? std::string() : folder;
}

}  // namespace

int main(int argc, char **argv) {
  const int64_t count = argc > 1 ? std::atoll(argv[1]) : 100000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const int64_t first = argc > 3 ? std::atoll(argv[3]) : 0;
  const int64_t end = argc > 3 ? first + 1 : count;
  const std::string folder = make_folder();
  if (folder.empty()) return 1;
  watch_for_crashes();
  keep_hdf5_quiet();
  {
    const Inputs inputs(folder);
    for (int64_t number = first; number < end && failures < 10; ++number) {
      current_input = number;
      Kind &kind = kind_of(number);
      current_kind = kind.name;
      std::seed_seq numbers{seed, static_cast<uint64_t>(number)};
      Random random(numbers);
      landbc::Stopwatch watch;
      ++kind.inputs;
      if ((inputs.*kind.read)(random)) ++kind.refused;
      kind.seconds += watch.lap();
    }
  }
  std::filesystem::remove_all(folder);
  for (const Kind &kind : kinds) {
    std::cout << kind.inputs << " " << kind.name << ", " << kind.refused << " refused, " << kind.seconds
              << " s\n";
    // Damage that hardly shows is none, and what is always refused at once is not read.
    if (argc <= 3) expect(2 * kind.refused >= kind.inputs, std::string("few were refused: ") + kind.name);
  }
  if (failures > 0)
    std::cerr << "again: fuzz_readers " << count << " " << seed << " NUMBER, with the number of an input\n";
  return failures;
}
