// The host's fields: are their descriptions sound, of the right extents and type; and their values.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "landbc.h"

namespace landbc {

// What holds for every field of a call, before anything else in it is believed; `kind` is input or output.
// NULL_ARGUMENT, ABI, ARGUMENT.
void check_fields(const landbc_field *fields, int32_t count, const char *kind);

// FIELD_SHAPE, naming what `meaning` says is needed.
void check_shape(const landbc_field &field, std::initializer_list<int64_t> wanted, const char *meaning);

}  // namespace landbc
