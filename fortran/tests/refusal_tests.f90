!> What module landbc refuses: every fault gives a status and a sentence, and changes nothing.
module refusal_tests
  use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
  use, intrinsic :: iso_c_binding, only: c_float, c_int8_t
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use landbc
  use checks, only: check, check_status
  use fixture, only: bundle, cells, classes, climate, day, ids, ierr, said, start
  implicit none
  private
  public :: refused_configurations, refused_fields, refused_times, dead_couplers

contains

  subroutine refused_configurations()
    type(landbc_coupler) :: coupler
    integer(int64) :: twice(cells)

    call landbc_init(coupler, "/no/such/bundle", ids, landbc_date(2009), ierr, said)
    call check_status("bundle_absent", ierr, landbc_error_bundle, said, "/no/such/bundle")
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, calendar="julian")
    call check_status("calendar_unknown", ierr, landbc_error_argument, said, "julian")
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, device="abacus")
    call check("device_unknown", ierr == landbc_error_argument .or. ierr == landbc_error_device, said)
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, device="cuda:99")
    call check_status("device_absent", ierr, landbc_error_device, said, "cuda:99")
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, core=401)
    call check_status("core_odd", ierr, landbc_error_argument, said, "401")
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, missing=7)
    call check_status("policy_unknown", ierr, landbc_error_argument, said, "7")
    call landbc_init(coupler, bundle, ids, landbc_date(2009, 13), ierr, said)
    call check_status("start_no_date", ierr, landbc_error_time, said, "13")
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, recording="/no/such/folder/run.nc")
    call check_status("recording_impossible", ierr, landbc_error_io, said, "/no/such/folder/run.nc")
    twice = ids
    twice(2) = twice(1)
    call landbc_init(coupler, bundle, twice, landbc_date(2009), ierr, said)
    call check_status("cell_twice", ierr, landbc_error_cells, said, "1000")
    call landbc_init(coupler, bundle, ids(2:), landbc_date(2009), ierr, said)
    call check_status("cell_absent", ierr, landbc_error_cells, said, "1000")
    call check("not_live_after_failures", .not. landbc_is_live(coupler))
  end subroutine refused_configurations

  subroutine refused_fields()
    type(landbc_coupler) :: coupler
    type(landbc_field) :: temperature, precipitation, output
    real(real64), target :: t(cells), p(cells), fraction(cells, classes), few(cells - 1), square(cells, 2), lost(cells, 7)
    real(real64), pointer, contiguous :: nowhere(:)
    character(len=landbc_name_length + 1) :: long

    nowhere => null()
    call climate(t, p)
    few = 280
    square = 280
    temperature = landbc_field("air_temperature", "K", t)
    precipitation = landbc_field("precipitation_flux", "kg m-2 s-1", p)
    output = landbc_field("land_use_fraction", "1", fraction)
    call start(coupler)
    call refuse("input_unknown", [temperature, precipitation, landbc_field("snowfall", "K", t)], output, &
                landbc_error_field_name, "snowfall")
    call refuse("input_missing", [temperature], output, landbc_error_field_name, "precipitation_flux")
    call refuse("input_twice", [temperature, precipitation, temperature], output, landbc_error_field_name, "air_temperature")
    call refuse("input_short", [landbc_field("air_temperature", "K", few), precipitation], output, &
                landbc_error_field_shape, "29")
    call refuse("input_of_rank_2", [landbc_field("air_temperature", "K", square), precipitation], output, &
                landbc_error_field_shape, "air_temperature")
    call refuse("input_not_allocated", [landbc_field("air_temperature", "K", nowhere), precipitation], output, &
                landbc_error_null_argument, "air_temperature")
    call refuse("input_unit", [landbc_field("air_temperature", "m", t), precipitation], output, landbc_error_field_unit, "'m'")
    call refuse("output_unknown", [temperature, precipitation], landbc_field("land_cover", "1", fraction), &
                landbc_error_field_name, "land_cover")
    call refuse("output_shape", [temperature, precipitation], landbc_field("land_use_fraction", "1", lost), &
                landbc_error_field_shape, "land_use_fraction")
    long = repeat("x", len(long))
    call refuse("name_too_long", [temperature, precipitation, landbc_field(long, "K", t)], output, &
                landbc_error_field_name, "longer")
    t(3) = ieee_value(t(3), ieee_quiet_nan)
    call refuse("input_nan", [temperature, precipitation], output, landbc_error_field_value, "air_temperature")
    t(3) = 284
    call landbc_step(coupler, landbc_date(2009), day, [temperature, precipitation], [output], ierr, said)
    call check_status("step_after_failures", ierr, landbc_ok, said)

  contains

    subroutine refuse(name, inputs, wanted, status, words)
      character(len=*), intent(in) :: name, words
      type(landbc_field), intent(in) :: inputs(:), wanted
      integer, intent(in) :: status

      call landbc_step(coupler, landbc_date(2009), day, inputs, [wanted], ierr, said)
      call check_status(name, ierr, status, said, words)
    end subroutine refuse

  end subroutine refused_fields

  subroutine refused_times()
    type(landbc_coupler) :: coupler
    type(landbc_field) :: inputs(2), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)
    integer :: year

    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, calendar="noleap")
    call step("first_step", landbc_date(2009), 31*day, landbc_ok)
    call step("backwards", landbc_date(2008, 12, 31), day, landbc_error_time)
    call step("gap", landbc_date(2009, 2, 2), day, landbc_error_time)
    call step("no_date_of_the_calendar", landbc_date(2012, 2, 29), day, landbc_error_time)
    call step("no_time", landbc_date(2009, 2, 1), 0, landbc_error_argument)
    call step("after_refusals", landbc_date(2009, 2, 1), 334*day, landbc_ok)
    do year = 2010, 2013
      call step("whole_year", landbc_date(year), 365*day, landbc_ok)
    end do
    call step("beyond_the_scenario", landbc_date(2014), day, landbc_error_time)
    call landbc_finalize(coupler, ierr)

    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, calendar="noleap", scenario=landbc_scenario_hold)
    do year = 2009, 2014
      call step("scenario_held", landbc_date(year), 365*day, landbc_ok)
    end do

  contains

    subroutine step(name, date, seconds, status)
      character(len=*), intent(in) :: name
      type(landbc_date), intent(in) :: date
      integer, intent(in) :: seconds, status

      call landbc_step(coupler, date, seconds, inputs, outputs, ierr, said)
      call check_status(name, ierr, status, said)
    end subroutine step

  end subroutine refused_times

  subroutine dead_couplers()
    type(landbc_coupler) :: coupler
    type(landbc_window) :: window
    type(landbc_timings) :: timings
    type(landbc_field) :: nothing(0)
    integer(c_int8_t) :: map(2, 2)
    type(landbc_variable) :: variable
    real(c_float) :: values(2, 2)
    character(len=:), allocatable :: name
    integer :: number, changed

    call landbc_step(coupler, landbc_date(2009), day, nothing, nothing, ierr, said, changed)
    call check_status("step_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_class_count(coupler, number, ierr, said)
    call check_status("class_count_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_class_name(coupler, 0, name, ierr, said)
    call check_status("class_name_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_get_window(coupler, window, ierr, said)
    call check_status("window_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_get_map(coupler, "land_use", map, ierr, said)
    call check_status("map_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_get_values(coupler, "leaf_area_index", values, ierr, said)
    call check_status("values_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_get_outputs(coupler, nothing, ierr, said)
    call check_status("outputs_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_input_count(coupler, number, ierr, said)
    call check_status("input_count_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_output_count(coupler, number, ierr, said)
    call check_status("output_count_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_input(coupler, 1, variable, ierr, said)
    call check_status("input_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_output(coupler, 1, variable, ierr, said)
    call check_status("output_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_checkpoint(coupler, "/no/such/folder/state.nc", ierr, said)
    call check_status("checkpoint_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_get_timings(coupler, timings, ierr, said)
    call check_status("timings_of_dead", ierr, landbc_error_invalid_handle, said)
    call landbc_finalize(coupler, ierr, said)
    call check_status("finalize_of_dead", ierr, landbc_error_invalid_handle, said)
  end subroutine dead_couplers

end module refusal_tests
