!> Evolving land boundary conditions at 1 km, for the time loop of an Earth-system model.
!!
!! Three calls: `landbc_init` before the loop, `landbc_step` once per coupling interval, `landbc_finalize`
!! after it. Nothing here stops the program: every procedure returns a status in `ierr` (`landbc_ok` is 0)
!! and, where wanted, a sentence in `errmsg`; the host decides what happens then.
!!
!! Time. A coupling interval is [date, date + seconds). Inputs are means over it; outputs are what holds at
!! its beginning. The land use (and cover) of year Y holds from 00:00 on 1 January of Y, so that the step which
!! begins there is the one whose `changed` says so. Leaf area index is made at the end of each month or dekad and
!! moves at every step between them. A step that failed has changed nothing and may be repeated.
!!
!! Fields. `landbc_field(name, unit, array)` describes an array of the host, cells first, and keeps a pointer
!! to it: the array must be a target, contiguous (the compiler checks both) and stay allocated as long as the
!! field is used (gfortran, where one is missing, says that component `name` is private: it finds no constructor
!! for such an array). An array that the host has by a plain pointer goes through a contiguous one:
!! `real(real64), pointer, contiguous :: t(:)`, `t => model%temperature`. Fields may be made once, before the loop.
!! The library never copies or reorders the array.
!!
!! A coupler belongs to one thread at a time. Do not copy it: the copies would share one handle. A coupler
!! that goes out of scope is finalized (with a communicator that is collective: do it on all ranks, before MPI ends).
module landbc
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_float, c_funloc, c_int32_t, c_int64_t, c_int8_t, c_loc, &
                                         c_null_funptr, c_null_ptr, c_ptr, c_sizeof
  use, intrinsic :: iso_fortran_env, only: int64
  use landbc_abi, only: abi_version, abi_version_c, c_string, checkpoint_c, class_count_c, class_name_of_c, config_c, &
                        config_default_c, field_c, finalize_c, get_map_c, get_outputs_c, get_timings_c, get_values_c, &
                        get_window_c, has_mpi_c, init_c, input_c, input_count_c, landbc_date, landbc_timings, landbc_window, &
                        last_error_c, output_c, output_count_c, set_log_c, status_name_c, step_c, text_of, &
                        torch_version_c, variable_c, version_c
  use landbc_constants
  use landbc_fields, only: as_c, landbc_field, landbc_name_length
  implicit none
  ! So that the statuses, policies and flags of landbc_constants are to be had from here.
  public

  private :: c_associated, c_char, c_funloc, c_int32_t, c_int64_t, c_int8_t, c_loc, c_null_funptr, c_null_ptr, c_ptr, &
             c_float, c_sizeof, int64, as_c
  private :: abi_version, abi_version_c, c_string, checkpoint_c, class_count_c, class_name_of_c, config_c, &
             config_default_c, field_c, finalize_c, get_map_c, get_outputs_c, get_timings_c, get_values_c, get_window_c, &
             has_mpi_c, init_c, input_c, input_count_c, last_error_c, output_c, output_count_c, set_log_c, status_name_c, step_c, &
             text_of, torch_version_c, variable_c, version_c
  private :: close_coupler, describe_variable, host_log, no_such_number, sentence, set_text, take_log_line

  !> An input or output of a coupler.
  type :: landbc_variable
    character(len=:), allocatable :: name, unit
    character(len=:), allocatable :: classes !< the quantity whose classes are the second extent; empty for none
    integer :: class_count = 0               !< 0 for one number a cell
    logical :: from_bundle = .false.         !< an input that the bundle supplies: the host gives none
  end type landbc_variable

  !> One coupling: the model, the domain, the state. Made by landbc_init, ended by landbc_finalize.
  type :: landbc_coupler
    private
    type(c_ptr) :: handle = c_null_ptr
  contains
    final :: close_coupler
  end type landbc_coupler

  abstract interface
    !> Takes a line of the log.
    subroutine landbc_log_line(level, message)
      integer, intent(in) :: level
      character(len=*), intent(in) :: message
    end subroutine landbc_log_line
  end interface

  ! What the host wants to be told through; all couplers share it, as they share the library's log.
  procedure(landbc_log_line), pointer :: host_log => null()

