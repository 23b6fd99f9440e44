/* The CMSDK APB UART of Arm's MPS2 and MPS3 boards. */
#include "../cortex_m/cortex_m.h"
#include "../port.h"

#define UART_DATA MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x00u)
#define UART_STATE MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x04u)
#define UART_CTRL MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x08u)
#define UART_INTCLEAR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x0Cu)
#define UART_BAUDDIV MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x10u)

#define STATE_TX_FULL (1u << 0)
#define STATE_RX_FULL (1u << 1)
#define CTRL_TX_ENABLE (1u << 0)
#define CTRL_RX_ENABLE (1u << 1)
#define CTRL_RX_INTERRUPT (1u << 3)
#define INT_RX (1u << 1)

#define BAUD 115200u

void mendlite_port_init(void) {
  mendlite_cortex_m_init();
  UART_BAUDDIV = MENDLITE_PORT_CLOCK_HZ / BAUD;
  UART_CTRL = CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
  /* A byte from before is for nobody, and reading it makes QEMU look for the next one at once. */
  (void)UART_DATA;
  mendlite_cortex_m_enable_irq(MENDLITE_PORT_UART_IRQ);
}

void mendlite_port_uart_isr(void) {
  /* Cleared first: a byte that comes while these are read raises it again. */
  UART_INTCLEAR = INT_RX;
  while ((UART_STATE & STATE_RX_FULL) != 0u) {
    mendlite_ring_put(&mendlite_cortex_m_received, (uint8_t)UART_DATA);
  }
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while ((UART_STATE & STATE_TX_FULL) != 0u) {
    }
    UART_DATA = data[i];
  }
}
