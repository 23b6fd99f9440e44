/* What the Cortex-M families share. A family adds the driver of its link:
 * - with a UART: mendlite_port_init, mendlite_port_write and mendlite_port_uart_isr, and receive.c
 *   gives the rest;
 * - without one: mendlite_port_init, mendlite_port_write, mendlite_port_read, mendlite_port_wait.
 */
#ifndef MENDLITE_CORTEX_M_H
#define MENDLITE_CORTEX_M_H

#include <stdint.h>

#include "../ring.h"

#define MENDLITE_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Starts the clock that mendlite_port_micros reads. */
void mendlite_cortex_m_init(void);

/* SysTick's handler, of which that clock is made: startup.c puts it into the vector table. */
void mendlite_cortex_m_systick_isr(void);

/* Lets an external interrupt come: 0 ... 239, as the chip's manual numbers them. */
void mendlite_cortex_m_enable_irq(uint32_t irq);

#ifdef MENDLITE_PORT_UART_IRQ
/* Where mendlite_port_uart_isr puts what it receives. */
extern struct mendlite_ring mendlite_cortex_m_received;

void mendlite_port_uart_isr(void);
#endif

#endif
