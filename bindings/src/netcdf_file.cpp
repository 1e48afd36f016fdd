#include "netcdf_file.h"

#include <dlfcn.h>
#include <netcdf.h>

#include <filesystem>
#include <mutex>

#include "error.h"

namespace landbc {
namespace {

// Bytes: a tile of 624 x 624 in single precision with its chunks' overhang.
constexpr std::size_t kChunksKept = std::size_t{3} << 20;
constexpr std::size_t kChunkSlots = 521;

std::mutex &netcdf_mutex() {
  static std::mutex mutex;
  return mutex;
}

// HDF5's switch for its printing of errors, found through netCDF's own dependencies: which HDF5 that is, and
// whether there is one, is netCDF's affair.
struct Printing {
  using Get = int (*)(std::int64_t, void **, void **);
  using Set = int (*)(std::int64_t, void *, void *);
  Get get = nullptr;
  Set set = nullptr;

  Printing() {
    Dl_info about{};
    if (::dladdr(reinterpret_cast<void *>(&nc_strerror), &about) == 0) return;
    void *const netcdf = ::dlopen(about.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (netcdf == nullptr) return;
    get = reinterpret_cast<Get>(::dlsym(netcdf, "H5Eget_auto2"));
    set = reinterpret_cast<Set>(::dlsym(netcdf, "H5Eset_auto2"));
  }
};

// One call at a time; and what HDF5 would print of an error on this thread (each has a switch of its own) is
// kept from the host's standard error, whose setting comes back at the end.
class NetcdfCall {
 public:
  NetcdfCall() : lock_(netcdf_mutex()) {
    static const Printing printing;
    printing_ = &printing;
    if (printing_->get == nullptr || printing_->set == nullptr) return;
    changed_ = printing_->get(kDefaultStack, &function_, &data_) >= 0 && function_ != nullptr;
    if (changed_) printing_->set(kDefaultStack, nullptr, nullptr);
  }
  ~NetcdfCall() {
    if (changed_) printing_->set(kDefaultStack, function_, data_);
  }
  NetcdfCall(const NetcdfCall &) = delete;
  NetcdfCall &operator=(const NetcdfCall &) = delete;

 private:
  static constexpr std::int64_t kDefaultStack = 0;

