/* A program for test_update_on_boards.py: a flash in RAM whose power fails, and updates of it.
 *
 * Each turn it reads numbers u32 - bytes of the model (0: the flash stays as it is), bytes of the
 * update, bytes that may be changed - then the model and the update. It applies the update, and
 * writes the status i32, the bytes that were changed u32, and the flash. */
#include <string.h>

#include "bytes.h"
#include "port.h"
#include "receive.h"
#include "update.h"

enum { PAGE = 1024, ROOM = 16 * PAGE, SCRATCH = ROOM, WHOLE = ROOM + PAGE, POWER_LOST = -100 };

static uint8_t flash_memory[WHOLE];
static uint8_t update[8192];
static uint8_t page[PAGE];
static uint32_t left;
static uint32_t changed;

static int change(uint32_t offset, const uint8_t *data) {
  uint32_t count = left < PAGE ? left : PAGE;
  if (data == NULL) {
    memset(flash_memory + offset, 0xff, count);
  } else {
    memcpy(flash_memory + offset, data, count);
  }
  left -= count;
  changed += count;
  return count == PAGE ? 0 : POWER_LOST;
}

static int read_flash(void *context, uint32_t offset, uint8_t *data, uint32_t size) {
  (void)context;
  memcpy(data, flash_memory + offset, size);
  return 0;
}

static int erase_page(void *context, uint32_t offset) {
  (void)context;
  return change(offset, NULL);
}

static int write_page(void *context, uint32_t offset, const uint8_t *data, uint32_t size) {
  (void)context;
  return size == PAGE ? change(offset, data) : POWER_LOST;
}

static void serve(void) {
  static const struct mendlite_update_flash flash = {.read = read_flash,
                                                     .erase = erase_page,
                                                     .write = write_page,
                                                     .page_size = PAGE,
                                                     .room = ROOM,
                                                     .scratch = SCRATCH};
  uint8_t numbers[12];
  receive(numbers, sizeof numbers);
  struct mendlite_reader reader = {.data = numbers, .size = sizeof numbers};
  uint32_t model_size = mendlite_read_u32(&reader);
  uint32_t update_size = mendlite_read_u32(&reader);
  left = mendlite_read_u32(&reader);
  if (model_size > ROOM || update_size > sizeof update) {
    return;
  }
  if (model_size > 0) {
    memset(flash_memory, 0xff, sizeof flash_memory);
    receive(flash_memory, model_size);
  }
  receive(update, update_size);
  changed = 0;
  int status = mendlite_update_apply(&flash, update, update_size, page);
  struct mendlite_writer writer = {.data = numbers, .room = sizeof numbers};
  mendlite_write_u32(&writer, (uint32_t)status);
  mendlite_write_u32(&writer, changed);
  mendlite_port_write(numbers, writer.used);
  mendlite_port_write(flash_memory, sizeof flash_memory);
}

int main(void) {
  static const uint8_t ready = 1;
  mendlite_port_init();
  /* What is sent to a port before it is open is lost. */
  mendlite_port_write(&ready, sizeof ready);
  for (;;) {
    serve();
  }
}
