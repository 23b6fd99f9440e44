#include "fake_port.h"

#include <stdlib.h>
#include <string.h>

struct fake_port fake_port;

const char mendlite_port_board[] = "fake";

void fake_port_start(void) { memset(&fake_port, 0, sizeof fake_port); }

void mendlite_port_init(void) {}

size_t mendlite_port_read(uint8_t *data, size_t room) {
  (void)data;
  (void)room;
  return 0;
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  size_t left = sizeof fake_port.written - fake_port.used;
  size_t taken = size < left ? size : left;
  memcpy(fake_port.written + fake_port.used, data, taken);
  fake_port.used += taken;
  fake_port.dropped += size - taken;
}

void mendlite_port_wait(void) {}

uint32_t mendlite_port_micros(void) {
  fake_port.micros += fake_port.step;
  return fake_port.micros;
}

_Noreturn void mendlite_port_reset(void) {
  if (!fake_port.waits_for_reset) {
    abort();
  }
  fake_port.waits_for_reset = false;
  longjmp(fake_port.on_reset, 1);
}

struct mendlite_port_memory mendlite_port_memory(void) {
  return fake_port.memory;
}

struct mendlite_port_flash mendlite_port_flash(void) {
  return fake_port.flash;
}
