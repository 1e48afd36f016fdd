// A card of each kind, a bundle's manifest and a checkpoint, all small and all sound.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "restart.h"
#include "sha256.h"

namespace small_files {

inline const std::array<std::string, 2> kCards = {
    R"({"format": "landbc-emulator", "interface_version": 1, "name": "x", "version": "1",
 "quantity": "land_use", "step": "year", "classes": [{"code": 0, "name": "ocean"}, {"code": 1, "name": "land"}],
 "unknown_class": 255, "inputs": [{"name": "elevation", "unit": "m", "source": "static"},
 {"name": "air_temperature", "unit": "K", "source": "climate", "statistic": "mean", "valid_range": [150, 350]},
 {"name": "urban", "unit": "1", "source": "scenario", "at": "prior"}, {"name": "direction", "source": "time"},
 {"name": "elapsed_years", "source": "time"}, {"name": "land_use", "source": "state"}],
 "output": {"name": "land_use", "kind": "class_logits", "classes": 2},
 "grid": {"pixel_degrees": 0.01, "coarse_degrees": 0.25}, "receptive_field_radius": 107, "halo": 112, "multiple": 16})",
    R"({"format": "landbc-emulator", "interface_version": 1, "name": "x", "version": "1",
 "quantity": "leaf_area_index", "step": "month", "inputs": [{"name": "land_use", "source": "static", "at": "target"},
 {"name": "air_temperature", "unit": "K", "source": "climate", "statistic": "mean", "step": "month", "steps": 12},
 {"name": "leaf_area_index", "source": "state", "lag": 1}, {"name": "leaf_area_index", "source": "climatology", "lag": 1},
 {"name": "leaf_area_index", "source": "climatology", "lag": 0}, {"name": "latitude", "source": "place"},
 {"name": "day_of_year", "source": "time"}, {"name": "co2", "unit": "ppm", "source": "time"}],
 "output": {"name": "leaf_area_index", "kind": "quantiles", "levels": [0.1, 0.5], "unit": "1", "lower": 0, "upper": 10},
 "state": {"channels": 2, "pixels": 4},
 "grid": {"pixel_degrees": 0.01, "coarse_degrees": 0.25}, "receptive_field_radius": 107, "halo": 112, "multiple": 16})"};

inline std::string read_bytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Writes the files of a bundle, each holding its own name, and returns the text of its manifest.
inline std::string write_bundle(const std::string &folder) {
  std::filesystem::create_directories(folder);
  std::string files;
  for (const char *name : {"land_use.pt", "land_use.pt2", "leaf.pt", "leaf.nc", "domain.nc", "mesh.nc",
                           "scenario.nc", "series.nc", "adapter_small.nc"}) {
    const std::string content = name;
    write_bytes(folder + "/" + name, content);
    files += (files.empty() ? "\"" : ", \"") + content + "\": \"" +
             landbc::sha256(content.data(), content.size()) + "\"";
  }
  const std::string manifest =
      R"({"format": "landbc-bundle", "format_version": 2, "files": {)" + files +
      R"(}, "emulators": [{"file": "leaf.pt", "normals": "leaf.nc"}, {"file": "land_use.pt"}],
 "adapters": ["small"], "conservation": "delta", "demand": {"urban": ["urban"], "forest": ["primf", "secdf"]},
 "window": [3950, 17950, 100, 150], "margin": 125, "core": 400, "halo": 112, "state_year": 2009})";
  write_bytes(folder + "/bundle.json", manifest);
  return manifest;
}

// The bytes of a checkpoint with an emulator of each kind; it stays at `path`.
inline std::string write_checkpoint(const std::string &path) {
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
  restart.leaf_months.assign(36, 1.0);
  restart.leaf_begun.assign(3, 0.5);
  restart.leaf_begun_steps = 1;
  landbc::write_restart(path, restart);
  return read_bytes(path);
}

}  // namespace small_files