  std::lock_guard<std::mutex> lock_;
  const Printing *printing_;
  void *function_ = nullptr;
  void *data_ = nullptr;
  bool changed_ = false;
};

using Extents = std::vector<std::size_t>;

int get(int file, int id, const Extents &start, const Extents &count, std::uint8_t *values) {
  return nc_get_vara_uchar(file, id, start.data(), count.data(), values);
}
int get(int file, int id, const Extents &start, const Extents &count, std::int16_t *values) {
  return nc_get_vara_short(file, id, start.data(), count.data(), values);
}
int get(int file, int id, const Extents &start, const Extents &count, std::int32_t *values) {
  return nc_get_vara_int(file, id, start.data(), count.data(), values);
}
int get(int file, int id, const Extents &start, const Extents &count, float *values) {
  return nc_get_vara_float(file, id, start.data(), count.data(), values);
}
int get(int file, int id, const Extents &start, const Extents &count, double *values) {
  return nc_get_vara_double(file, id, start.data(), count.data(), values);
}
int get(int file, int id, const Extents &start, const Extents &count, std::int64_t *values) {
  static_assert(sizeof(long long) == sizeof(std::int64_t));
  return nc_get_vara_longlong(file, id, start.data(), count.data(), reinterpret_cast<long long *>(values));
}

std::string extents(const std::vector<std::size_t> &shape) {
  std::string text;
  for (const std::size_t n : shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text;
}

}  // namespace

const int NetcdfFile::kGlobal = NC_GLOBAL;

NetcdfFile::NetcdfFile(const std::string &path, Mode mode, landbc_status blame) : path_(path), blame_(blame) {
  const NetcdfCall call;
  // Of the classic library: what it holds of the file, reads again and writes whole at every change of place.
  std::size_t buffer = std::size_t{64} << 10;
  const int code = mode == Mode::read ? nc_open(path.c_str(), NC_NOWRITE, &id_)
                   : mode == Mode::create
                       ? nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &id_)
                       : nc__create(path.c_str(), NC_64BIT_DATA | NC_CLOBBER, 0, &buffer, &id_);
  if (code != NC_NOERR) id_ = -1;
  // netCDF takes a folder that is not there for one that may not be written to.
  std::error_code none;
  const auto folder = std::filesystem::absolute(path, none).parent_path();
  if (code != NC_NOERR && mode != Mode::read && !std::filesystem::is_directory(folder, none))
    fail(blame_, path_, ": cannot be created; there is no folder ", folder.string());
  check(code, mode == Mode::read ? "cannot be opened" : "cannot be created");
  int before = 0;
  if (mode == Mode::create_classic) check(nc_set_fill(id_, NC_NOFILL, &before), "cannot be created");
}

NetcdfFile::~NetcdfFile() {
  if (id_ < 0) return;
  const NetcdfCall call;
  nc_close(id_);
}

void NetcdfFile::close() {
  if (id_ < 0) return;
  const NetcdfCall call;
  const int file = id_;
  id_ = -1;
  check(nc_close(file), "cannot be closed");
}

void NetcdfFile::sync() {
  const NetcdfCall call;
  check(nc_sync(id_), "cannot be written");
}

void NetcdfFile::check(int code, const std::string &what) const {
  if (code == NC_NOERR) return;
  fail(blame_, path_, ": ", what, " (netCDF: ", nc_strerror(code), ")");
}

std::size_t NetcdfFile::dimension(const std::string &name) const {
  const NetcdfCall call;
  int id = -1;
  std::size_t size = 0;
  check(nc_inq_dimid(id_, name.c_str(), &id), "has no dimension '" + name + "'");
  check(nc_inq_dimlen(id_, id, &size), "dimension '" + name + "' cannot be read");
  return size;
}

bool NetcdfFile::has_variable(const std::string &name) const {
  const NetcdfCall call;
  int id = -1;
  return nc_inq_varid(id_, name.c_str(), &id) == NC_NOERR;
}

std::vector<std::string> NetcdfFile::dimensions_of(const std::string &name) const {
  const NetcdfCall call;
  int id = -1;
  int rank = 0;
  check(nc_inq_varid(id_, name.c_str(), &id), "has no variable '" + name + "'");
  check(nc_inq_varndims(id_, id, &rank), "variable '" + name + "' cannot be read");
  std::vector<int> dimensions(static_cast<std::size_t>(rank));
  check(nc_inq_vardimid(id_, id, dimensions.data()), "variable '" + name + "' cannot be read");
  std::vector<std::string> names;
  for (const int dimension : dimensions) {
    char text[NC_MAX_NAME + 1] = {};
    check(nc_inq_dimname(id_, dimension, text), "variable '" + name + "' cannot be read");
    names.emplace_back(text);
  }
  return names;
}

std::string NetcdfFile::text(const std::string &variable, const std::string &name) const {
  const NetcdfCall call;
  const std::string what =
      "has no text attribute '" + name + "'" + (variable.empty() ? "" : " of " + variable);
  int id = NC_GLOBAL;
  if (!variable.empty())
    check(nc_inq_varid(id_, variable.c_str(), &id), "has no variable '" + variable + "'");
  nc_type type = NC_NAT;
  std::size_t size = 0;
  check(nc_inq_att(id_, id, name.c_str(), &type, &size), what);
  if (type == NC_STRING && size == 1) {
    char *pointer = nullptr;
    check(nc_get_att_string(id_, id, name.c_str(), &pointer), what);
    std::string text = pointer == nullptr ? "" : pointer;
    nc_free_string(1, &pointer);
    return text;
  }
  if (type != NC_CHAR) fail(blame_, path_, ": ", what);
  std::string text(size, ' ');
  check(nc_get_att_text(id_, id, name.c_str(), text.data()), what);
  return text;
}

bool NetcdfFile::has_attribute(const std::string &name) const {
  const NetcdfCall call;
  int number = -1;
  return nc_inq_attid(id_, NC_GLOBAL, name.c_str(), &number) == NC_NOERR;
}

std::int64_t NetcdfFile::number(const std::string &name) const {
  const NetcdfCall call;
  const std::string what = "has no whole number as attribute '" + name + "'";
  nc_type type = NC_NAT;
  std::size_t size = 0;
  check(nc_inq_att(id_, NC_GLOBAL, name.c_str(), &type, &size), what);
  if ((type != NC_INT && type != NC_INT64) || size != 1) fail(blame_, path_, ": ", what);
  long long value = 0;
  check(nc_get_att_longlong(id_, NC_GLOBAL, name.c_str(), &value), what);
  return value;
}

int NetcdfFile::find(const std::string &name, const std::vector<std::size_t> &shape) const {
  int id = -1;
  int rank = 0;
  check(nc_inq_varid(id_, name.c_str(), &id), "has no variable '" + name + "'");
  check(nc_inq_varndims(id_, id, &rank), "variable '" + name + "' cannot be read");
  std::vector<int> dimensions(static_cast<std::size_t>(rank));
  check(nc_inq_vardimid(id_, id, dimensions.data()), "variable '" + name + "' cannot be read");
  std::vector<std::size_t> found;
  for (const int dimension : dimensions) {
    check(nc_inq_dimlen(id_, dimension, &found.emplace_back()), "variable '" + name + "' cannot be read");
  }
  if (found != shape) {
    fail(blame_, path_, ": variable '", name, "' has extents ", extents(found), " where ", extents(shape),
         " are needed");
  }
  return id;
}

template <class T>
void NetcdfFile::read_into(const std::string &name, const std::vector<std::size_t> &shape,
                           const std::vector<std::size_t> &start, const std::vector<std::size_t> &count,
                           T *values) const {
  const NetcdfCall call;
  check(get(id_, find(name, shape), start, count, values), "variable '" + name + "' cannot be read");
}

template <class T>
std::vector<T> NetcdfFile::read_part(const std::string &name, const std::vector<std::size_t> &shape,
                                     const std::vector<std::size_t> &start,
                                     const std::vector<std::size_t> &count) const {
  const NetcdfCall call;
  // Before there is memory for what the file may not have.
  const int id = find(name, shape);
  std::size_t size = 1;
  for (const std::size_t n : count) size *= n;
  std::vector<T> values(size);
  check(get(id_, id, start, count, values.data()), "variable '" + name + "' cannot be read");
  return values;
}

void NetcdfFile::keep_chunks(const std::string &name) const {
  const NetcdfCall call;
  int id = -1;
  check(nc_inq_varid(id_, name.c_str(), &id), "has no variable '" + name + "'");
  // Files without chunks need none.
  nc_set_var_chunk_cache(id_, id, kChunksKept, kChunkSlots, 0.0F);
}

template void NetcdfFile::read_into(const std::string &, const Extents &, const Extents &, const Extents &,
                                    float *) const;

template std::vector<std::uint8_t> NetcdfFile::read_part(const std::string &, const Extents &,
                                                         const Extents &, const Extents &) const;
template std::vector<std::int16_t> NetcdfFile::read_part(const std::string &, const Extents &,
                                                         const Extents &, const Extents &) const;
template std::vector<std::int32_t> NetcdfFile::read_part(const std::string &, const Extents &,
                                                         const Extents &, const Extents &) const;
template std::vector<std::int64_t> NetcdfFile::read_part(const std::string &, const Extents &,
                                                         const Extents &, const Extents &) const;
template std::vector<float> NetcdfFile::read_part(const std::string &, const Extents &, const Extents &,
                                                  const Extents &) const;
template std::vector<double> NetcdfFile::read_part(const std::string &, const Extents &, const Extents &,
                                                   const Extents &) const;

void NetcdfFile::end_definitions() {
  const NetcdfCall call;
  check(nc_enddef(id_), "cannot be written");
}

void NetcdfFile::begin_definitions() {
  const NetcdfCall call;
  check(nc_redef(id_), "cannot be written");
}

int NetcdfFile::add_dimension(const std::string &name, std::size_t size) {
  const NetcdfCall call;
  int id = -1;
  check(nc_def_dim(id_, name.c_str(), size == 0 ? NC_UNLIMITED : size, &id),
        "dimension '" + name + "' cannot be made");
  return id;
}

int NetcdfFile::add_variable(const std::string &name, int type, const std::vector<int> &dimensions) {
  const NetcdfCall call;
  int id = -1;
  check(nc_def_var(id_, name.c_str(), type, static_cast<int>(dimensions.size()), dimensions.data(), &id),
        "variable '" + name + "' cannot be made");
  return id;
}

void NetcdfFile::compress(int variable, const std::vector<std::size_t> &chunk) {
  const NetcdfCall call;
  check(nc_def_var_chunking(id_, variable, NC_CHUNKED, chunk.data()), "chunks cannot be set");
  check(nc_def_var_deflate(id_, variable, 1, 1, 1), "compression cannot be set");
}

void NetcdfFile::put_text(int variable, const std::string &name, const std::string &value) {
  const NetcdfCall call;
  check(nc_put_att_text(id_, variable, name.c_str(), value.size(), value.c_str()),
        "attribute '" + name + "' cannot be written");
}

void NetcdfFile::put_number(int variable, const std::string &name, std::int64_t value) {
  const NetcdfCall call;
  const long long number = value;
  const bool small = value >= INT32_MIN && value <= INT32_MAX;
  check(nc_put_att_longlong(id_, variable, name.c_str(), small ? NC_INT : NC_INT64, 1, &number),
        "attribute '" + name + "' cannot be written");
}

void NetcdfFile::write(int variable, const std::vector<std::size_t> &start,
                       const std::vector<std::size_t> &count, const void *values) {
  const NetcdfCall call;
  check(nc_put_vara(id_, variable, start.data(), count.data(), values), "cannot be written");
}

}  // namespace landbc
