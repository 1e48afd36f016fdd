!> Tests of module landbc against the small bundle: `test_landbc BUNDLE FOLDER`, FOLDER takes recordings.
!!
!! Prints a line for each check; exit status 1 where one fails.
program test_landbc
  use checks, only: failures
  use fixture, only: bundle, folder
  use refusal_tests, only: dead_couplers, refused_configurations, refused_fields, refused_times
  use running_tests, only: cell_order, couplers_side_by_side, life_cycle, missing_values, precisions, &
                           scope_exit, versions, years, backwards, checkpoint_and_restart, &
                           descriptions, inputs_from_the_bundle, log_lines
  implicit none

  if (command_argument_count() /= 2) error stop 2
  call get_command_argument(1, bundle)
  call get_command_argument(2, folder)
  call versions()
  call life_cycle()
  call precisions()
  call cell_order()
  call years()
  call couplers_side_by_side()
  call scope_exit()
  call missing_values()
  call checkpoint_and_restart()
  call backwards()
  call log_lines()
  call inputs_from_the_bundle()
  call descriptions()
  call refused_configurations()
  call refused_fields()
  call refused_times()
  call dead_couplers()
  write (*, "(a)") "done"
  if (failures > 0) stop 1
end program test_landbc
