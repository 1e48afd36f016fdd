// Coupled runs on a device that does everything as late as it may (late_device.h), beside the same on the
// CPU: every bit of what the host gets is the same, and the processor waits for the device once an update.
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine.h"
#include "expect.h"
#include "late_device.h"
#include "registry.h"
#include "team.h"

namespace {

constexpr int32_t kCells = 30;
constexpr int32_t kClasses = 8;
constexpr int64_t kDay = 86400;
constexpr size_t kPixels = 100 * 150;
constexpr landbc_date kDecember{2009, 12, 1, 0};
constexpr landbc_date kFebruary{2010, 2, 1, 0};

const landbc::FindDevice kLate = [](const std::string &, int) { return late::device(); };

// A host on the small bundle (tests/couple/small_bundle.py), in a calendar of 360 days.
class Host {
 public:
  Host(const std::string &bundle, bool leaves, const landbc::FindDevice &find, landbc_date start,
       const char *restart, bool graphs = false)
      : leaves_(leaves) {
    landbc_config config;
    landbc_config_default(&config);
    std::vector<int64_t> ids;
    for (int32_t i = 0; i < kCells; ++i) ids.push_back(1000 + 7 * i);
    config.bundle = bundle.c_str();
    config.start = start;
    config.calendar = "360_day";
    config.cell_count = kCells;
    config.cell_ids = ids.data();
    config.threads = 1;
    config.restart = restart;
    config.device_graphs = graphs;
    handle_ = landbc::add_handle(std::make_unique<landbc::Engine>(landbc::read_configuration(config),
                                                                  landbc::join_team(false, 0), find));
  }
  ~Host() { landbc_finalize(&handle_); }
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;

  // A month of weather that is `year`'s and `month`'s own.
  int32_t step(int32_t year, int32_t month, double spoilt = 0.0) {
    std::vector<double> temperature, precipitation, carbon_dioxide;
    for (int32_t i = 0; i < kCells; ++i) {
      temperature.push_back(278.0 + 0.3 * i + month + 0.1 * (year - 2009) + spoilt);
      precipitation.push_back(2.0 + 0.1 * i + 0.05 * month + spoilt);
      carbon_dioxide.push_back(390.0 + year - 2009);
    }
    const landbc_field inputs[] = {
        field("air_temperature", "K", temperature.data()),
        field("precipitation_flux", "mm day-1", precipitation.data()),
        field("mole_fraction_of_carbon_dioxide_in_air", "ppm", carbon_dioxide.data())};
    landbc_field fractions = field("land_use_fraction", "1", fractions_.data());
    fractions.rank = 2;
    fractions.shape[1] = kClasses;
    const landbc_date begin{year, month, 1, 0};
    return landbc_step(handle_, &begin, 30 * kDay, inputs, leaves_ ? 3 : 2, &fractions, 1, nullptr);
  }

  std::vector<uint8_t> map(const char *name) const {
    std::vector<uint8_t> codes(kPixels);
    expect_equal(landbc_get_map(handle_, name, codes.data(), kPixels), LANDBC_OK);
    return codes;
  }
  // Bits, for NaN stands where there is no value.
  std::vector<uint32_t> leaf_area() const {
    std::vector<float> values(kPixels);
    expect_equal(landbc_get_values(handle_, "leaf_area_index", values.data(), kPixels), LANDBC_OK);
    std::vector<uint32_t> bits(kPixels);
    std::memcpy(bits.data(), values.data(), kPixels * sizeof(float));
    return bits;
  }
  const std::vector<double> &fractions() const { return fractions_; }
  landbc_timings timings() const {
    landbc_timings timings{};
    timings.struct_size = sizeof timings;
    expect_equal(landbc_get_timings(handle_, &timings), LANDBC_OK);
    return timings;
  }
  std::string error() const { return landbc_last_error(handle_); }
  void checkpoint(const char *path) { expect_equal(landbc_checkpoint(handle_, path), LANDBC_OK); }

 private:
  static landbc_field field(const char *name, const char *unit, double *data) {
    landbc_field made{};
    made.struct_size = sizeof made;
    made.name = name;
    made.unit = unit;
    made.data = data;
    made.type = LANDBC_FLOAT64;
    made.rank = 1;
    made.shape[0] = kCells;
    return made;
  }

