!> Arrays of the host as fields of landbc: name, unit, and a pointer to the array. Hosts use module `landbc`.
module landbc_fields
  use, intrinsic :: iso_c_binding, only: c_char, c_int32_t, c_int64_t, c_loc, c_null_char, c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: real32, real64
  use landbc_abi, only: field_c, max_rank, type_float32, type_float64
  implicit none
  private

  public :: landbc_field, as_c

  !> Longest name and unit of a field, in characters.
  integer, parameter, public :: landbc_name_length = 128

  !> One array of the host, with its name in the model card and its unit. Made by `landbc_field(...)`.
  type :: landbc_field
    private
    character(kind=c_char) :: name(landbc_name_length + 1) = c_null_char
    character(kind=c_char) :: unit(landbc_name_length + 1) = c_null_char
    logical, public :: too_long = .false. !< its name or unit is longer than landbc_name_length
    type(c_ptr) :: data = c_null_ptr
    integer(c_int32_t) :: type = 0
    integer(c_int32_t) :: rank = 0
    integer(c_int64_t) :: shape(max_rank) = 0
  end type landbc_field

  interface landbc_field
    module procedure field_real32_1d, field_real32_2d, field_real64_1d, field_real64_2d
  end interface landbc_field

contains

  ! The pointer dummies make the compiler refuse arrays that are no targets or not contiguous: for those it
  ! would otherwise pass a temporary copy, and the field would point at freed memory.

  function field_real32_1d(name, unit, array) result(field)
    character(len=*), intent(in) :: name, unit
    real(real32), pointer, contiguous, intent(in) :: array(:)
    type(landbc_field) :: field

    call describe(field, name, unit, c_loc(array), type_float32, shape(array, kind=c_int64_t))
  end function field_real32_1d

  function field_real32_2d(name, unit, array) result(field)
    character(len=*), intent(in) :: name, unit
    real(real32), pointer, contiguous, intent(in) :: array(:, :)
    type(landbc_field) :: field

    call describe(field, name, unit, c_loc(array), type_float32, shape(array, kind=c_int64_t))
  end function field_real32_2d

  function field_real64_1d(name, unit, array) result(field)
    character(len=*), intent(in) :: name, unit
    real(real64), pointer, contiguous, intent(in) :: array(:)
    type(landbc_field) :: field

    call describe(field, name, unit, c_loc(array), type_float64, shape(array, kind=c_int64_t))
  end function field_real64_1d

  function field_real64_2d(name, unit, array) result(field)
    character(len=*), intent(in) :: name, unit
    real(real64), pointer, contiguous, intent(in) :: array(:, :)
    type(landbc_field) :: field

    call describe(field, name, unit, c_loc(array), type_float64, shape(array, kind=c_int64_t))
  end function field_real64_2d

  subroutine describe(field, name, unit, data, type, extents)
    type(landbc_field), intent(inout) :: field
    character(len=*), intent(in) :: name, unit
    type(c_ptr), intent(in) :: data
    integer(c_int32_t), intent(in) :: type
    integer(c_int64_t), intent(in) :: extents(:)
    integer :: i

    field%too_long = len_trim(name) > landbc_name_length .or. len_trim(unit) > landbc_name_length
    do i = 1, min(len_trim(name), landbc_name_length)
      field%name(i) = name(i:i)
    end do
    do i = 1, min(len_trim(unit), landbc_name_length)
      field%unit(i) = unit(i:i)
    end do
    field%data = data
    field%type = type
    field%rank = size(extents, kind=c_int32_t)
    field%shape(:size(extents)) = extents
  end subroutine describe

  !> The C view of a field; its strings are those inside `field`, which must outlive it.
  function as_c(field) result(view)
    type(landbc_field), intent(in), target :: field
    type(field_c) :: view

    view%struct_size = c_sizeof(view)
    view%name = c_loc(field%name)
    view%unit = c_loc(field%unit)
    view%data = field%data
    view%type = field%type
    view%rank = field%rank
    view%shape = field%shape
  end function as_c

end module landbc_fields
