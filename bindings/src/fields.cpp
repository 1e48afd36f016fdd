#include "fields.h"

#include "error.h"

namespace landbc {

void check_fields(const landbc_field *fields, int32_t count, const char *kind) {
  if (count < 0) fail(LANDBC_ERROR_ARGUMENT, "the number of ", kind, "s is ", count);
  if (count > 0 && fields == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "argument '", kind, "s' is null");
  for (int32_t i = 0; i < count; ++i) {
    const landbc_field &field = fields[i];
    if (field.struct_size != sizeof(landbc_field)) {
      fail(LANDBC_ERROR_ABI, kind, " ", i, ": struct_size ", field.struct_size, " where landbc_field has ",
           sizeof(landbc_field), "; was the host compiled with another landbc.h?");
    }
    if (field.name == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, kind, " ", i, ": 'name' is null");
    if (field.unit == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, kind, " '", field.name, "': 'unit' is null");
    if (field.data == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, kind, " '", field.name, "': 'data' is null");
  }
}

void check_shape(const landbc_field &field, std::initializer_list<int64_t> wanted, const char *meaning) {
  if (field.type != LANDBC_FLOAT32 && field.type != LANDBC_FLOAT64) {
    fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name, "': type ", field.type,
         " is neither LANDBC_FLOAT32 nor LANDBC_FLOAT64");
  }
  const auto rank = static_cast<int32_t>(wanted.size());
  if (field.rank != rank)
    fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name, "': rank ", field.rank, " where ", rank,
         " is needed ", meaning);
  size_t d = 0;
  for (const int64_t extent : wanted) {
    if (field.shape[d] != extent) {
      fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name, "': extent ", d + 1, " is ", field.shape[d],
           " where ", extent, " is needed ", meaning);
    }
    ++d;
  }
}

}  // namespace landbc
