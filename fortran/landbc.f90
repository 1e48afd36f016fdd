!> Evolving land boundary conditions at 1 km, for the time loop of an Earth-system model.
!!
!! Three calls: `landbc_init` before the loop, `landbc_step` once per coupling interval, `landbc_finalize`
!! after it. Nothing here stops the program: every procedure returns a status in `ierr` (`landbc_ok` is 0)
!! and, where wanted, a sentence in `errmsg`; the host decides what happens then.
!!
!! Time. A coupling interval is [date, date + seconds). Inputs are means over it; outputs are what holds at
!! its beginning. The land use of year Y holds from 00:00 on 1 January of Y, so that the step which begins
!! there is the one whose `changed` says so. A step that failed has changed nothing and may be repeated.
!!
!! Fields. `landbc_field(name, unit, array)` describes an array of the host, cells first, and keeps a pointer
!! to it: the array must be a target, contiguous (the compiler checks both) and stay allocated as long as the
!! field is used (gfortran, where one is missing, says that component `name` is private: it finds no constructor
!! for such an array). Fields may be made once, before the loop. The library never copies or reorders the array.
!!
!! A coupler belongs to one thread at a time. Do not copy it: the copies would share one handle. A coupler
!! that goes out of scope is finalized.
module landbc
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_funloc, c_int32_t, c_int64_t, c_int8_t, &
                                         c_loc, c_null_char, c_null_funptr, c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  use landbc_abi
  implicit none
  private

  public :: landbc_coupler, landbc_date, landbc_field, landbc_window, landbc_timings
  public :: landbc_init, landbc_step, landbc_finalize
  public :: landbc_checkpoint, landbc_set_log, landbc_has_mpi, landbc_log_line
  public :: landbc_class_count, landbc_class_name, landbc_get_window, landbc_get_map, landbc_get_timings
  public :: landbc_is_live, landbc_abi_version, landbc_version, landbc_torch_version, landbc_status_name

  ! Statuses, as in landbc.h.
  integer, parameter, public :: landbc_ok = 0
  integer, parameter, public :: landbc_error_null_argument = 1
  integer, parameter, public :: landbc_error_invalid_handle = 2
  integer, parameter, public :: landbc_error_abi = 3
  integer, parameter, public :: landbc_error_argument = 4
  integer, parameter, public :: landbc_error_bundle = 5
  integer, parameter, public :: landbc_error_model = 6
  integer, parameter, public :: landbc_error_cells = 7
  integer, parameter, public :: landbc_error_field_name = 8
  integer, parameter, public :: landbc_error_field_shape = 9
  integer, parameter, public :: landbc_error_field_unit = 10
  integer, parameter, public :: landbc_error_field_value = 11
  integer, parameter, public :: landbc_error_time = 12
  integer, parameter, public :: landbc_error_device = 13
  integer, parameter, public :: landbc_error_io = 14
  integer, parameter, public :: landbc_error_memory = 15
  integer, parameter, public :: landbc_error_internal = 16
  integer, parameter, public :: landbc_error_restart = 17

  ! Policies for NaN or infinity in an input, for years beyond the scenario's, for inputs beyond what is possible
  ! on Earth, and for cells of the bundle that the host does not give.
  integer, parameter, public :: landbc_missing_error = 0
  integer, parameter, public :: landbc_missing_hold = 1
  integer, parameter, public :: landbc_scenario_error = 0
  integer, parameter, public :: landbc_scenario_hold = 1
  integer, parameter, public :: landbc_range_warn = 0
  integer, parameter, public :: landbc_range_error = 1
  integer, parameter, public :: landbc_range_off = 2
  integer, parameter, public :: landbc_absent_error = 0
  integer, parameter, public :: landbc_absent_nearest = 1

  ! How much a line of the log matters.
  integer, parameter, public :: landbc_log_info = 1
  integer, parameter, public :: landbc_log_warning = 2

  !> Bit of `changed`: land use differs from the step before.
  integer, parameter, public :: landbc_changed_land_use = 1

  !> Class code of a pixel that is not known (255 as an unsigned byte).
  integer(c_int8_t), parameter, public :: landbc_unknown = -1_c_int8_t

  !> Longest name and unit of a field, in characters.
  integer, parameter, public :: landbc_name_length = 128

  !> One coupling: the model, the domain, the state. Made by landbc_init, ended by landbc_finalize.
  type :: landbc_coupler
    private
    type(c_ptr) :: handle = c_null_ptr
  contains
    final :: close_coupler
  end type landbc_coupler

  !> One array of the host, with its name in the model card and its unit. Made by `landbc_field(...)`.
  type :: landbc_field
    private
    character(kind=c_char) :: name(landbc_name_length + 1) = c_null_char
    character(kind=c_char) :: unit(landbc_name_length + 1) = c_null_char
    logical :: too_long = .false.
    type(c_ptr) :: data = c_null_ptr
    integer(c_int32_t) :: type = 0
    integer(c_int32_t) :: rank = 0
    integer(c_int64_t) :: shape(max_rank) = 0
  end type landbc_field

  abstract interface
    !> Takes a line of the log.
    subroutine landbc_log_line(level, message)
      integer, intent(in) :: level
      character(len=*), intent(in) :: message
    end subroutine landbc_log_line
  end interface

  ! What the host wants to be told through; all couplers share it, as they share the library's log.
  procedure(landbc_log_line), pointer :: host_log => null()

  interface landbc_field
    module procedure field_real32_1d, field_real32_2d, field_real64_1d, field_real64_2d
  end interface landbc_field

