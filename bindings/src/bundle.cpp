#include "bundle.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "error.h"
#include "guard.h"
#include "json_text.h"
#include "sha256.h"

namespace landbc {
namespace {

using nlohmann::json;

constexpr const char *kManifest = "bundle.json";
constexpr const char *kSeries = "series.nc";
constexpr std::array<const char *, 3> kFiles = {"domain.nc", "mesh.nc", "scenario.nc"};

std::string read_file(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path)) {
    fail(LANDBC_ERROR_BUNDLE, path,
         ": file missing or not readable; is this a bundle made by `pylandbc bundle compile`?");
  }
  std::string bytes(std::filesystem::file_size(path), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream) fail(LANDBC_ERROR_BUNDLE, path, ": cannot be read to its end");
  return bytes;
}

json parse(const std::string &path, const std::string &text) {
  try {
    return json::parse(text);
  } catch (const json::exception &error) {
    fail(LANDBC_ERROR_BUNDLE, path, ": not valid JSON (", first_line(error.what()), ")");
  }
}

template <class T>
T entry(const json &manifest, const std::string &path, const std::string &name) {
  auto value = entry_of<T>(manifest, name);
  if (!value) fail(LANDBC_ERROR_BUNDLE, path, ": entry '", name, "' is missing or of the wrong type");
  return std::move(*value);
}

// Files that a manifest names, with their checksums.
class FileList {
 public:
  FileList(const json &manifest, const std::string &path, std::vector<BundledFile> &files)
      : known_(entry<json>(manifest, path, "files")), path_(path), files_(files) {}

  bool has(const std::string &name) const { return known_.contains(name); }
  // Its checksum.
  const std::string &add(const std::string &name) {
    if (name.empty() || name.find('/') != std::string::npos)
      fail(LANDBC_ERROR_BUNDLE, path_, ": '", name, "' is no name of a file of the bundle");
    files_.push_back({name, entry<std::string>(known_, path_, name)});
    return files_.back().sha256;
  }

 private:
  json known_;
  const std::string &path_;
  std::vector<BundledFile> &files_;
};

void read_emulators(const json &manifest, const std::string &path, FileList &files, Bundle &bundle) {
  for (const json &one : entry<std::vector<json>>(manifest, path, "emulators")) {
    BundledEmulator emulator;
    emulator.file = entry<std::string>(one, path, "file");
    emulator.sha256 = files.add(emulator.file);
    // Machine code of it, which bundles may go without.
    if (const std::string code = emulator.file + "2"; files.has(code)) {
      files.add(code);
      emulator.compiled = code;
    }
    if (one.contains("normals")) {
      emulator.normals = entry<std::string>(one, path, "normals");
      files.add(emulator.normals);
    }
    bundle.emulators.push_back(emulator);
  }
  if (bundle.emulators.empty()) fail(LANDBC_ERROR_BUNDLE, path, ": 'emulators' names none");
}

void check_file(const Bundle &bundle, const BundledFile &file) {
  const std::string bytes = read_file(bundle.file(file.name));
  if (sha256(bytes.data(), bytes.size()) == file.sha256) return;
  fail(LANDBC_ERROR_BUNDLE, bundle.file(file.name),
       ": SHA-256 differs from the one in bundle.json; the file was cut short or changed; copy the whole "
       "folder again");
}

void read_conservation(const json &manifest, const std::string &path, Bundle &bundle) {
  if (!manifest.contains("conservation")) return;
  const auto mode = entry<std::string>(manifest, path, "conservation");
  if (mode == "off") return;
  if (mode != "delta" && mode != "absolute") {
    fail(LANDBC_ERROR_BUNDLE, path, ": 'conservation' is '", mode, "'; known are off, delta and absolute");
  }
  bundle.conservation = mode == "delta" ? ConservationMode::delta : ConservationMode::absolute;
  const auto demand = entry<json>(manifest, path, "demand");
  if (!demand.is_object()) fail(LANDBC_ERROR_BUNDLE, path, ": 'demand' names no classes");
  for (const auto &[name, variables] : demand.items()) {
    std::vector<std::string> inputs;
    if (!take(variables, inputs))
      fail(LANDBC_ERROR_BUNDLE, path, ": 'demand' of class '", name, "' is no list of scenario inputs");
    bundle.demand.emplace_back(name, std::move(inputs));
  }
}

void check_geometry(const Bundle &bundle, const std::string &path) {
  if (!bundle.window.valid()) {
    fail(LANDBC_ERROR_BUNDLE, path, ": 'window' is no rectangle of the 1 km grid aligned to 0.25 degree");
  }
  if (bundle.margin < 0 || bundle.margin > kGlobalCols || bundle.margin % kCoarse != 0) {
    fail(LANDBC_ERROR_BUNDLE, path, ": 'margin' must be a multiple of ", kCoarse, " pixels, not ",
         bundle.margin);
  }
  if (bundle.core <= 0 || bundle.core > kGlobalCols || bundle.core % 400 != 0) {
    fail(LANDBC_ERROR_BUNDLE, path, ": 'core' must be a multiple of 400 pixels, not ", bundle.core);
  }
  if (bundle.halo < 0 || bundle.halo > kGlobalRows || bundle.halo % 16 != 0) {
    fail(LANDBC_ERROR_BUNDLE, path, ": 'halo' must be a multiple of 16 pixels, not ", bundle.halo);
  }
}

}  // namespace

Bundle parse_manifest(const std::string &text, const std::string &folder, std::vector<BundledFile> &files) {
  Bundle bundle;
  bundle.folder = folder;
  const std::string path = bundle.file(kManifest);
  bundle.sha256 = sha256(text.data(), text.size());
  const json manifest = parse(path, text);
  if (entry<std::string>(manifest, path, "format") != "landbc-bundle") {
    fail(LANDBC_ERROR_BUNDLE, path, ": not a bundle (entry 'format')");
  }
  if (const auto version = entry<int64_t>(manifest, path, "format_version"); version != 2) {
    fail(LANDBC_ERROR_BUNDLE, path, ": bundle format ", version,
         "; this library reads format 2: compile the bundle again");
  }
  const auto window = entry<std::array<int64_t, 4>>(manifest, path, "window");
  bundle.window = {window[0], window[1], window[2], window[3]};
  bundle.margin = entry<int64_t>(manifest, path, "margin");
  bundle.core = entry<int64_t>(manifest, path, "core");
  bundle.halo = entry<int64_t>(manifest, path, "halo");
  bundle.state_year = entry<int32_t>(manifest, path, "state_year");
  read_conservation(manifest, path, bundle);
  check_geometry(bundle, path);
  FileList list(manifest, path, files);
  for (const char *name : kFiles) list.add(name);
  bundle.has_series = list.has(kSeries);
  if (bundle.has_series) list.add(kSeries);
  read_emulators(manifest, path, list, bundle);
  if (manifest.contains("adapters"))
    bundle.adapters = entry<std::vector<std::string>>(manifest, path, "adapters");
  for (const std::string &adapter : bundle.adapters) list.add(adapter_file(adapter));
  return bundle;
}

Bundle open_bundle(const std::string &folder) {
  std::vector<BundledFile> files;
  Bundle bundle = parse_manifest(read_file(folder + "/" + kManifest), folder, files);
  for (const BundledFile &file : files) check_file(bundle, file);
  return bundle;
}

}  // namespace landbc
