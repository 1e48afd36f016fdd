// Functions that are compiled for wider vectors, too, and chosen as the program is loaded. Only where neither
// rounds otherwise: AVX2 by itself has no fused multiplication and addition.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_ADDRESS__)
#define LANDBC_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define LANDBC_WIDE
#endif

// What such a function is made of must be made with it.
#if defined(__GNUC__)
#define LANDBC_INLINE inline __attribute__((always_inline))
#else
#define LANDBC_INLINE inline
#endif
