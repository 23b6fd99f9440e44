/* What the C++ runtime and the C library ask for where there is no operating system and no heap. */
#include <stddef.h>

#include <new>

extern "C" {
/* As in port.h, which is not this folder's to include. */
void mendlite_port_reset(void);

[[noreturn]] void abort(void);
[[noreturn]] void __cxa_pure_virtual(void);
void *_sbrk(ptrdiff_t size);
}

/* As for a fault: a host that waits learns more from a board that greets it again. */
void abort(void) {
  mendlite_port_reset();
  for (;;) {
  }
}

/* libsupc++ has its own, and with it all that prints an exception. */
void __cxa_pure_virtual(void) { abort(); }

/* A virtual destructor wants these, though nothing was ever allocated. */
void operator delete(void *) noexcept {}
void operator delete(void *, size_t) noexcept {}

/* No heap. */
void *_sbrk(ptrdiff_t) { return reinterpret_cast<void *>(-1); }
