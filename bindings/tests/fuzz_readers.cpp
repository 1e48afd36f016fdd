// Mutated model cards, bundle manifests, adapters and checkpoints: each is taken or refused with a status and
// one line, never anything else. `fuzz_readers [INPUTS [SEED]]`; the same numbers give the same inputs.
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "bundle.h"
#include "card.h"
#include "crosswalk.h"
#include "error.h"
#include "expect.h"
#include "restart.h"
#include "sha256.h"
#include "small_adapter.h"

namespace {

using Random = std::mt19937_64;

constexpr std::array<const char *, 22> kWords = {
    "null",         "true", "-1",   "0",        "1e999",    "18446744073709551616", "9223372036854775807",
    "[]",           "{}",   "\"\"", "\"year\"", "2.5",      "\"\\u0000\"",          "[[[[",
    "}}",           ",",    ":",    "\"",       "\xff\xfe", "-9223372036854775808", "\"step\"",
    "\"inputs\":{}"};

size_t below(Random &random, size_t limit) {
  return std::uniform_int_distribution<size_t>(0, std::max<size_t>(limit, 1) - 1)(random);
}

std::string mutated(const std::string &seed, Random &random) {
  std::string text = seed;
  for (size_t times = 1 + below(random, 4); times > 0; --times) {
    const size_t at = below(random, text.size());
    const size_t length = std::min(below(random, 40), text.size() - std::min(at, text.size()));
    switch (below(random, 6)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(below(random, 256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.insert(at, kWords[below(random, kWords.size())]);
        break;
      case 4: {
        // A value of JSON becomes another.
        const size_t colon = text.find(':', at);
        if (colon == std::string::npos) break;
        const size_t end = text.find_first_of(",}", colon);
        if (end != std::string::npos)
          text.replace(colon + 1, end - colon - 1, kWords[below(random, kWords.size())]);
        break;
      }
      default:
        text.resize(at);
    }
  }
  return text;
}

// Runs a reader; it may throw an Error of the statuses that it says, in one line.
template <class Reader>
void try_reader(const char *name, const Reader &read, landbc_status status, int64_t &refused) {
  try {
    read();
  } catch (const landbc::Error &error) {
    ++refused;
    const std::string sentence = error.what();
    expect(error.status() == status, std::string(name) + ": " + sentence);
    expect(sentence.find('\n') == std::string::npos, std::string(name) + ": several lines: " + sentence);
  } catch (const std::exception &error) {
    expect(false, std::string(name) + ": " + error.what());
  }
}

void write(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string read_bytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr const char *kCard =
    R"({"format": "landbc-emulator", "interface_version": 1, "name": "x", "version": "1",
 "quantity": "land_use", "step": "year", "classes": [{"code": 0, "name": "ocean"}, {"code": 1, "name": "land"}],
 "unknown_class": 255, "inputs": [{"name": "elevation", "unit": "m", "source": "static"},
 {"name": "air_temperature", "unit": "K", "source": "climate", "statistic": "mean", "valid_range": [150, 350]},
 {"name": "urban", "unit": "1", "source": "scenario", "at": "prior"}, {"name": "direction", "source": "time"},
 {"name": "elapsed_years", "source": "time"}, {"name": "land_use", "source": "state"}],
 "output": {"name": "land_use", "kind": "class_logits", "classes": 2},
 "grid": {"pixel_degrees": 0.01, "coarse_degrees": 0.25}, "receptive_field_radius": 107, "halo": 112, "multiple": 16})";

constexpr const char *kSeriesCard =
    R"({"format": "landbc-emulator", "interface_version": 1, "name": "x", "version": "1",
 "quantity": "leaf_area_index", "step": "month", "inputs": [{"name": "land_use", "source": "static", "at": "target"},
 {"name": "air_temperature", "unit": "K", "source": "climate", "statistic": "mean", "step": "month", "steps": 12},
 {"name": "leaf_area_index", "source": "state", "lag": 1}, {"name": "leaf_area_index", "source": "climatology", "lag": 1},
 {"name": "leaf_area_index", "source": "climatology", "lag": 0}, {"name": "latitude", "source": "place"},
 {"name": "day_of_year", "source": "time"}, {"name": "co2", "unit": "ppm", "source": "time"}],
 "output": {"name": "leaf_area_index", "kind": "quantiles", "levels": [0.1, 0.5], "unit": "1", "lower": 0, "upper": 10},
 "state": {"channels": 2, "pixels": 4},
 "grid": {"pixel_degrees": 0.01, "coarse_degrees": 0.25}, "receptive_field_radius": 107, "halo": 112, "multiple": 16})";

