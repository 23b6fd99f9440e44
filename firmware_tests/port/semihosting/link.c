/* The link over semihosting, for a Cortex-M under QEMU: QEMU's own standard input and output. A
 * call carries many bytes, where an emulated UART carries one.
 *
 * Semihosting can read only by blocking, and all of QEMU stands meanwhile, its clocks too. So
 * mendlite_port_wait alone reads, and mendlite_port_read hands out what mendlite_port_wait has
 * read: it never blocks, but finds nothing new before the next mendlite_port_wait. Where the input
 * ends, QEMU ends. */
#include <string.h>

#include "../cortex_m/cortex_m.h"
#include "../port.h"

#define SYS_OPEN 0x01u
#define SYS_WRITE 0x05u
#define SYS_READ 0x06u
#define SYS_EXIT 0x18u

#define EXIT_SUCCESS 0x20026u

#define MODE_READ_BINARY 1u
#define MODE_WRITE_BINARY 5u

static uint8_t received[MENDLITE_RING_SIZE];
static size_t received_size;
static size_t received_taken;
static uint32_t input;
static uint32_t output;

static uint32_t call(uint32_t operation, uint32_t argument) {
  register uint32_t r0 __asm("r0") = operation;
  register uint32_t r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static uint32_t address(const void *data) { return (uint32_t)(uintptr_t)data; }

/* The console's two ends have one name; the mode tells them apart. */
static uint32_t open_console(uint32_t mode) {
  static const char name[] = ":tt";
  const uint32_t arguments[] = {address(name), mode, sizeof name - 1u};
  return call(SYS_OPEN, address(arguments));
}

void mendlite_port_init(void) {
  mendlite_cortex_m_init();
  input = open_console(MODE_READ_BINARY);
  output = open_console(MODE_WRITE_BINARY);
}

size_t mendlite_port_read(uint8_t *data, size_t room) {
  size_t count = received_size - received_taken;
  if (count > room) {
    count = room;
  }
  memcpy(data, received + received_taken, count);
  received_taken += count;
  return count;
}

void mendlite_port_wait(void) {
  if (received_taken < received_size) {
    return;
  }
  const uint32_t arguments[] = {input, address(received), sizeof received};
  /* The answer counts the bytes that were not read. */
  uint32_t missing = call(SYS_READ, address(arguments));
  if (missing >= sizeof received) {
    (void)call(SYS_EXIT, EXIT_SUCCESS);
    return;
  }
  received_taken = 0;
  received_size = sizeof received - missing;
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  while (size > 0) {
    const uint32_t arguments[] = {output, address(data), (uint32_t)size};
    uint32_t missing = call(SYS_WRITE, address(arguments));
    if (missing >= size) {
      /* Nobody takes it: as with a UART whose wire is cut, it is lost. */
      return;
    }
    data += size - missing;
    size = missing;
  }
}
