// A bundle's manifest (bundle.json, format 2, docs/contracts.md). Opening a bundle checks every file's
// SHA-256, so that what is missing, cut short or changed is refused before anything else looks at it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quota.h"
#include "window.h"

namespace landbc {

// One emulator of a bundle.
struct BundledEmulator {
  std::string file;
  std::string sha256;
  std::string compiled;  // file of its machine code; empty where there is none
  std::string normals;   // file of the climatology and first maps of a series; empty for classes
};

struct Bundle {
  std::string folder;
  std::string sha256;  // of bundle.json itself
  Window window;
  int64_t margin = 0;
  int64_t core = 0;
  int64_t halo = 0;
  int32_t state_year = 0;
  ConservationMode conservation = ConservationMode::off;
  // Scenario inputs whose fractions add up to a class's; empty where nothing is conserved.
  std::vector<std::pair<std::string, std::vector<std::string>>> demand;
  // In the order in which they run where their steps end together.
  std::vector<BundledEmulator> emulators;
  std::vector<std::string> adapters;  // names of those that it has
  bool has_series = false;            // series.nc, which bundles may go without

  std::string file(const std::string &name) const { return folder + "/" + name; }
  Window extended() const { return window.extended(margin); }
};

// Name of an adapter's file.
inline std::string adapter_file(const std::string &adapter) { return "adapter_" + adapter + ".nc"; }

// A file that the manifest names.
struct BundledFile {
  std::string name;
  std::string sha256;
};

// The bundle in `folder` from the text of its manifest, and into `files` what it names, which nobody has
// looked at yet. BUNDLE with the reason.
Bundle parse_manifest(const std::string &text, const std::string &folder, std::vector<BundledFile> &files);

// BUNDLE with the file and the reason.
Bundle open_bundle(const std::string &folder);

}  // namespace landbc
