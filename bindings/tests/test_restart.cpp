// What is written is what is read; and kill -9 at 200 random moments never leaves a file that loads wrongly:
// each one found is a whole checkpoint, none older than the last that was finished.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <thread>

#include "error.h"
#include "expect.h"
#include "restart.h"

namespace {

using landbc::PhaseRestart;
using landbc::Restart;

// Everything in it follows from `k`.
Restart make(int64_t k) {
  Restart restart;
  restart.bundle_sha256 = std::string(64, 'a');
  restart.calendar = "noleap";
  restart.landbc_version = "0";
  restart.begin = k;
  restart.end = k + 1;
  restart.begin_date = "then";
  restart.end_date = "now";
  restart.direction = -1;
  restart.started = true;
  restart.changed = 1;
  restart.window = {100, 200, 50, 75};
  restart.inputs = {"a", "b"};
  restart.units = {"K", "1"};
  for (int64_t i = 0; i < 20; ++i) {
    restart.cell_id.push_back(k + i);
    restart.last_valid.push_back(i == 3 ? std::numeric_limits<double>::quiet_NaN()
                                        : 0.1 * static_cast<double>(k));
    restart.last_valid.push_back(1.0 / 3.0);
  }
  PhaseRestart land_use;
  land_use.quantity = "land_use";
  land_use.emulator_sha256 = std::string(64, 'b');
  land_use.next = k;
  land_use.inputs = {"a", "b"};
  land_use.classes = {"x", "y", "z"};
  land_use.sums[k] = {std::vector<double>(40, 1.0 / static_cast<double>(k + 3)), 5};
  land_use.sums[k + 1] = {std::vector<double>(40, -static_cast<double>(k)), 6};
  for (int64_t p = 0; p < 50 * 75; ++p) land_use.codes.push_back(static_cast<uint8_t>((p * 31 + k) % 251));
  PhaseRestart leaf_area;
  leaf_area.quantity = "leaf_area_index";
  leaf_area.emulator_sha256 = std::string(64, 'c');
  leaf_area.next = k + 7;
  leaf_area.inputs = {"b"};
  leaf_area.sums[k] = {std::vector<double>(20, 0.7), 8};
  for (int64_t step = k; step < k + 3; ++step) {
    for (int64_t p = 0; p < 50 * 75; ++p)
      leaf_area.maps[step].push_back(static_cast<int16_t>((p * 7 + step) % 32000 - 1));
  }
  leaf_area.hidden_channels = 2;
  leaf_area.hidden_cell = {3, k + 1000};
  leaf_area.hidden = {0.1F, 0.2F, 0.3F, static_cast<float>(k)};
  restart.phases = {land_use, leaf_area};
  for (int64_t i = 0; i < 20; ++i) restart.leaf_begun.push_back(0.1 * static_cast<double>(i + k));
  for (int64_t i = 0; i < 240; ++i) restart.leaf_months.push_back(1.0 / static_cast<double>(i + k + 3));
  restart.leaf_begun_steps = k % 3;
  return restart;
}

bool same_bits(const std::vector<double> &a, const std::vector<double> &b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))) return false;
  }
  return true;
}

bool same_phase(const PhaseRestart &a, const PhaseRestart &b) {
  bool sums = a.sums.size() == b.sums.size();
  for (const auto &[period, sum] : a.sums) {
    const auto found = b.sums.find(period);
    sums = sums && found != b.sums.end() && found->second.seconds == sum.seconds &&
           same_bits(found->second.values, sum.values);
  }
  return sums && a.quantity == b.quantity && a.emulator_sha256 == b.emulator_sha256 && a.next == b.next &&
         a.inputs == b.inputs && a.classes == b.classes && a.codes == b.codes && a.maps == b.maps &&
         a.hidden_channels == b.hidden_channels && a.hidden_cell == b.hidden_cell && a.hidden == b.hidden;
}

bool same(const Restart &a, const Restart &b) {
  return std::equal(a.phases.begin(), a.phases.end(), b.phases.begin(), b.phases.end(), same_phase) &&
         a.bundle_sha256 == b.bundle_sha256 && a.calendar == b.calendar && a.begin == b.begin &&
         a.end == b.end && a.direction == b.direction && a.started == b.started && a.changed == b.changed &&
         a.inputs == b.inputs && a.cell_id == b.cell_id && same_bits(a.last_valid, b.last_valid) &&
         same_bits(a.leaf_months, b.leaf_months) && same_bits(a.leaf_begun, b.leaf_begun) &&
         a.leaf_begun_steps == b.leaf_begun_steps && a.window.row == b.window.row &&
         a.window.cols == b.window.cols;
}

void expect_refused(const std::string &path, const std::string &words) {
  try {
    landbc::read_restart(path);
    expect(false, "a damaged checkpoint was read");
  } catch (const landbc::Error &error) {
    expect(error.status() == LANDBC_ERROR_RESTART, error.what());
    expect(std::string(error.what()).find(words) != std::string::npos, error.what());
  }
}

void survive_kills(const std::string &path) {
  std::mt19937 random(7);
  // A kill meets any moment of a write, or of the one after it. How long one takes depends on the machine and
  // its load, so the range of moments grows when none was finished and shrinks when one was.
  double range = 1000.0;  // microseconds
  int64_t first = 1;
  int unfinished = 0;
  for (int kill_number = 0; kill_number < 200; ++kill_number) {
    const pid_t child = fork();
    if (child == 0) {
      for (int64_t k = first;; ++k) landbc::write_restart(path, make(k));
    }
    const double wait = std::uniform_real_distribution<double>(0.0, range)(random);
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(wait));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    unfinished += std::filesystem::exists(path + ".partial") ? 1 : 0;
    const Restart found = landbc::read_restart(path);
    if (found.begin < first - 1 || !same(found, make(found.begin))) {
      expect(false, "kill " + std::to_string(kill_number) + " left a wrong checkpoint");
      return;
    }
    range *= found.begin >= first ? 0.95 : 1.1;
    first = found.begin + 1;
  }
  expect(unfinished > 20, "few kills met an unfinished checkpoint: " + std::to_string(unfinished));
  expect(first > 20, "few checkpoints were finished: " + std::to_string(first));
}

}  // namespace

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "landbc-restart-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string path = folder + "/state.nc";
  landbc::write_restart(path, make(0));
  expect(same(landbc::read_restart(path), make(0)), "what was written is not what is read");
  expect(!same(make(0), make(1)), "the comparison sees no difference");

  std::ofstream(path, std::ios::app) << 'x';
  expect_refused(path, "not at its end");
  std::ofstream(path, std::ios::trunc) << "nothing";
  expect_refused(path, "cut short");
  expect_refused(folder, "not a file");

  landbc::write_restart(path, make(0));
  survive_kills(path);
  std::filesystem::remove_all(folder);
  return failures;
}