std::string write_bundle(const std::string &folder) {
  std::string files;
  for (const char *name : {"land_use.pt", "leaf.pt", "leaf.nc", "domain.nc", "mesh.nc", "scenario.nc"}) {
    write(folder + "/" + name, name);
    const std::string content = name;
    files += (files.empty() ? "\"" : ", \"") + content + "\": \"" +
             landbc::sha256(content.data(), content.size()) + "\"";
  }
  return R"({"format": "landbc-bundle", "format_version": 2, "files": {)" + files +
         R"(}, "emulators": [{"file": "leaf.pt", "normals": "leaf.nc"}, {"file": "land_use.pt"}], "window": [3950, 17950, 100, 150], "margin": 125, "core": 400, "halo": 112, "state_year": 2009})";
}

std::string write_checkpoint(const std::string &path) {
  landbc::Restart restart;
  restart.calendar = "noleap";
  restart.window = {100, 200, 25, 25};
  restart.inputs = {"a"};
  restart.units = {"K"};
  restart.cell_id = {1, 2, 3};
  restart.last_valid = {1.0, 2.0, 3.0};
  landbc::PhaseRestart land_use;
  land_use.quantity = "land_use";
  land_use.inputs = {"a"};
  land_use.classes = {"x", "y"};
  land_use.sums[2009] = {{1.0, 2.0, 3.0}, 5};
  land_use.codes.assign(625, 1);
  landbc::PhaseRestart leaf_area;
  leaf_area.quantity = "leaf_area_index";
  leaf_area.maps[24119].assign(625, 300);
  leaf_area.hidden_channels = 2;
  leaf_area.hidden_cell = {7};
  leaf_area.hidden = {0.5F, 0.25F};
  restart.phases = {land_use, leaf_area};
  landbc::write_restart(path, restart);
  return read_bytes(path);
}

// One that is taken must also work.
void use_adapter(const landbc::Bundle &bundle) {
  const landbc::Crosswalk walk(bundle, "small", {0, 1, 2, 3}, small_adapter::kCells);
  const std::vector<double> fractions(walk.classes().size() * small_adapter::kCells, 0.25);
  const std::vector<double> leaves(small_adapter::kCells, 1.5);
  const auto values = walk.apply(fractions, &leaves);
  walk.exceeds(values);
}

}  // namespace

int main(int argc, char **argv) {
  const int64_t inputs = argc > 1 ? std::atoll(argv[1]) : 3000;
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  std::string folder = (std::filesystem::temp_directory_path() / "landbc-fuzz-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string manifest = write_bundle(folder);
  const std::string checkpoint = write_checkpoint(folder + "/state.nc");
  write(folder + "/bundle.json", manifest);
  landbc::open_bundle(folder);
  const std::array<std::string, 2> cards = {kCard, kSeriesCard};
  for (const std::string &card : cards) landbc::parse_card(card, "card");

  int64_t refused = 0;
  for (int64_t i = 0; i < inputs && failures < 10; ++i) {
    switch (i % 4) {
      case 0: {
        const std::string card = mutated(cards[below(random, cards.size())], random);
        try_reader("card", [&] { landbc::parse_card(card, "card"); }, LANDBC_ERROR_MODEL, refused);
        break;
      }
      case 1:
        write(folder + "/bundle.json", mutated(manifest, random));
        try_reader("bundle", [&] { landbc::open_bundle(folder); }, LANDBC_ERROR_BUNDLE, refused);
        break;
      case 2: {
        small_adapter::Content content;
        content.document = mutated(content.document, random);
        const landbc::Bundle bundle = small_adapter::write_adapter(folder, content);
        try_reader("adapter", [&] { use_adapter(bundle); }, LANDBC_ERROR_BUNDLE, refused);
        break;
      }
      default: {
        const std::string bytes = mutated(checkpoint, random);
        write(folder + "/state.nc", bytes);
        const int64_t before = refused;
        try_reader(
            "checkpoint", [&] { landbc::read_restart(folder + "/state.nc"); }, LANDBC_ERROR_RESTART, refused);
        expect(bytes == checkpoint || refused > before, "a changed checkpoint was read");
      }
    }
  }
  expect(refused > inputs / 2, "few inputs were refused");
  std::filesystem::remove_all(folder);
  return failures;
}
