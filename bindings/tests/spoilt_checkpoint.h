// A checkpoint whose content is damaged under a sound checksum: attributes gone or of another type or value,
// dimensions and variables under other names, numbers far out.
#pragma once

#include <netcdf.h>

#include <cstdint>
#include <limits>
#include <string>

#include "mutation.h"
#include "sealed_file.h"
#include "small_files.h"

namespace spoilt_checkpoint {

using mutation::below;
using mutation::Random;

inline void spoil_attribute(int file, int count, Random &random) {
  char name[NC_MAX_NAME + 1] = {};
  if (nc_inq_attname(file, NC_GLOBAL, static_cast<int>(below(random, static_cast<size_t>(count))), name) !=
      NC_NOERR)
    return;
  const std::array<long long, 6> numbers = {
      -1, 0, 1, 1LL << 40, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
  const long long number[2] = {numbers[below(random, numbers.size())], 3};
  nc_type type = NC_NAT;
  size_t size = 0;
  nc_inq_att(file, NC_GLOBAL, name, &type, &size);
  switch (below(random, 5)) {
    case 0:
      nc_del_att(file, NC_GLOBAL, name);
      break;
    case 1:
      nc_put_att_longlong(file, NC_GLOBAL, name, NC_INT64, 1 + below(random, 2), number);
      break;
    case 2:
      nc_put_att_longlong(file, NC_GLOBAL, name, NC_DOUBLE, 1, number);
      break;
    default: {
      std::string text = "land_use,a,x";
      if (type == NC_CHAR) {
        text.assign(size, ' ');
        nc_get_att_text(file, NC_GLOBAL, name, text.data());
      }
      text = mutation::bytes(text, random);
      nc_put_att_text(file, NC_GLOBAL, name, text.size(), text.data());
    }
  }
}

inline void spoil_number(int file, int variable, Random &random) {
  int rank = 0;
  if (nc_inq_varndims(file, variable, &rank) != NC_NOERR) return;
  const std::vector<size_t> first(static_cast<size_t>(rank), 0);
  const long long number =
      below(random, 2) == 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  nc_put_var1_longlong(file, variable, first.data(), &number);
}

// From the bytes of a sound checkpoint.
inline void write(const std::string &path, const std::string &sound, Random &random) {
  const std::string partial = path + ".partial";
  small_files::write_bytes(partial, sound.substr(0, sound.rfind("\nlandbc-sha256:")));
  int file = -1;
  if (nc_open(partial.c_str(), NC_WRITE, &file) != NC_NOERR) return;
  for (size_t times = 1 + below(random, 3); times > 0; --times) {
    int dimensions = 0;
    int variables = 0;
    int attributes = 0;
    nc_inq(file, &dimensions, &variables, &attributes, nullptr);
    const std::string name = "other" + std::to_string(below(random, 1000));
    nc_redef(file);
    switch (below(random, 6)) {
      case 0:
        nc_rename_dim(file, static_cast<int>(below(random, static_cast<size_t>(dimensions))), name.c_str());
        break;
      case 1:
        nc_rename_var(file, static_cast<int>(below(random, static_cast<size_t>(variables))), name.c_str());
        break;
      case 2:
        nc_enddef(file);
        spoil_number(file, static_cast<int>(below(random, static_cast<size_t>(variables))), random);
        break;
      default:
        spoil_attribute(file, attributes, random);
    }
  }
  nc_close(file);
  landbc::seal_and_publish(partial, path);
}

}  // namespace spoilt_checkpoint
