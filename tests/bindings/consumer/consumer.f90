program consumer
  use landbc, only: landbc_version, landbc_torch_version
  implicit none
  character(len=:), allocatable :: library, torch

  library = landbc_version()
  torch = landbc_torch_version()
  print '(3a)', library, ' ', torch
end program consumer
