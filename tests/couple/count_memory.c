/* Stands in for the C library's allocator in a process of its own (LD_PRELOAD) and counts the bytes held. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long held, most;

long counted_held(void) { return held; }
/* The most since the last call. */
long counted_most(void) { return atomic_exchange(&most, held); }

static void *took(void *memory) {
  if (memory != NULL) {
    const long size = (long)malloc_usable_size(memory);
    const long now = atomic_fetch_add(&held, size) + size;
    long before = most;
    while (before < now && !atomic_compare_exchange_weak(&most, &before, now)) {
    }
  }
  return memory;
}

static void gave(void *memory) {
  if (memory != NULL) atomic_fetch_sub(&held, (long)malloc_usable_size(memory));
}

void *malloc(size_t size) { return took(__libc_malloc(size)); }
void *calloc(size_t number, size_t size) { return took(__libc_calloc(number, size)); }

void *realloc(void *old, size_t size) {
  void *memory;
  gave(old);
  memory = __libc_realloc(old, size);
  return took(memory != NULL || size == 0 ? memory : old);
}

void *memalign(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size)); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  *memory = took(__libc_memalign(alignment, size));
  return *memory == NULL ? ENOMEM : 0;
}

void free(void *memory) {
  gave(memory);
  __libc_free(memory);
}