  bool leaves_;
  landbc_handle *handle_ = nullptr;
  std::vector<double> fractions_ = std::vector<double>(kCells * kClasses, -1.0);
};

void expect_alike(const Host &one, const Host &other, bool leaves) {
  expect(one.fractions() == other.fractions(), "fractions differ");
  expect(one.map("land_use") == other.map("land_use"), "maps of land use differ");
  if (!leaves) return;
  expect(one.map("land_cover") == other.map("land_cover"), "maps of land cover differ");
  expect(one.leaf_area() == other.leaf_area(), "leaf area index differs");
}

void run_months(Host &host, int32_t year, int32_t first, int32_t last) {
  for (int32_t month = first; month <= last; ++month)
    expect(host.step(year, month) == LANDBC_OK, host.error());
}

// A year that begins, after the year's last month.
void turn_year(Host &host, int32_t year) {
  run_months(host, year, 12, 12);
  run_months(host, year + 1, 1, 1);
}

void land_use_has_the_same_bits(const std::string &bundle) {
  Host cpu(bundle, false, landbc::find_device, kDecember, nullptr);
  Host late(bundle, false, kLate, kDecember, nullptr);
  for (Host *const host : {&cpu, &late}) {
    turn_year(*host, 2009);
    run_months(*host, 2010, 2, 11);
  }
  const int64_t done = late::done();
  const late::Waits before = late::waits();
  for (Host *const host : {&cpu, &late}) turn_year(*host, 2010);
  // Four tiles: once for whether they are sound, once for the map that outputs are made of. What lies in
  // files was sent in the first update.
  expect_equal(late::waits().all - before.all, 2);
  expect_equal(late::waits().event - before.event, 0);
  expect(late::done() > done + 100, "the late device did next to nothing");
  expect_alike(cpu, late, false);
  const landbc_timings timings = late.timings();
  expect_equal(timings.tiles, 4);
  for (const double phase : {timings.gather, timings.features, timings.forward, timings.state})
    expect(phase > 0.0 && phase < timings.step, "a phase without time, or with more than its step");
}

void leaf_area_has_the_same_bits(const std::string &bundle) {
  Host cpu(bundle, true, landbc::find_device, kDecember, nullptr);
  Host late(bundle, true, kLate, kDecember, nullptr);
  for (Host *const host : {&cpu, &late}) turn_year(*host, 2009);
  expect_alike(cpu, late, true);
  cpu.checkpoint("late_device_of_cpu.nc");
  late.checkpoint("late_device.nc");
  Host cpu_after(bundle, true, landbc::find_device, kFebruary, "late_device.nc");
  Host late_after(bundle, true, kLate, kFebruary, "late_device_of_cpu.nc");
  for (Host *const host : {&cpu, &late, &cpu_after, &late_after}) run_months(*host, 2010, 2, 3);
  for (const Host *const host : {&late, &cpu_after, &late_after}) expect_alike(cpu, *host, true);
}

void nan_leaves_the_state_untouched(const std::string &bundle) {
  Host cpu(bundle, false, landbc::find_device, kDecember, nullptr);
  Host late(bundle, false, kLate, kDecember, nullptr);
  for (Host *const host : {&cpu, &late}) expect(host->step(2009, 12, 1e300) == LANDBC_OK, host->error());
  const std::vector<uint8_t> before = late.map("land_use");
  expect_equal(cpu.step(2010, 1), LANDBC_ERROR_MODEL);
  for (int attempt = 0; attempt < 2; ++attempt) {
    expect_equal(late.step(2010, 1), LANDBC_ERROR_MODEL);
    expect(late.error().find("gave NaN in the tile") != std::string::npos, late.error());
    expect_equal(late.error(), cpu.error());
    expect(late.map("land_use") == before, "a failed update changed the map");
  }
}

std::string warnings;

void keep_warning(void *, int32_t level, const char *line) {
  if (level == LANDBC_LOG_WARNING) warnings += std::string(line) + "\n";
}

// A tile is then one thing that the processor starts. Results of a graph lie where those of the tile before
// lay: whatever still needed them would be wrong.
void graphs_have_the_same_bits(const std::string &bundle, const std::string &month) {
  {
    Host cpu(bundle, false, landbc::find_device, kDecember, nullptr);
    Host late(bundle, false, kLate, kDecember, nullptr, true);
    for (Host *const host : {&cpu, &late}) {
      turn_year(*host, 2009);
      run_months(*host, 2010, 2, 11);
    }
    const int64_t replays = late::replays();
    const late::Waits before = late::waits();
    for (Host *const host : {&cpu, &late}) turn_year(*host, 2010);
    expect_equal(late::waits().all - before.all, 2);
    expect_equal(late::replays() - replays, 4);
    expect_alike(cpu, late, false);
  }
  Host cpu(month, true, landbc::find_device, kDecember, nullptr);
  Host late(month, true, kLate, kDecember, nullptr, true);
  const int64_t replays = late::replays();
  for (Host *const host : {&cpu, &late}) turn_year(*host, 2009);
  // Four tiles of land use, of land cover and of the month before.
  expect_equal(late::replays() - replays, 12);
  for (Host *const host : {&cpu, &late}) run_months(*host, 2010, 2, 2);
  expect_equal(late::replays() - replays, 16);
  expect_alike(cpu, late, true);
}

void a_graph_that_fails_is_left(const std::string &bundle) {
  Host cpu(bundle, false, landbc::find_device, kDecember, nullptr);
  turn_year(cpu, 2009);
  const std::pair<late::GraphFault, const char *> faults[] = {
      {late::GraphFault::kRefused, "the late device takes no graph today"},
      {late::GraphFault::kWrong, "its graph gives other bits"}};
  landbc_set_log(keep_warning, nullptr);
  for (const auto &[fault, why] : faults) {
    late::set_graph_fault(fault);
    warnings.clear();
    Host late(bundle, false, kLate, kDecember, nullptr, true);
    expect(warnings.find("land_use: not run as a graph") != std::string::npos &&
               warnings.find(why) != std::string::npos,
           warnings);
    const int64_t replays = late::replays();
    turn_year(late, 2009);
    expect_equal(late::replays() - replays, 0);
    expect_alike(cpu, late, false);
  }
  late::set_graph_fault(late::GraphFault::kNone);
  landbc_set_log(nullptr, nullptr);
}

}  // namespace

int main() {
  const char *const bundle = std::getenv("LANDBC_TEST_BUNDLE");
  const char *const month = std::getenv("LANDBC_TEST_BUNDLE_MONTH");
  if (bundle == nullptr || month == nullptr) {
    std::cerr << "LANDBC_TEST_BUNDLE or LANDBC_TEST_BUNDLE_MONTH is not set\n";
    return 2;
  }
  // Tensors of many megabytes come and go; the system's pages for them stay.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  land_use_has_the_same_bits(bundle);
  leaf_area_has_the_same_bits(month);
  nan_leaves_the_state_untouched(bundle);
  graphs_have_the_same_bits(bundle, month);
  a_graph_that_fails_is_left(bundle);
  return failures;
}
