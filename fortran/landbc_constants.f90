!> Statuses, policies and flags of landbc, with the values of landbc.h. Hosts use module `landbc`.
module landbc_constants
  use, intrinsic :: iso_c_binding, only: c_int8_t
  implicit none
  private

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

  ! How a leaf area index comes from one step (month, dekad) to the next: between the middles of the calendar's
  ! steps; not at all; or as CTSM does it.
  integer, parameter, public :: landbc_interpolation_mid_step = 0
  integer, parameter, public :: landbc_interpolation_none = 1
  integer, parameter, public :: landbc_interpolation_ctsm = 2

  ! What a recording holds: every step, or those in which an emulator ran and what it had been given.
  integer, parameter, public :: landbc_record_steps = 0
  integer, parameter, public :: landbc_record_updates = 1

  ! Bits of `changed`: which emulators ran since the step before.
  integer, parameter, public :: landbc_changed_land_use = 1
  integer, parameter, public :: landbc_changed_land_cover = 2
  integer, parameter, public :: landbc_changed_leaf_area = 4

  !> Class code of a pixel that is not known (255 as an unsigned byte).
  integer(c_int8_t), parameter, public :: landbc_unknown = -1_c_int8_t

end module landbc_constants
