/* What the Cortex-M families share. A family adds the driver of its link:
 *   with a UART: port_init, port_write and port_uart_isr, and receive.c gives the rest;
 *   without one: port_init, port_write, port_read and port_wait. */
#ifndef MENDLITE_CORTEX_M_H
#define MENDLITE_CORTEX_M_H

#include <stdint.h>

#include "../ring.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Starts the clock that port_micros reads. */
void cortex_m_init(void);

void cortex_m_enable_irq(uint32_t irq);

#ifdef PORT_UART_IRQ
/* Where port_uart_isr puts what it receives. */
extern struct ring cortex_m_received;

void port_uart_isr(void);
#endif

#endif
