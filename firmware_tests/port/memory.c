/* The board's name and what its linker script gives. */
#include "port.h"

extern uint8_t link_memory_start[];
extern uint8_t link_memory_end[];
extern const uint8_t link_flash_start[];
extern const uint8_t link_flash_end[];

const char port_board[] = PORT_BOARD;

struct port_memory port_memory(void) {
  return (struct port_memory){link_memory_start, (size_t)(link_memory_end - link_memory_start)};
}

struct port_flash port_flash(void) {
  return (struct port_flash){link_flash_start, (size_t)(link_flash_end - link_flash_start)};
}
