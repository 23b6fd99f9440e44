/* The board's name and what its linker script gives. */
#include "port.h"

extern uint8_t mendlite_link_memory_start[];
extern uint8_t mendlite_link_memory_end[];
extern const uint8_t mendlite_link_flash_start[];
extern const uint8_t mendlite_link_flash_end[];

const char mendlite_port_board[] = MENDLITE_PORT_BOARD;

struct mendlite_port_memory mendlite_port_memory(void) {
  return (struct mendlite_port_memory){
      mendlite_link_memory_start, (size_t)(mendlite_link_memory_end - mendlite_link_memory_start)};
}

struct mendlite_port_flash mendlite_port_flash(void) {
  return (struct mendlite_port_flash){
      mendlite_link_flash_start, (size_t)(mendlite_link_flash_end - mendlite_link_flash_start)};
}
