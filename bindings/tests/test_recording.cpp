// kill -9 at random moments while a recording is being written (`test_recording [KILLS]`): the file can be
// read afterwards, holds every step of the last finished flush, and of each step what was given.
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "error.h"
#include "expect.h"
#include "netcdf_file.h"
#include "recording.h"

namespace {

using landbc::NetcdfFile;
using landbc::Output;
using landbc::Recording;

constexpr size_t kCells = 90;
constexpr size_t kClasses = 3;
constexpr int64_t kUpdate = 50;  // steps from state to state
constexpr int64_t kFlush = 7;    // steps from flush to flush

double value(int64_t step, size_t cell, int what) {
  return static_cast<double>(step) * 1000.0 + static_cast<double>(cell) + 0.25 * what;
}

Output make_output(const std::string &name, const std::string &classes_of, size_t width) {
  return {name, "1", classes_of, width, std::vector<double>(width * kCells)};
}

std::string digest(int64_t state) {
  std::string text = std::to_string(state);
  return std::string(64 - text.size(), '0') + text;
}

// Steps without end; `flushed` counts those that must be found.
[[noreturn]] void record(const std::string &path, std::atomic<int64_t> &flushed) {
  landbc::Team team;
  landbc::RecordingHeader header;
  header.texts = {{"format", "landbc-recording"}};
  header.quantities = {"land_use"};
  header.classes["land_use"] = {"a", "bc", "d"};
  for (size_t c = 0; c < kCells; ++c) header.cell_id.push_back(static_cast<int64_t>(c));
  Recording recording(team, path, header, kCells);
  Output fraction = make_output("land_use_fraction", "land_use", kClasses);
  Output leaf = make_output("leaf_area_index", "", 1);
  std::vector<double> warmth(kCells);
  std::vector<float> water(kCells);
  landbc_field fields[2] = {
      {sizeof(landbc_field), "warmth", "K", warmth.data(), LANDBC_FLOAT64, 1, {kCells, 0, 0, 0}},
      {sizeof(landbc_field), "water", "mm", water.data(), LANDBC_FLOAT32, 1, {kCells, 0, 0, 0}}};
  const std::vector<const landbc_field *> inputs = {&fields[0], nullptr, &fields[1]};
  for (int64_t step = 0;; ++step) {
    if (step % kUpdate == 0) {
      for (size_t i = 0; i < fraction.values.size(); ++i) fraction.values[i] = value(step, i, 3);
      recording.set_state({&fraction}, {digest(step)});
    }
    for (size_t c = 0; c < kCells; ++c) {
      warmth[c] = value(step, c, 0);
      water[c] = static_cast<float>(value(step, c, 1));
      leaf.values[c] = value(step, c, 2);
    }
    recording.add({{static_cast<int32_t>(step), 1, 2, 3}, 3600, inputs, {&leaf}, step == 0 ? 1 : 0, 0.5});
    if (step % kFlush == 0) {
      recording.flush();
      flushed = step + 1;
    }
  }
}

// The number of steps found, or -1 where something is not as it was given.
int64_t read_back(const std::string &path) {
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_IO);
  if (!file.has_variable("steps")) return 0;
  const size_t blocks = file.dimension("block");
  const size_t length = file.dimension("step");
  const auto counts = file.read<int32_t>("steps", {blocks});
  int64_t step = 0;
  for (size_t b = 0; b < blocks; ++b) {
    const auto steps = static_cast<size_t>(counts[b]);
    if (steps > length || (steps == 0 && b + 1 < blocks)) return -1;
    if (steps == 0) continue;
    const auto part = [&](const std::string &name, auto kind, std::vector<size_t> extents) {
      std::vector<size_t> shape = {blocks, length};
      std::vector<size_t> start(2 + extents.size(), 0);
      std::vector<size_t> count = {1, steps};
      start[0] = b;
      shape.insert(shape.end(), extents.begin(), extents.end());
      count.insert(count.end(), extents.begin(), extents.end());
      return file.read_part<decltype(kind)>(name, shape, start, count);
    };
    const auto years = part("year", int32_t{}, {});
    const auto warmth = part("input_warmth", double{}, {kCells});
    const auto water = part("input_water", float{}, {kCells});
    const auto leaf = part("output_leaf_area_index", double{}, {kCells});
    const auto fraction = file.read_part<double>("output_land_use_fraction", {blocks, kClasses, kCells},
                                                 {b, 0, 0}, {1, kClasses, kCells});
    const int64_t state = step / kUpdate * kUpdate;
    if ((step + static_cast<int64_t>(steps) - 1) / kUpdate * kUpdate != state) return -1;
    for (size_t i = 0; i < kClasses * kCells; ++i) {
      if (fraction[i] != value(state, i, 3)) return -1;
    }
    for (size_t s = 0; s < steps; ++s, ++step) {
      if (years[s] != step) return -1;
      for (size_t c = 0; c < kCells; ++c) {
        if (warmth[s * kCells + c] != value(step, c, 0) ||
            water[s * kCells + c] != static_cast<float>(value(step, c, 1)) ||
            leaf[s * kCells + c] != value(step, c, 2))
          return -1;
      }
    }
  }
  const int64_t written = file.read<int64_t>("steps_written", {})[0];
  return written <= step ? step : -1;
}

void survive_kills(const std::string &path, int kills) {
  void *const shared =
      mmap(nullptr, sizeof(std::atomic<int64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto &flushed = *new (shared) std::atomic<int64_t>(0);
  std::mt19937 random(11);
  int with_steps = 0;
  for (int number = 0; number < kills && failures == 0; ++number) {
    std::filesystem::remove(path);
    flushed = 0;
    const pid_t child = fork();
    if (child == 0) record(path, flushed);
    while (flushed == 0) std::this_thread::yield();
    const double wait = std::uniform_real_distribution<double>(0.0, 3000.0)(random);  // microseconds
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(wait));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const int64_t found = read_back(path);
    expect(found >= flushed, "kill " + std::to_string(number) + ": of " + std::to_string(flushed) +
                                 " steps in the file " + std::to_string(found) + " are found");
    with_steps += found > kUpdate ? 1 : 0;
  }
  expect(with_steps > kills / 2, "few recordings went on to another state: " + std::to_string(with_steps));
}

}  // namespace

int main(int argc, char **argv) {
  std::string folder = (std::filesystem::temp_directory_path() / "landbc-recording-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  survive_kills(folder + "/run.nc", argc > 1 ? std::atoi(argv[1]) : 200);
  std::filesystem::remove_all(folder);
  return failures;
}
