!> Adapters through module landbc: `test_adapters BUNDLE`, the small bundle with adapters ctsm and ecland.
program test_adapters
  use, intrinsic :: iso_fortran_env, only: real64
  use landbc
  use checks, only: check, check_status, failures
  use fixture, only: bundle, cells, climate, day, ierr, ids, said
  implicit none
  integer, parameter :: pfts = 15
  real(real64), parameter :: tolerance = 1e-13_real64
  type(landbc_coupler) :: coupler
  real(real64), target :: t(cells), p(cells), pft(cells, pfts), crop(cells), natural(cells), bound(cells, pfts)
  real(real64), target :: crop_bound(cells), first(cells, pfts), low(cells), cover(cells), rest(cells, 3)
  real(real64), target :: lake(cells), wetland(cells), glacier(cells), ocean(cells)
  character(len=:), allocatable :: name
  integer :: changed

  if (command_argument_count() /= 1) error stop 2
  call get_command_argument(1, bundle)
  call landbc_init(coupler, bundle, ids, landbc_date(2009), ierr, said)
  call check_status("init", ierr, landbc_ok, said)
  call landbc_get_outputs(coupler, [landbc_field("PCT_NAT_PFT_MAX", "%", bound), &
                                    landbc_field("PCT_CROP_MAX", "%", crop_bound), &
                                    landbc_field("PCT_NAT_PFT", "%", first)], ierr, said)
  call check_status("bounds_before_the_run", ierr, landbc_ok, said)
  call check("first_state_sums_to_one", all(abs(sum(first/100, 2) - 1) <= tolerance))
  call climate(t, p)
  call landbc_step(coupler, landbc_date(2009, 1, 1), day, &
                   [landbc_field("precipitation_flux", "kg m-2 s-1", p), landbc_field("air_temperature", "K", t)], &
                   [landbc_field("PCT_NAT_PFT", "%", pft), landbc_field("PCT_CROP", "%", crop), &
                    landbc_field("PCT_NATVEG", "%", natural), landbc_field("PCT_URBAN", "%", rest), &
                    landbc_field("PCT_LAKE", "%", lake), landbc_field("PCT_WETLAND", "%", wetland), &
                    landbc_field("PCT_GLACIER", "%", glacier), landbc_field("PCT_OCEAN", "%", ocean), &
                    landbc_field("tvl", "1", low), landbc_field("cvl", "1", cover)], ierr, said, changed)
  call check_status("step", ierr, landbc_ok, said)
  call check("same_as_before_the_step", all(abs(pft - first) <= 0))
  call check("types_sum_to_one", all(abs(sum(pft/100, 2) - 1) <= tolerance))
  call check("land_units_sum_to_one", all(abs((natural + crop + sum(rest, 2) + lake + wetland + glacier + ocean)/100 &
                                              - 1) <= tolerance))
  call check("within_bounds", all(pft <= bound + 1e-9_real64) .and. all(crop <= crop_bound + 1e-9_real64))
  call check("some_crops", any(crop > 1))
  call check("types_are_whole_numbers", all(abs(low - nint(low)) <= 0) .and. all((low > 0) .eqv. (cover > 0)))
  call landbc_class_name(coupler, 5, name, ierr, said, quantity="PCT_NAT_PFT")
  call check("name_of_a_row", ierr == landbc_ok .and. name == "natpft_5", said)
  call landbc_get_outputs(coupler, [landbc_field("PCT_NAT_PFT", "1", pft)], ierr, said)
  call check_status("wrong_unit", ierr, landbc_error_field_unit, said)
  call landbc_get_outputs(coupler, [landbc_field("PCT_PFT", "%", pft)], ierr, said)
  call check_status("unknown_output", ierr, landbc_error_field_name, said)
  call landbc_get_outputs(coupler, [landbc_field("PCT_NAT_PFT", "%", crop)], ierr, said)
  call check_status("wrong_rank", ierr, landbc_error_field_shape, said)
  call landbc_finalize(coupler, ierr)
  write (*, "(a)") "done"
  if (failures > 0) stop 1
end program test_adapters
