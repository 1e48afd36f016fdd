// A host's floating-point traps: held off inside, back afterwards, and not sprung by numbers in a damaged
// file.
#include <fenv.h>
#include <stdlib.h>

#include <filesystem>

#include "expect.h"
#include "landbc.h"
#include "small_files.h"
#include "trap_scope.h"

namespace {

constexpr int kTraps = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW;

void traps_come_back() {
  {
    const landbc::TrapScope off;
    expect_equal(fegetexcept(), 0);
    volatile double zero = 0.0;
    expect(1.0 / zero > 0.0, "no trap");
  }
  expect_equal(fegetexcept(), kTraps);
  expect_equal(fetestexcept(kTraps), 0);
}

void numbers_of_a_manifest_spring_none(const std::string &folder, const std::string &sound) {
  const int64_t cell = 1;
  landbc_config config;
  landbc_config_default(&config);
  config.bundle = folder.c_str();
  config.cell_ids = &cell;
  config.cell_count = 1;
  config.start = {2009, 1, 1, 0};
  for (const char *number : {"1e999", "-1e999", "1e300", "1e-320"}) {
    std::string text = sound;
    const std::string from = "\"margin\": 125";
    text.replace(text.find(from), from.size(), std::string("\"margin\": ") + number);
    small_files::write_bytes(folder + "/bundle.json", text);
    landbc_handle *handle = nullptr;
    expect_equal(landbc_init(&config, &handle), static_cast<int32_t>(LANDBC_ERROR_BUNDLE));
    expect_equal(fegetexcept(), kTraps);
  }
}

}  // namespace

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "landbc-traps-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string manifest = small_files::write_bundle(folder);
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(kTraps);
  traps_come_back();
  numbers_of_a_manifest_spring_none(folder, manifest);
  std::filesystem::remove_all(folder);
  return failures;
}
