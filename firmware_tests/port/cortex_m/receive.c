/* The receiving half of a link whose interrupt handler fills a ring. */
#include "../port.h"
#include "cortex_m.h"

struct mendlite_ring mendlite_cortex_m_received;

size_t mendlite_port_read(uint8_t *data, size_t room) {
  return mendlite_ring_take(&mendlite_cortex_m_received, data, room);
}

void mendlite_port_wait(void) {
  /* With interrupts masked, a byte that comes after the check still wakes wfi: none is slept
   * through. The clock's tick wakes it as well. */
  __asm volatile("cpsid i" ::: "memory");
  if (mendlite_ring_empty(&mendlite_cortex_m_received)) {
    __asm volatile("dsb\n\twfi" ::: "memory");
  }
  __asm volatile("cpsie i\n\tisb" ::: "memory");
}