contains

  !> Loads a bundle, checks it and warms the emulator up.
  !!
  !! `cell_ids` are the global ids of the host's native cells, in any order, each once; fields then come in
  !! the same order. `start` begins the first coupling interval. Blank or absent options take the defaults:
  !! calendar "standard", device "cpu", no recording, libtorch's own thread count, NaN and years beyond the
  !! scenario refused, the bundle's tile core, values out of range told to the log, forwards in time. A coupler that
  !! is live is refused: finalize it first.
  !!
  !! `restart` names a checkpoint to continue from; `start` must then be where it goes on, or landbc_date(0, 0,
  !! 0). `from_bundle` names inputs, with commas between, that the bundle's series supply. `direction` -1 runs
  !! backwards. `communicator` (an MPI communicator as an integer) makes every call collective over its ranks, each
  !! of which gives its own cells, perhaps none; without it there is one process and MPI is not touched.
  subroutine landbc_init(coupler, bundle, cell_ids, start, ierr, errmsg, calendar, device, recording, threads, &
                         missing, scenario, core, restart, from_bundle, ranges, absent, direction, communicator)
    type(landbc_coupler), intent(inout) :: coupler
    character(len=*), intent(in) :: bundle
    integer(int64), intent(in), target, contiguous :: cell_ids(:)
    type(landbc_date), intent(in) :: start
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    character(len=*), intent(in), optional :: calendar
    character(len=*), intent(in), optional :: device
    character(len=*), intent(in), optional :: recording
    integer, intent(in), optional :: threads
    integer, intent(in), optional :: missing
    integer, intent(in), optional :: scenario
    integer, intent(in), optional :: core
    character(len=*), intent(in), optional :: restart
    character(len=*), intent(in), optional :: from_bundle
    integer, intent(in), optional :: ranges
    integer, intent(in), optional :: absent
    integer, intent(in), optional :: direction
    integer, intent(in), optional :: communicator
    character(kind=c_char), allocatable, target :: bundle_c(:), calendar_c(:), device_c(:), recording_c(:)
    character(kind=c_char), allocatable, target :: restart_c(:), from_bundle_c(:)
    integer(int64), target :: no_cell
    type(config_c) :: config

    if (c_associated(coupler%handle)) then
      ierr = landbc_error_argument
      if (present(errmsg)) errmsg = "landbc_init: this coupler is live; call landbc_finalize before using it again"
      return
    end if
    ierr = landbc_ok
    ! Before the library writes into a structure that may be another one.
    if (abi_version_c() == abi_version) ierr = config_default_c(config)
    if (ierr == landbc_ok .and. config%struct_size /= c_sizeof(config)) then
      ierr = landbc_error_abi
      if (present(errmsg)) errmsg = "landbc_init: liblandbc and module landbc are of different versions; " &
                                    //"compile the module of the installed package"
      return
    end if

    bundle_c = c_string(bundle)
    config%bundle = c_loc(bundle_c)
    call set_text(calendar, calendar_c, config%calendar)
    call set_text(device, device_c, config%device)
    call set_text(recording, recording_c, config%recording)
    config%start = start
    config%cell_count = size(cell_ids, kind=c_int64_t)
    no_cell = 0
    config%cell_ids = c_loc(no_cell)
    if (size(cell_ids) > 0) config%cell_ids = c_loc(cell_ids)
    if (present(threads)) config%threads = int(threads, c_int32_t)
    if (present(missing)) config%missing_policy = int(missing, c_int32_t)
    if (present(scenario)) config%scenario_policy = int(scenario, c_int32_t)
    if (present(core)) config%core = int(core, c_int32_t)
    call set_text(restart, restart_c, config%restart)
    call set_text(from_bundle, from_bundle_c, config%from_bundle)
    if (present(ranges)) config%range_policy = int(ranges, c_int32_t)
    if (present(absent)) config%absent_policy = int(absent, c_int32_t)
    if (present(direction)) config%direction = int(direction, c_int32_t)
    if (present(communicator)) then
      config%parallel = 1
      config%communicator = int(communicator, c_int32_t)
    end if
    if (ierr == landbc_ok) ierr = init_c(config, coupler%handle)
    if (present(errmsg)) errmsg = sentence(c_null_ptr, ierr)
  end subroutine landbc_init

  !> One coupling interval: takes the inputs' means over it, fills the outputs with what holds at its beginning.
  !!
  !! `inputs` are all climate inputs of the emulator, `outputs` those wanted of `land_use_fraction`
  !! (cells, classes) and `coverage` (cells). `changed` is a set of landbc_changed_* bits.
  subroutine landbc_step(coupler, date, seconds, inputs, outputs, ierr, errmsg, changed)
    type(landbc_coupler), intent(in) :: coupler
    type(landbc_date), intent(in) :: date
    integer, intent(in) :: seconds
    type(landbc_field), intent(in), target :: inputs(:)
    type(landbc_field), intent(in), target :: outputs(:)
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    integer, intent(out), optional :: changed
    type(field_c) :: inputs_c(size(inputs)), outputs_c(size(outputs))
    integer(c_int32_t) :: flags
    integer :: i

    if (present(changed)) changed = 0
    if (any(inputs%too_long) .or. any(outputs%too_long)) then
      ierr = landbc_error_field_name
      if (present(errmsg)) errmsg = "landbc_step: a field's name or unit is longer than landbc_name_length"
      return
    end if
    do i = 1, size(inputs)
      inputs_c(i) = as_c(inputs(i))
    end do
    do i = 1, size(outputs)
      outputs_c(i) = as_c(outputs(i))
    end do
    flags = 0
    ierr = step_c(coupler%handle, date, int(seconds, c_int64_t), inputs_c, size(inputs, kind=c_int32_t), &
                  outputs_c, size(outputs, kind=c_int32_t), flags)
    if (present(changed)) changed = flags
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_step

  !> Writes all that the run needs to go on from the end of its last step, bit for bit, to the file `path`, which
  !! appears complete or not at all. `landbc_init(..., restart=path)` continues from it.
  subroutine landbc_checkpoint(coupler, path, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    character(len=*), intent(in) :: path
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = checkpoint_c(coupler%handle, c_string(path))
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_checkpoint

  !> Sends what is worth telling (an update, a value out of range) to `log`, for all couplers; absent: to nowhere,
  !! which is where it goes at first.
  subroutine landbc_set_log(log)
    procedure(landbc_log_line), optional :: log

    if (present(log)) then
      host_log => log
      call set_log_c(c_funloc(take_log_line), c_null_ptr)
    else
      call set_log_c(c_null_funptr, c_null_ptr)
      host_log => null()
    end if
  end subroutine landbc_set_log

  !> Whether the library was built with MPI, so that landbc_init takes a communicator.
  logical function landbc_has_mpi()
    landbc_has_mpi = has_mpi_c() /= 0
  end function landbc_has_mpi

  subroutine take_log_line(context, level, message) bind(c)
    type(c_ptr), value :: context
    integer(c_int32_t), value :: level
    type(c_ptr), value :: message

    if (c_associated(context)) return ! it is always null: landbc_set_log gives none
    if (associated(host_log)) call host_log(int(level), text_of(message))
  end subroutine take_log_line

  !> Ends a coupling and closes its recording. A second call gives landbc_error_invalid_handle and does no harm.
  subroutine landbc_finalize(coupler, ierr, errmsg)
    type(landbc_coupler), intent(inout) :: coupler
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = finalize_c(coupler%handle)
    if (present(errmsg)) errmsg = sentence(c_null_ptr, ierr)
  end subroutine landbc_finalize

  !> Number of land-use classes: the second extent of `land_use_fraction`.
  subroutine landbc_class_count(coupler, count, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(out) :: count
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    integer(c_int32_t) :: number

    number = 0
    ierr = class_count_c(coupler%handle, number)
    count = number
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_class_count

  !> Name of the class with code 0 ... count - 1 (its fractions are `land_use_fraction(:, code + 1)`).
  subroutine landbc_class_name(coupler, code, name, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(in) :: code
    character(len=:), allocatable, intent(out) :: name
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    type(c_ptr) :: text

    text = c_null_ptr
    ierr = class_name_c(coupler%handle, int(code, c_int32_t), text)
    name = ""
    if (ierr == landbc_ok) name = text_of(text)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_class_name

  !> The window of the 1 km grid that the coupler covers.
  subroutine landbc_get_window(coupler, window, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    type(landbc_window), intent(out) :: window
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = get_window_c(coupler%handle, window)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_window

  !> Copies the class map called `name` ("land_use"): (window%cols, window%rows), west to east, north to south.
  subroutine landbc_get_map(coupler, name, map, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    character(len=*), intent(in) :: name
    integer(c_int8_t), intent(inout), target, contiguous :: map(:, :)
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = get_map_c(coupler%handle, c_string(name), c_loc(map), size(map, kind=c_int64_t))
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_map

  !> Wall times of the last emulator update and step, for benchmarks.
  subroutine landbc_get_timings(coupler, timings, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    type(landbc_timings), intent(out) :: timings
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    timings%struct_size = c_sizeof(timings)
    ierr = get_timings_c(coupler%handle, timings)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_timings

  !> Whether the coupler has been initialised and not yet finalized.
  pure logical function landbc_is_live(coupler)
    type(landbc_coupler), intent(in) :: coupler

    landbc_is_live = c_associated(coupler%handle)
  end function landbc_is_live

  !> Version of the C interface that the linked library was built with.
  integer function landbc_abi_version()
    landbc_abi_version = abi_version_c()
  end function landbc_abi_version

  !> Version of the library, e.g. "0.1.0".
  function landbc_version() result(text)
    character(len=:), allocatable :: text

    text = text_of(version_c())
  end function landbc_version

  !> Version of the libtorch that the library runs with.
  function landbc_torch_version() result(text)
    character(len=:), allocatable :: text

    text = text_of(torch_version_c())
  end function landbc_torch_version

  !> Name of a status, e.g. "LANDBC_ERROR_TIME".
  function landbc_status_name(status) result(text)
    integer, intent(in) :: status
    character(len=:), allocatable :: text

    text = text_of(status_name_c(int(status, c_int32_t)))
  end function landbc_status_name

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

  !> Points `pointer` at a C copy of `text`, kept in `letters`; leaves the default where there is no text.
  subroutine set_text(text, letters, pointer)
    character(len=*), intent(in), optional :: text
    character(kind=c_char), allocatable, intent(out), target :: letters(:)
    type(c_ptr), intent(inout) :: pointer

    if (.not. present(text)) return
    if (len_trim(text) == 0) return
    letters = c_string(text)
    pointer = c_loc(letters)
  end subroutine set_text

  ! A function, because gfortran 12 loses the length of an optional deferred-length argument that is passed on.

  !> The sentence that belongs to a status: empty for landbc_ok.
  function sentence(handle, status) result(text)
    type(c_ptr), intent(in) :: handle
    integer, intent(in) :: status
    character(len=:), allocatable :: text

    if (status == landbc_ok) then
      text = ""
    else
      text = text_of(last_error_c(handle))
    end if
  end function sentence

  subroutine close_coupler(coupler)
    type(landbc_coupler), intent(inout) :: coupler
    integer(c_int32_t) :: status

    ! A failure to close a recording has nobody left to be told of here.
    if (c_associated(coupler%handle)) status = finalize_c(coupler%handle)
  end subroutine close_coupler

end module landbc
