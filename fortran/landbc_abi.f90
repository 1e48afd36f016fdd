!> The C interface of liblandbc (landbc.h), as Fortran sees it.
!!
!! Interoperable types and interfaces only, one for one with the header, which documents every function.
!! Hosts use module `landbc`, which is built on this one and hides every C pointer.
module landbc_abi
  use, intrinsic :: iso_c_binding, only: c_char, c_double, c_funptr, c_int32_t, c_int64_t, c_null_ptr, c_ptr, &
                                         c_size_t
  implicit none
  private

  integer, parameter, public :: abi_version = 5
  integer, parameter, public :: max_rank = 4
  integer(c_int32_t), parameter, public :: type_float32 = 1
  integer(c_int32_t), parameter, public :: type_float64 = 2

  !> A date of the host's calendar: the beginning of a coupling interval.
  type, bind(c), public :: landbc_date
    integer(c_int32_t) :: year = 0
    integer(c_int32_t) :: month = 1
    integer(c_int32_t) :: day = 1
    integer(c_int32_t) :: second = 0 !< of the day, 0 ... 86399
  end type landbc_date

  !> The rectangle of the 1 km grid that a coupler covers; row 0 is at 90 N, column 0 at 180 W.
  type, bind(c), public :: landbc_window
    integer(c_int64_t) :: row = 0
    integer(c_int64_t) :: col = 0
    integer(c_int64_t) :: rows = 0
    integer(c_int64_t) :: cols = 0
  end type landbc_window

  !> Wall seconds of the last emulator update, by phase, and of the last step as a whole.
  type, bind(c), public :: landbc_timings
    integer(c_int64_t) :: struct_size = 0
    real(c_double) :: gather = 0.0_c_double   !< native mesh -> 1 km
    real(c_double) :: features = 0.0_c_double !< assembling the tiles' inputs
    real(c_double) :: forward = 0.0_c_double  !< the network
    real(c_double) :: state = 0.0_c_double    !< class map, state update
    real(c_double) :: scatter = 0.0_c_double  !< 1 km -> native mesh
    real(c_double) :: record = 0.0_c_double   !< writing the recording, last step
    real(c_double) :: step = 0.0_c_double     !< the whole last step
    integer(c_int64_t) :: tiles = 0           !< tiles computed in the last update
    integer(c_int64_t) :: updates = 0         !< emulator updates since init
    integer(c_int64_t) :: steps = 0           !< steps since init
  end type landbc_timings

  type, bind(c), public :: config_c
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: bundle = c_null_ptr
    type(c_ptr) :: calendar = c_null_ptr
    type(c_ptr) :: device = c_null_ptr
    type(c_ptr) :: recording = c_null_ptr
    type(landbc_date) :: start
    integer(c_int64_t) :: cell_count = 0
    type(c_ptr) :: cell_ids = c_null_ptr
    integer(c_int32_t) :: threads = 0
    integer(c_int32_t) :: missing_policy = 0
    integer(c_int32_t) :: scenario_policy = 0
    integer(c_int32_t) :: core = 0
    type(c_ptr) :: restart = c_null_ptr
    type(c_ptr) :: from_bundle = c_null_ptr
    integer(c_int32_t) :: range_policy = 0
    integer(c_int32_t) :: absent_policy = 0
    integer(c_int32_t) :: direction = 1
    integer(c_int32_t) :: parallel = 0
    integer(c_int32_t) :: communicator = 0
    integer(c_int32_t) :: interpolation = 0
    integer(c_int32_t) :: record = 0
    integer(c_int32_t) :: device_graphs = 0
  end type config_c

  type, bind(c), public :: variable_c
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: name = c_null_ptr
    type(c_ptr) :: unit = c_null_ptr
    type(c_ptr) :: classes = c_null_ptr
    integer(c_int32_t) :: class_count = 0
    integer(c_int32_t) :: from_bundle = 0
  end type variable_c

  type, bind(c), public :: field_c
    integer(c_int64_t) :: struct_size = 0
    type(c_ptr) :: name = c_null_ptr
    type(c_ptr) :: unit = c_null_ptr
    type(c_ptr) :: data = c_null_ptr
    integer(c_int32_t) :: type = 0
    integer(c_int32_t) :: rank = 0
    integer(c_int64_t) :: shape(max_rank) = 0
  end type field_c

  public :: abi_version_c, version_c, torch_version_c, status_name_c, last_error_c
  public :: config_default_c, init_c, step_c, finalize_c
  public :: input_count_c, output_count_c, input_c, output_c, get_outputs_c
  public :: class_count_c, class_name_of_c, get_window_c, get_map_c, get_values_c, get_timings_c
  public :: checkpoint_c, has_mpi_c, set_log_c
  public :: text_of, c_string

  interface
    function abi_version_c() bind(c, name="landbc_abi_version") result(version)
      import :: c_int32_t
      integer(c_int32_t) :: version
    end function abi_version_c

    function version_c() bind(c, name="landbc_version") result(text)
      import :: c_ptr
      type(c_ptr) :: text
    end function version_c

    function torch_version_c() bind(c, name="landbc_torch_version") result(text)
      import :: c_ptr
      type(c_ptr) :: text
    end function torch_version_c

    function status_name_c(status) bind(c, name="landbc_status_name") result(text)
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: status
      type(c_ptr) :: text
    end function status_name_c

    function last_error_c(handle) bind(c, name="landbc_last_error") result(text)
      import :: c_ptr
      type(c_ptr), value :: handle
      type(c_ptr) :: text
    end function last_error_c

    function config_default_c(config) bind(c, name="landbc_config_default") result(status)
      import :: c_int32_t, config_c
      type(config_c), intent(inout) :: config
      integer(c_int32_t) :: status
    end function config_default_c

    function init_c(config, handle) bind(c, name="landbc_init") result(status)
      import :: c_int32_t, c_ptr, config_c
      type(config_c), intent(in) :: config
      type(c_ptr), intent(inout) :: handle
      integer(c_int32_t) :: status
    end function init_c

    function step_c(handle, begin, interval_seconds, inputs, input_count, outputs, output_count, changed) &
      bind(c, name="landbc_step") result(status)
      import :: c_int32_t, c_int64_t, c_ptr, field_c, landbc_date
      type(c_ptr), value :: handle
      type(landbc_date), intent(in) :: begin
      integer(c_int64_t), value :: interval_seconds
      type(field_c), intent(in) :: inputs(*)
      integer(c_int32_t), value :: input_count
      type(field_c), intent(inout) :: outputs(*)
      integer(c_int32_t), value :: output_count
      integer(c_int32_t), intent(out) :: changed
      integer(c_int32_t) :: status
    end function step_c

    function input_count_c(handle, count) bind(c, name="landbc_input_count") result(status)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: handle
      integer(c_int32_t), intent(inout) :: count
      integer(c_int32_t) :: status
    end function input_count_c

    function output_count_c(handle, count) bind(c, name="landbc_output_count") result(status)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: handle
      integer(c_int32_t), intent(inout) :: count
      integer(c_int32_t) :: status
    end function output_count_c

    function input_c(handle, index, variable) bind(c, name="landbc_input") result(status)
      import :: c_int32_t, c_ptr, variable_c
      type(c_ptr), value :: handle
      integer(c_int32_t), value :: index
      type(variable_c), intent(inout) :: variable
      integer(c_int32_t) :: status
    end function input_c

    function output_c(handle, index, variable) bind(c, name="landbc_output") result(status)
      import :: c_int32_t, c_ptr, variable_c
      type(c_ptr), value :: handle
      integer(c_int32_t), value :: index
      type(variable_c), intent(inout) :: variable
      integer(c_int32_t) :: status
    end function output_c

    function get_outputs_c(handle, outputs, output_count) bind(c, name="landbc_get_outputs") result(status)
      import :: c_int32_t, c_ptr, field_c
      type(c_ptr), value :: handle
      type(field_c), intent(inout) :: outputs(*)
      integer(c_int32_t), value :: output_count
      integer(c_int32_t) :: status
    end function get_outputs_c

    function class_count_c(handle, count) bind(c, name="landbc_class_count") result(status)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: handle
      integer(c_int32_t), intent(inout) :: count
      integer(c_int32_t) :: status
    end function class_count_c

    function class_name_of_c(handle, quantity, index, name) bind(c, name="landbc_class_name_of") result(status)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: handle
      character(kind=c_char), intent(in) :: quantity(*)
      integer(c_int32_t), value :: index
      type(c_ptr), intent(inout) :: name
      integer(c_int32_t) :: status
    end function class_name_of_c

    function get_window_c(handle, window) bind(c, name="landbc_get_window") result(status)
      import :: c_int32_t, c_ptr, landbc_window
      type(c_ptr), value :: handle
      type(landbc_window), intent(inout) :: window
      integer(c_int32_t) :: status
    end function get_window_c

    function get_map_c(handle, name, map, size) bind(c, name="landbc_get_map") result(status)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: handle
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr), value :: map
      integer(c_int64_t), value :: size
      integer(c_int32_t) :: status
    end function get_map_c

    function get_values_c(handle, name, values, size) bind(c, name="landbc_get_values") result(status)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: handle
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr), value :: values
      integer(c_int64_t), value :: size
      integer(c_int32_t) :: status
    end function get_values_c

    function get_timings_c(handle, timings) bind(c, name="landbc_get_timings") result(status)
      import :: c_int32_t, c_ptr, landbc_timings
      type(c_ptr), value :: handle
      type(landbc_timings), intent(inout) :: timings
      integer(c_int32_t) :: status
    end function get_timings_c

    function checkpoint_c(handle, path) bind(c, name="landbc_checkpoint") result(status)
      import :: c_char, c_int32_t, c_ptr
      type(c_ptr), value :: handle
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int32_t) :: status
    end function checkpoint_c

    function has_mpi_c() bind(c, name="landbc_has_mpi") result(has)
      import :: c_int32_t
      integer(c_int32_t) :: has
    end function has_mpi_c

    subroutine set_log_c(log, context) bind(c, name="landbc_set_log")
      import :: c_funptr, c_ptr
      type(c_funptr), value :: log
      type(c_ptr), value :: context
    end subroutine set_log_c

    function finalize_c(handle) bind(c, name="landbc_finalize") result(status)
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: handle
      integer(c_int32_t) :: status
    end function finalize_c

    function strlen_c(text) bind(c, name="strlen") result(length)
      import :: c_ptr, c_size_t
      type(c_ptr), value :: text
      integer(c_size_t) :: length
    end function strlen_c
  end interface

contains

  !> A copy of a null-terminated C string; empty for a null pointer.
  function text_of(pointer) result(text)
    use, intrinsic :: iso_c_binding, only: c_associated, c_f_pointer
    type(c_ptr), intent(in) :: pointer
    character(len=:), allocatable :: text
    character(kind=c_char), pointer :: letters(:)
    integer :: i, length

    text = ""
    if (.not. c_associated(pointer)) return
    length = int(strlen_c(pointer))
    call c_f_pointer(pointer, letters, [length])
    deallocate (text)
    allocate (character(len=length) :: text)
    do i = 1, length
      text(i:i) = letters(i)
    end do
  end function text_of

  !> A null-terminated copy of `text` without its trailing blanks.
  function c_string(text) result(letters)
    use, intrinsic :: iso_c_binding, only: c_null_char
    character(len=*), intent(in) :: text
    character(kind=c_char), allocatable :: letters(:)
    integer :: i, length

    length = len_trim(text)
    allocate (letters(length + 1))
    do i = 1, length
      letters(i) = text(i:i)
    end do
    letters(length + 1) = c_null_char
  end function c_string

end module landbc_abi
