// netCDF files under RAII: opened or created in a constructor, closed in the destructor, every error an Error
// that names the file and the variable. netCDF-C is not thread-safe, hence one lock for the process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "landbc.h"

namespace landbc {

class NetcdfFile {
 public:
  // create_classic: CDF-5, definitions first, then plain appends. Whatever was synced stays readable if the
  // process dies, which an HDF5 file does not promise.
  enum class Mode { read, create, create_classic };

  // `blame` is the status of every error with this file (BUNDLE for inputs, IO for recordings).
  NetcdfFile(const std::string &path, Mode mode, landbc_status blame);
  ~NetcdfFile();
  NetcdfFile(const NetcdfFile &) = delete;
  NetcdfFile &operator=(const NetcdfFile &) = delete;

  // Closes early, so that an error can be told.
  void close();
  void sync();

  std::size_t dimension(const std::string &name) const;

  // A whole variable in C order; its extents must be `shape`. T: uint8_t, int16_t, int32_t, int64_t, float,
  // double.
  template <class T>
  std::vector<T> read(const std::string &name, const std::vector<std::size_t> &shape) const {
    return read_part<T>(name, shape, std::vector<std::size_t>(shape.size(), 0), shape);
  }
  // A part of it.
  template <class T>
  std::vector<T> read_part(const std::string &name, const std::vector<std::size_t> &shape,
                           const std::vector<std::size_t> &start,
                           const std::vector<std::size_t> &count) const;
  // The same into memory of the caller.
  template <class T>
  void read_into(const std::string &name, const std::vector<std::size_t> &shape,
                 const std::vector<std::size_t> &start, const std::vector<std::size_t> &count,
                 T *values) const;
  // Keeps as many chunks of a variable as tiles beside each other share, whatever the variable's extents.
  void keep_chunks(const std::string &name) const;

  bool has_variable(const std::string &name) const;
  // Names of a variable's dimensions.
  std::vector<std::string> dimensions_of(const std::string &name) const;
  // A text attribute of a variable, or of the file where `variable` is empty.
  std::string text(const std::string &variable, const std::string &name) const;
  bool has_attribute(const std::string &name) const;  // of the file
  // A whole number among the file's attributes.
  std::int64_t number(const std::string &name) const;

  // Of classic files: what is defined comes before what is written.
  void end_definitions();
  void begin_definitions();
  // `size` 0 makes the dimension unlimited.
  int add_dimension(const std::string &name, std::size_t size);
  int add_variable(const std::string &name, int type, const std::vector<int> &dimensions);
  // Splits a variable into chunks and compresses it.
  void compress(int variable, const std::vector<std::size_t> &chunk);
  // `variable` may be kGlobal.
  void put_text(int variable, const std::string &name, const std::string &value);
  void put_number(int variable, const std::string &name, std::int64_t value);
  // `values` of the variable's own type.
  void write(int variable, const std::vector<std::size_t> &start, const std::vector<std::size_t> &count,
             const void *values);

  static const int kGlobal;

 private:
  void check(int code, const std::string &what) const;
  // Number of the variable of that name; refused if its extents are others.
  int find(const std::string &name, const std::vector<std::size_t> &shape) const;

  std::string path_;
  landbc_status blame_;
  int id_ = -1;
};

}  // namespace landbc
