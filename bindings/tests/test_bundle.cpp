// A bundle's manifest and the files that it names: each is there, whole, and of a plain name.
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "bundle.h"
#include "error.h"
#include "expect.h"
#include "small_files.h"

namespace {

using small_files::write_bytes;

void a_sound_bundle_is_read(const std::string &folder) {
  const landbc::Bundle bundle = landbc::open_bundle(folder);
  expect_equal(bundle.emulators.size(), 2u);
  expect_equal(bundle.emulators[0].normals, "leaf.nc");
  expect_equal(bundle.emulators[1].compiled, "land_use.pt2");
  expect(bundle.adapters == std::vector<std::string>({"small"}), "the adapter is in the manifest");
  expect(bundle.has_series && bundle.conservation == landbc::ConservationMode::delta, "series, conservation");
  expect_equal(bundle.demand.size(), 2u);
  expect_equal(bundle.window.cols, 150);
}

std::string reason(const std::string &folder) {
  try {
    landbc::open_bundle(folder);
  } catch (const landbc::Error &error) {
    expect_equal(error.status(), LANDBC_ERROR_BUNDLE);
    return error.what();
  }
  return "nothing was refused";
}

void a_changed_manifest_is_refused(const std::string &folder, const std::string &sound) {
  const std::string path = folder + "/bundle.json";
  const auto refused = [&](const std::string &from, const std::string &to, const std::string &why) {
    std::string text = sound;
    text.replace(text.find(from), from.size(), to);
    write_bytes(path, text);
    const std::string found = reason(folder);
    expect(found.find(why) != std::string::npos, found + " / " + why);
    expect(found.find('\n') == std::string::npos, "several lines: " + found);
  };
  refused("[\"small\"]", "[\"../small\"]", "no name of a file");
  refused("[\"small\"]", "[\"a\\nb\"]", "is missing or of the wrong type");
  refused("[\"small\"]", "\"small\"", "'adapters' is missing or of the wrong type");
  refused("2009", "2009.5", "'state_year'");
  refused("2009", "4294969305", "'state_year'");
  refused("2009", "true", "'state_year'");
  refused("\"margin\": 125", "\"margin\": 1e300", "'margin'");
  refused("3950, 17950", "9223372036854775800, 17950", "'window' is no rectangle");
  refused("100, 150]", "9223372036854775800, 150]", "'window' is no rectangle");
  refused("[\"urban\"]", "\"urban\"", "'demand' of class 'urban'");
  refused("\"delta\"", "\"some\"", "known are off, delta and absolute");
  write_bytes(path, sound);
}

void a_changed_file_is_refused(const std::string &folder) {
  for (const char *name : {"land_use.pt2", "leaf.nc", "adapter_small.nc", "series.nc"}) {
    const std::string path = folder + "/" + name;
    const std::string sound = small_files::read_bytes(path);
    write_bytes(path, sound + "x");
    expect(reason(folder).find(std::string(name) + ": SHA-256 differs") != std::string::npos, name);
    std::filesystem::remove(path);
    expect(reason(folder).find(std::string(name) + ": file missing") != std::string::npos, name);
    write_bytes(path, sound);
  }
}

}  // namespace

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "landbc-bundle-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string manifest = small_files::write_bundle(folder);
  a_sound_bundle_is_read(folder);
  a_changed_manifest_is_refused(folder, manifest);
  a_changed_file_is_refused(folder);
  a_sound_bundle_is_read(folder);
  std::filesystem::remove_all(folder);
  return failures;
}
