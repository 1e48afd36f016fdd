!> What module landbc does when all is well: life cycle, kinds and ranks, order of cells, years, policies.
module running_tests
  use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
  use, intrinsic :: iso_c_binding, only: c_int8_t
  use, intrinsic :: iso_fortran_env, only: int64, real32, real64
  use landbc
  use checks, only: check, check_status
  use fixture, only: bundle, cells, classes, climate, day, folder, ids, ierr, said, start
  implicit none
  private
  public :: versions, life_cycle, precisions, cell_order, years, couplers_side_by_side, scope_exit, missing_values, &
            checkpoint_and_restart, backwards, log_lines, inputs_from_the_bundle, descriptions

  character(len=:), allocatable :: last_line

contains

  subroutine versions()
    call check("abi_version", landbc_abi_version() == 5)
    call check("version", len(landbc_version()) > 0)
    call check("torch_version", len(landbc_torch_version()) > 0)
    call check("status_name", landbc_status_name(landbc_error_time) == "LANDBC_ERROR_TIME")
    call check("status_name_unknown", landbc_status_name(99) == "unknown status")
  end subroutine versions

  subroutine life_cycle()
    type(landbc_coupler) :: coupler
    type(landbc_window) :: window
    type(landbc_timings) :: timings
    real(real64), target :: t(cells), p(cells), fraction(cells, classes), coverage(cells), again(cells, classes)
    integer(c_int8_t), allocatable :: map(:, :)
    character(len=:), allocatable :: name
    integer :: changed, count_of_classes

    call check("not_live_before_init", .not. landbc_is_live(coupler))
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said)
    call check_status("init", ierr, landbc_ok, said)
    call check("live_after_init", landbc_is_live(coupler))
    call climate(t, p)
    fraction = -1
    coverage = -1
    call landbc_step(coupler, landbc_date(2009, 1, 1), day, &
                     [landbc_field("precipitation_flux", "kg m-2 s-1", p), landbc_field("air_temperature", "K", t)], &
                     [landbc_field("land_use_fraction", "1", fraction), landbc_field("coverage", "1", coverage)], &
                     ierr, said, changed)
    call check_status("step", ierr, landbc_ok, said)
    call check("first_step_changes", iand(changed, landbc_changed_land_use) /= 0)
    call check("coverage_within_0_and_1", all(coverage >= 0) .and. any(coverage > 0.5) .and. &
               all(coverage <= 1 + 2*epsilon(1.0_real64)))
    call check("fractions_sum_to_one", all(abs(sum(fraction, 2) - 1) <= 1e-13_real64 .or. coverage <= 0))
    call check("fractions_within_0_and_1", all(fraction >= 0) .and. all(fraction <= 1))

    call landbc_step(coupler, landbc_date(2009, 1, 1), day, &
                     [landbc_field("precipitation_flux", "kg m-2 s-1", p), landbc_field("air_temperature", "K", t)], &
                     [landbc_field("land_use_fraction", "1", again)], ierr, said)
    call check("same_interval_same_answer", ierr == landbc_ok .and. all(abs(again - fraction) <= 0), said)

    call landbc_class_count(coupler, count_of_classes, ierr, said)
    call check("class_count", ierr == landbc_ok .and. count_of_classes == classes, said)
    call landbc_class_name(coupler, 4, name, ierr, said)
    call check("class_name", ierr == landbc_ok .and. name == "forest", said)
    call landbc_class_name(coupler, 8, name, ierr, said)
    call check_status("class_name_out_of_range", ierr, landbc_error_argument, said)

    call landbc_get_window(coupler, window, ierr, said)
    call check("window", ierr == landbc_ok .and. all([window%row, window%col, window%rows, window%cols] &
                                                     == [3950_int64, 17950_int64, 100_int64, 150_int64]), said)
    allocate (map(window%cols, window%rows))
    call landbc_get_map(coupler, "land_use", map, ierr, said)
    call check_status("map", ierr, landbc_ok, said)
    ! The bundle's unknown square: rows 26 to 45, columns 56 to 75 of the window, and nothing else.
    call check("map_lies_west_to_east_north_to_south", count(map == landbc_unknown) == 400 .and. &
               all(map(56:75, 26:45) == landbc_unknown))
    call check("map_holds_classes", all(map == landbc_unknown .or. (map >= 0 .and. map < classes)))
    call landbc_get_map(coupler, "land_cover", map, ierr, said)
    call check_status("map_of_unknown_name", ierr, landbc_error_field_name, said, "land_cover")
    call landbc_get_map(coupler, "land_use", map(:, :10), ierr, said)
    call check_status("map_too_small", ierr, landbc_error_field_shape, said)

    call landbc_get_timings(coupler, timings, ierr, said)
    call check("timings", ierr == landbc_ok .and. timings%steps >= 1 .and. timings%updates == 0 .and. timings%step > 0, said)

    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said)
    call check_status("init_of_live_coupler", ierr, landbc_error_argument, said, "landbc_finalize")
    call check("still_live", landbc_is_live(coupler))
    call landbc_finalize(coupler, ierr, said)
    call check_status("finalize", ierr, landbc_ok, said)
    call check("not_live_after_finalize", .not. landbc_is_live(coupler))
    call landbc_finalize(coupler, ierr, said)
    call check_status("second_finalize", ierr, landbc_error_invalid_handle, said)
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr)
    call check("init_again", ierr == landbc_ok)
    call landbc_finalize(coupler, ierr)
    call check("finalize_without_errmsg", ierr == landbc_ok)
  end subroutine life_cycle

  subroutine precisions()
    type(landbc_coupler) :: coupler
    real(real64), target :: t(cells), p(cells), fraction(cells, classes), coverage(cells)
    real(real32), target :: t4(cells), p4(cells), fraction4(cells, classes), coverage4(cells)

    call climate(t, p)
    t4 = real(t, real32)
    p4 = real(p, real32)
    t = t4
    p = p4
    call start(coupler)
    call landbc_step(coupler, landbc_date(2009), day, &
                     [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)], &
                     [landbc_field("land_use_fraction", "1", fraction), landbc_field("coverage", "1", coverage)], ierr, said)
    call check_status("real64_step", ierr, landbc_ok, said)
    call landbc_finalize(coupler, ierr)
    call start(coupler)
    call landbc_step(coupler, landbc_date(2009), day, &
                     [landbc_field("air_temperature", "K", t4), landbc_field("precipitation_flux", "kg m-2 s-1", p4)], &
                     [landbc_field("land_use_fraction", "1", fraction4), landbc_field("coverage", "1", coverage4)], ierr, said)
    call check_status("real32_step", ierr, landbc_ok, said)
    call check("real32_is_rounded_real64", all(abs(fraction4 - real(fraction, real32)) <= 0) .and. &
               all(abs(coverage4 - real(coverage, real32)) <= 0))
  end subroutine precisions

  subroutine cell_order()
    type(landbc_coupler) :: coupler
    integer(int64) :: backwards(cells)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes), reversed(cells, classes)

    call climate(t, p)
    call start(coupler)
    call landbc_step(coupler, landbc_date(2009), day, &
                     [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)], &
                     [landbc_field("land_use_fraction", "1", fraction)], ierr, said)
    call landbc_finalize(coupler, ierr)
    backwards = ids(cells:1:-1)
    call landbc_init(coupler, bundle, backwards, landbc_date(2009), ierr, said)
    t = t(cells:1:-1)
    call landbc_step(coupler, landbc_date(2009), day, &
                     [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)], &
                     [landbc_field("land_use_fraction", "1", reversed)], ierr, said)
    call check("cell_order", ierr == landbc_ok .and. all(abs(reversed - fraction(cells:1:-1, :)) <= 0), said)
    call check("cells_differ", any(abs(fraction(15, :) - fraction(16, :)) > 0))
  end subroutine cell_order

  subroutine years()
    type(landbc_coupler) :: coupler
    type(landbc_timings) :: timings
    type(landbc_field) :: inputs(2), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)
    real(real64) :: first(cells, classes)
    integer :: changed

    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, calendar="360_day", threads=1, core=800)
    call landbc_step(coupler, landbc_date(2009), 30*day, inputs, outputs, ierr, said, changed)
    first = fraction
    call landbc_step(coupler, landbc_date(2009, 2), 329*day, inputs, outputs, ierr, said, changed)
    call check("february_changes_nothing", ierr == landbc_ok .and. changed == 0 .and. all(abs(fraction - first) <= 0), said)
    call landbc_step(coupler, landbc_date(2009, 12, 30), day, inputs, outputs, ierr, said, changed)
    call check("december_changes_nothing", ierr == landbc_ok .and. changed == 0 .and. all(abs(fraction - first) <= 0), said)
    call landbc_step(coupler, landbc_date(2010, 1, 1), day, inputs, outputs, ierr, said, changed)
    call check("january_changes", ierr == landbc_ok .and. changed == landbc_changed_land_use, said)
    call check("fractions_move", any(abs(fraction - first) > 1e-6_real64))
    call landbc_get_timings(coupler, timings, ierr, said)
    call check("one_update", timings%updates == 1 .and. timings%tiles > 0 .and. timings%forward > 0)
  end subroutine years

  subroutine couplers_side_by_side()
    type(landbc_coupler) :: couplers(2)
    type(landbc_field) :: inputs(2), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)
    real(real64) :: kept(cells, classes)
    integer :: i

    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    do i = 1, 2
      call start(couplers(i))
    end do
    call landbc_step(couplers(1), landbc_date(2009), day, inputs, outputs, ierr, said)
    kept = fraction
    call landbc_step(couplers(1), landbc_date(2008), day, inputs, outputs, ierr, said)
    call check_status("first_of_two_fails", ierr, landbc_error_time, said)
    fraction = -1
    call landbc_step(couplers(2), landbc_date(2009), day, inputs, outputs, ierr, said)
    call check("second_of_two_is_untouched", ierr == landbc_ok .and. all(abs(fraction - kept) <= 0), said)
    call landbc_finalize(couplers(1), ierr)
    call landbc_step(couplers(2), landbc_date(2009, 1, 2), day, inputs, outputs, ierr, said)
    call check_status("second_outlives_first", ierr, landbc_ok, said)
    call landbc_finalize(couplers(2), ierr)
  end subroutine couplers_side_by_side

  subroutine scope_exit()
    type(landbc_coupler) :: open_coupler, second

    call begin_and_forget("forgotten")
    call begin_and_forget("forgotten again")
    call landbc_init(open_coupler, bundle, ids, landbc_date(2009), ierr, said, recording=trim(folder)//"/open.nc")
    call landbc_init(second, bundle, ids, landbc_date(2009), ierr, said, recording=trim(folder)//"/open.nc")
    call check_status("recording_already_open", ierr, landbc_error_io, said, "open.nc")
    call check("failed_init_leaves_nothing", .not. landbc_is_live(second))
  end subroutine scope_exit

  subroutine missing_values()
    type(landbc_coupler) :: holding, given
    type(landbc_field) :: inputs(2), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)
    real(real64) :: held(cells, classes)

    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    call landbc_init(holding, bundle, ids, landbc_date(2009), ierr, said, missing=landbc_missing_hold)
    call start(given)
    call landbc_step(holding, landbc_date(2009), 31*day, inputs, outputs, ierr, said)
    call landbc_step(given, landbc_date(2009), 31*day, inputs, outputs, ierr, said)
    call landbc_step(given, landbc_date(2009, 2), 334*day, inputs, outputs, ierr, said)
    call landbc_step(given, landbc_date(2010), day, inputs, outputs, ierr, said)
    held = fraction
    t(5) = ieee_value(t(5), ieee_quiet_nan)
    call landbc_step(holding, landbc_date(2009, 2), 334*day, inputs, outputs, ierr, said)
    call check_status("nan_is_held", ierr, landbc_ok, said)
    call landbc_step(holding, landbc_date(2010), day, inputs, outputs, ierr, said)
    call check("held_value_counts", ierr == landbc_ok .and. all(abs(fraction - held) <= 0), said)
  end subroutine missing_values

  subroutine checkpoint_and_restart()
    type(landbc_coupler) :: whole, first, second
    type(landbc_field) :: inputs(2), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)
    real(real64) :: expected(cells, classes)
    character(len=:), allocatable :: path

    path = trim(folder)//"/state.nc"
    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    call start(whole)
    call start(first)
    call landbc_step(whole, landbc_date(2009), 200*day, inputs, outputs, ierr, said)
    call landbc_step(first, landbc_date(2009), 200*day, inputs, outputs, ierr, said)
    call landbc_checkpoint(first, path, ierr, said)
    call check_status("checkpoint", ierr, landbc_ok, said)
    call landbc_checkpoint(first, "/no/such/folder/state.nc", ierr, said)
    call check_status("checkpoint_impossible", ierr, landbc_error_io, said, "/no/such/folder")
    call landbc_finalize(first, ierr)
    call landbc_init(second, bundle, ids, landbc_date(2009, 7, 19), ierr, said, restart=path)
    call check_status("restart_elsewhere", ierr, landbc_error_time, said, "2009-07-20")
    call landbc_init(second, bundle, ids, landbc_date(0, 0, 0), ierr, said, restart=trim(folder)//"/none.nc")
    call check_status("restart_absent", ierr, landbc_error_restart, said, "none.nc")
    call landbc_init(second, bundle, ids, landbc_date(0, 0, 0), ierr, said, restart=path)
    call check_status("restart", ierr, landbc_ok, said)
    t = t + 2
    call landbc_step(whole, landbc_date(2009, 7, 20), 165*day, inputs, outputs, ierr, said)
    call landbc_step(whole, landbc_date(2010), day, inputs, outputs, ierr, said)
    expected = fraction
    call landbc_step(second, landbc_date(2009, 7, 20), 165*day, inputs, outputs, ierr, said)
    call landbc_step(second, landbc_date(2010), day, inputs, outputs, ierr, said)
    call check("restart_gives_the_same_bits", ierr == landbc_ok .and. all(abs(fraction - expected) <= 0), said)
  end subroutine checkpoint_and_restart

  subroutine backwards()
    type(landbc_coupler) :: coupler
    type(landbc_field) :: inputs(2), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)
    integer :: changed

    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t), landbc_field("precipitation_flux", "kg m-2 s-1", p)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, calendar="noleap", direction=-1, &
                     scenario=landbc_scenario_hold)
    call check_status("init_backwards", ierr, landbc_ok, said)
    call landbc_step(coupler, landbc_date(2008), 365*day, inputs, outputs, ierr, said, changed)
    call check_status("step_backwards", ierr, landbc_ok, said)
    call landbc_step(coupler, landbc_date(2007, 12, 31), day, inputs, outputs, ierr, said, changed)
    call check("update_backwards", ierr == landbc_ok .and. iand(changed, landbc_changed_land_use) /= 0, said)
  end subroutine backwards

  subroutine log_lines()
    type(landbc_coupler) :: coupler

    last_line = ""
    call landbc_set_log(keep_line)
    call start(coupler)
    call check("log_line", index(last_line, "30 cells") > 0, last_line)
    call landbc_set_log()
    last_line = ""
    call landbc_finalize(coupler, ierr)
    call start(coupler)
    call check("log_off", last_line == "", last_line)
  end subroutine log_lines

  subroutine keep_line(level, message)
    integer, intent(in) :: level
    character(len=*), intent(in) :: message

    if (level == landbc_log_info) last_line = message
  end subroutine keep_line

  !> What a coupler takes and gives, as a host learns it.
  subroutine descriptions()
    type(landbc_coupler) :: coupler
    type(landbc_variable) :: variable
    integer :: number

    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, from_bundle="precipitation_flux")
    call landbc_input_count(coupler, number, ierr, said)
    call check("input_count", ierr == landbc_ok .and. number == 2, said)
    call landbc_input(coupler, 1, variable, ierr, said)
    call check("input_of_the_host", ierr == landbc_ok .and. variable%name == "air_temperature" .and. variable%unit == "K" &
               .and. variable%classes == "" .and. variable%class_count == 0 .and. .not. variable%from_bundle, said)
    call landbc_input(coupler, 2, variable, ierr, said)
    call check("input_of_the_bundle", ierr == landbc_ok .and. variable%name == "precipitation_flux" .and. variable%from_bundle, &
               said)
    call landbc_input(coupler, 3, variable, ierr, said)
    call check_status("input_beyond_the_last", ierr, landbc_error_argument, said, "no input 3")
    call landbc_output_count(coupler, number, ierr, said)
    call check("output_count", ierr == landbc_ok .and. number == 2, said)
    call landbc_output(coupler, 1, variable, ierr, said)
    call check("output_of_classes", ierr == landbc_ok .and. variable%name == "land_use_fraction" .and. variable%unit == "1" &
               .and. variable%classes == "land_use" .and. variable%class_count == classes, said)
    call landbc_output(coupler, 0, variable, ierr, said)
    call check_status("output_before_the_first", ierr, landbc_error_argument, said, "no output 0")
  end subroutine descriptions

  subroutine inputs_from_the_bundle()
    type(landbc_coupler) :: coupler
    type(landbc_field) :: inputs(1), outputs(1)
    real(real64), target :: t(cells), p(cells), fraction(cells, classes)

    call climate(t, p)
    inputs = [landbc_field("air_temperature", "K", t)]
    outputs = [landbc_field("land_use_fraction", "1", fraction)]
    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, from_bundle="precipitation_flux", &
                     ranges=landbc_range_error)
    call landbc_step(coupler, landbc_date(2009), day, inputs, outputs, ierr, said)
    call check_status("input_from_the_bundle", ierr, landbc_ok, said)
    t = 10
    call landbc_step(coupler, landbc_date(2009, 1, 2), day, inputs, outputs, ierr, said)
    call check_status("input_out_of_range", ierr, landbc_error_field_value, said, "150")
    call landbc_finalize(coupler, ierr)
    call landbc_init(coupler, bundle, ids(2:), landbc_date(2009), ierr, said, absent=landbc_absent_nearest)
    call check_status("absent_cell_has_a_stand_in", ierr, landbc_ok, said)
  end subroutine inputs_from_the_bundle

  subroutine begin_and_forget(name)
    character(len=*), intent(in) :: name
    type(landbc_coupler) :: coupler

    call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said, recording=trim(folder)//"/forgotten.nc")
    call check_status(name, ierr, landbc_ok, said)
  end subroutine begin_and_forget

end module running_tests