contains

  !> Loads a bundle, checks it and warms the emulator up.
  !!
  !! `cell_ids` are the global ids of the host's native cells, in any order, each once; fields then come in
  !! the same order. `start` begins the first coupling interval. Blank or absent options take the defaults:
  !! calendar "standard", device "cpu", no recording, libtorch's own thread count, NaN, years beyond the scenario and
  !! absent cells refused, the bundle's tile core, values out of range told to the log, forwards in time. A coupler that
  !! is live is refused: finalize it first.
  !!
  !! `restart` names a checkpoint to continue from; `start` must then be where it goes on, or landbc_date(0, 0,
  !! 0). `from_bundle` names inputs, with commas between, that the bundle's series supply. `direction` -1 runs
  !! backwards. `communicator` (an MPI communicator as an integer; of mpi_f08 comm%mpi_val) makes calls collective over its
  !! ranks, but for those that only describe the coupler; each rank gives its own cells, perhaps none. Without it there is
  !! one process and MPI is not touched.
  !! `interpolation` (landbc_interpolation_*) is how leaf area index comes from one month or dekad to the next.
  !! `record` (landbc_record_*) is whether the recording has every step or those in which an emulator ran.
  !! `device_graphs` runs emulators on a GPU as CUDA graphs, with the same bits.
  !! Statuses: abi, argument (also a live coupler), bundle, model, cells, field_name (of from_bundle), time, device,
  !! io, restart, memory, internal.
  !! On failure the coupler stays as one that was never initialised.
  subroutine landbc_init(coupler, bundle, cell_ids, start, ierr, errmsg, calendar, device, recording, threads, &
                         missing, scenario, core, restart, from_bundle, ranges, absent, direction, communicator, interpolation, &
                         record, device_graphs)
    type(landbc_coupler), intent(inout) :: coupler
    character(len=*), intent(in) :: bundle                        !< directory
    integer(int64), intent(in), target, contiguous :: cell_ids(:) !< of this rank
    type(landbc_date), intent(in) :: start
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    character(len=*), intent(in), optional :: calendar    !< standard, proleptic_gregorian, noleap, 360_day
    character(len=*), intent(in), optional :: device      !< cpu, cuda or cuda:N
    character(len=*), intent(in), optional :: recording   !< file to write
    integer, intent(in), optional :: threads              !< libtorch's within an operation; 0: as it is set
    integer, intent(in), optional :: missing              !< NaN or infinity in an input: landbc_missing_error, _hold
    integer, intent(in), optional :: scenario             !< beyond the scenario's years: landbc_scenario_error, _hold
    integer, intent(in), optional :: core                 !< tile core in pixels, a multiple of 400; 0: the bundle's
    character(len=*), intent(in), optional :: restart     !< checkpoint to read
    character(len=*), intent(in), optional :: from_bundle !< inputs, with commas between
    integer, intent(in), optional :: ranges               !< an input impossible on Earth: landbc_range_warn, _error, _off
    integer, intent(in), optional :: absent               !< cells not given: landbc_absent_error, _nearest
    integer, intent(in), optional :: direction            !< 1 forwards, -1 backwards
    integer, intent(in), optional :: communicator         !< of MPI
    integer, intent(in), optional :: interpolation        !< landbc_interpolation_mid_step, _none, _ctsm
    integer, intent(in), optional :: record               !< landbc_record_steps, _updates
    logical, intent(in), optional :: device_graphs        !< CUDA graphs on a GPU
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
    if (present(record)) config%record = int(record, c_int32_t)
    if (present(device_graphs)) config%device_graphs = merge(1_c_int32_t, 0_c_int32_t, device_graphs)
    if (present(interpolation)) config%interpolation = int(interpolation, c_int32_t)
    if (present(communicator)) then
      config%parallel = 1
      config%communicator = int(communicator, c_int32_t)
    end if
    if (ierr == landbc_ok) ierr = init_c(config, coupler%handle)
    if (present(errmsg)) errmsg = sentence(c_null_ptr, ierr)
  end subroutine landbc_init

  !> One coupling interval: takes the inputs' means over it, fills the outputs with what holds at its beginning.
  !!
  !! `inputs` are all that landbc_input tells but those that the bundle supplies, `outputs` those wanted of what
  !! landbc_output tells: `land_use_fraction` (cells, classes) and `coverage` (cells), and with the emulators for
  !! them `land_cover_fraction`, `leaf_area_index` (cells) and others. `changed` is a set of landbc_changed_* bits.
  !! A recording that cannot be written ends there with status io; the step may be repeated without it.
  !!
  !! Statuses: null_argument (an array that is not allocated), invalid_handle, argument, field_name, field_shape, field_unit,
  !! field_value, time, model, device, io, memory, internal.
  subroutine landbc_step(coupler, date, seconds, inputs, outputs, ierr, errmsg, changed)
    type(landbc_coupler), intent(in) :: coupler
    type(landbc_date), intent(in) :: date !< where the interval begins
    integer, intent(in) :: seconds        !< its length, 1 to 366*86400
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

  !> Fills outputs as they are between two steps, before the first one too: the upper bounds of an adapter, say,
  !! which a model that allocates before it runs needs (docs/adapters.md).
  !! Statuses: null_argument (an array that is not allocated), invalid_handle, argument, field_name, field_shape, field_unit.
  subroutine landbc_get_outputs(coupler, outputs, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    type(landbc_field), intent(in), target :: outputs(:)
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    type(field_c) :: outputs_c(size(outputs))
    integer :: i

    if (any(outputs%too_long)) then
      ierr = landbc_error_field_name
      if (present(errmsg)) errmsg = "landbc_get_outputs: a field's name or unit is longer than landbc_name_length"
      return
    end if
    do i = 1, size(outputs)
      outputs_c(i) = as_c(outputs(i))
    end do
    ierr = get_outputs_c(coupler%handle, outputs_c, size(outputs, kind=c_int32_t))
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_outputs

  !> Writes all that the run needs to go on from the end of its last step, bit for bit, to the file `path`, which
  !! appears complete or not at all. `landbc_init(..., restart=path)` continues from it.
  !! Statuses: invalid_handle, io, memory, internal.
  subroutine landbc_checkpoint(coupler, path, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    character(len=*), intent(in) :: path
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = checkpoint_c(coupler%handle, c_string(path))
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_checkpoint

  !> Sends what is worth telling (an update, a value out of range) to `log`, for all couplers; absent: to nowhere,
  !! which is where it goes at first. Let it be a procedure of a module: for an internal one gfortran puts code on the
  !! stack, which some systems refuse to execute.
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

  subroutine take_log_line(context, level, message) bind(c, name="")
    type(c_ptr), value :: context
    integer(c_int32_t), value :: level
    type(c_ptr), value :: message

    if (c_associated(context)) return ! it is always null: landbc_set_log gives none
    if (associated(host_log)) call host_log(int(level), text_of(message))
  end subroutine take_log_line

  !> Ends a coupling and closes its recording. A second call gives landbc_error_invalid_handle and does no harm.
  !! Statuses: invalid_handle, io (the recording could not be closed; the coupler is ended all the same).
  subroutine landbc_finalize(coupler, ierr, errmsg)
    type(landbc_coupler), intent(inout) :: coupler
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = finalize_c(coupler%handle)
    if (present(errmsg)) errmsg = sentence(c_null_ptr, ierr)
  end subroutine landbc_finalize

  !> Number of inputs of a coupler. Statuses: invalid_handle.
  subroutine landbc_input_count(coupler, count, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(out) :: count
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    integer(c_int32_t) :: number

    number = 0
    ierr = input_count_c(coupler%handle, number)
    count = number
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_input_count

  !> Number of outputs of a coupler, those of adapters among them. Statuses: invalid_handle.
  subroutine landbc_output_count(coupler, count, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(out) :: count
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    integer(c_int32_t) :: number

    number = 0
    ierr = output_count_c(coupler%handle, number)
    count = number
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_output_count

  !> Describes input 1 ... count: name, unit, whether the bundle supplies it. Statuses: invalid_handle, argument (no such
  !! number).
  subroutine landbc_input(coupler, number, variable, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(in) :: number
    type(landbc_variable), intent(out) :: variable
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    type(variable_c) :: found

    found%struct_size = c_sizeof(found)
    ierr = input_c(coupler%handle, int(number - 1, c_int32_t), found)
    if (ierr == landbc_ok) call describe_variable(found, variable)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
    ! The library's own sentence counts from 0.
    if (present(errmsg) .and. ierr == landbc_error_argument) errmsg = no_such_number("input", number)
  end subroutine landbc_input

  !> Describes output 1 ... count: name, unit, and where it has a second extent whose classes these are and how many.
  !! Statuses: invalid_handle, argument (no such number).
  subroutine landbc_output(coupler, number, variable, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(in) :: number
    type(landbc_variable), intent(out) :: variable
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    type(variable_c) :: found

    found%struct_size = c_sizeof(found)
    ierr = output_c(coupler%handle, int(number - 1, c_int32_t), found)
    if (ierr == landbc_ok) call describe_variable(found, variable)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
    ! The library's own sentence counts from 0.
    if (present(errmsg) .and. ierr == landbc_error_argument) errmsg = no_such_number("output", number)
  end subroutine landbc_output

  function no_such_number(kind, number) result(text)
    character(len=*), intent(in) :: kind
    integer, intent(in) :: number
    character(len=:), allocatable :: text
    character(len=20) :: digits

    write (digits, "(i0)") number
    text = "landbc_"//kind//": there is no "//kind//" "//trim(digits)//"; they are 1 to what landbc_"//kind//"_count gives"
  end function no_such_number

  subroutine describe_variable(found, variable)
    type(variable_c), intent(in) :: found
    type(landbc_variable), intent(inout) :: variable

    variable%name = text_of(found%name)
    variable%unit = text_of(found%unit)
    variable%classes = text_of(found%classes)
    variable%class_count = found%class_count
    variable%from_bundle = found%from_bundle /= 0
  end subroutine describe_variable

  !> Number of land-use classes: the second extent of `land_use_fraction`. Statuses: invalid_handle.
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

  !> Name of the class with code 0 ... count - 1 (its fractions are `land_use_fraction(:, code + 1)`), of `quantity`
  !! "land_use" (where absent) or "land_cover"; of an adapter's output with rows, whose name is `quantity`, that of row
  !! code + 1. `name` is empty on failure. Statuses: invalid_handle, field_name (no such quantity), argument (no such code).
  subroutine landbc_class_name(coupler, code, name, ierr, errmsg, quantity)
    type(landbc_coupler), intent(in) :: coupler
    integer, intent(in) :: code
    character(len=:), allocatable, intent(out) :: name
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg
    character(len=*), intent(in), optional :: quantity
    type(c_ptr) :: text

    text = c_null_ptr
    if (present(quantity)) then
      ierr = class_name_of_c(coupler%handle, c_string(quantity), int(code, c_int32_t), text)
    else
      ierr = class_name_of_c(coupler%handle, c_string("land_use"), int(code, c_int32_t), text)
    end if
    name = ""
    if (ierr == landbc_ok) name = text_of(text)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_class_name

  !> The window of the 1 km grid that the coupler covers: first row and column, counted from 0 at 90 N and 180 W, and
  !! extents in pixels. Statuses: invalid_handle.
  subroutine landbc_get_window(coupler, window, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    type(landbc_window), intent(out) :: window
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = get_window_c(coupler%handle, window)
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_window

  !> Copies the class map called `name` ("land_use", "land_cover") into `map`(window%cols, window%rows), west to east, north
  !! to south; unsigned bytes, landbc_unknown where it is not known. Statuses: invalid_handle, field_name (no such map),
  !! field_shape (not as many pixels as the window has), memory, internal.
  subroutine landbc_get_map(coupler, name, map, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    character(len=*), intent(in) :: name
    integer(c_int8_t), intent(inout), target, contiguous :: map(:, :)
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = get_map_c(coupler%handle, c_string(name), c_loc(map), size(map, kind=c_int64_t))
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_map

  !> Copies the last finished step of the series called `name` ("leaf_area_index", m2 m-2), as landbc_get_map; NaN where
  !! there is none. Statuses: as of landbc_get_map: invalid_handle, field_name, field_shape, memory,
  !! internal.
  subroutine landbc_get_values(coupler, name, values, ierr, errmsg)
    type(landbc_coupler), intent(in) :: coupler
    character(len=*), intent(in) :: name
    real(c_float), intent(inout), target, contiguous :: values(:, :)
    integer, intent(out) :: ierr
    character(len=:), allocatable, intent(out), optional :: errmsg

    ierr = get_values_c(coupler%handle, c_string(name), c_loc(values), size(values, kind=c_int64_t))
    if (present(errmsg)) errmsg = sentence(coupler%handle, ierr)
  end subroutine landbc_get_values

  !> Wall times of the last emulator update and step in seconds, and counts, for benchmarks. Statuses: invalid_handle.
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
