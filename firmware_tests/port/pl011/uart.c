/* Arm's UART PL011, in any chip. */
#include "../cortex_m/cortex_m.h"
#include "../port.h"
#include "pl011.h"

#define UART_DR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x00u)
#define UART_FR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x18u)
#define UART_IBRD MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x24u)
#define UART_FBRD MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x28u)
#define UART_LCRH MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x2Cu)
#define UART_CR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x30u)
#define UART_IFLS MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x34u)
#define UART_IMSC MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x38u)
#define UART_ICR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x44u)

#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define LCRH_FIFO (1u << 4)
#define LCRH_8_BITS (3u << 5)
#define IFLS_RX_HALF (2u << 3)
#define INT_RX (1u << 4)
#define INT_RX_TIMEOUT (1u << 6)
#define CR_UART (1u << 0)
#define CR_TX (1u << 8)
#define CR_RX (1u << 9)

/* The divisor in 64ths, as IBRD and FBRD take it. */
#define BAUD 115200u
#define DIVISOR ((MENDLITE_PORT_CLOCK_HZ * 4u + BAUD / 2u) / BAUD)

void mendlite_port_init(void) {
  mendlite_pl011_route();
  mendlite_cortex_m_init();
  UART_IBRD = DIVISOR / 64u;
  UART_FBRD = DIVISOR % 64u;
  UART_LCRH = LCRH_8_BITS | LCRH_FIFO;
  UART_IFLS = IFLS_RX_HALF;
  UART_IMSC = INT_RX | INT_RX_TIMEOUT;
  UART_CR = CR_UART | CR_TX | CR_RX;
  mendlite_cortex_m_enable_irq(MENDLITE_PORT_UART_IRQ);
}

void mendlite_port_uart_isr(void) {
  UART_ICR = INT_RX | INT_RX_TIMEOUT;
  /* Until the FIFO is empty, or the next byte might not raise an interrupt. */
  while ((UART_FR & FR_RXFE) == 0u) {
    mendlite_ring_put(&mendlite_cortex_m_received, (uint8_t)UART_DR);
  }
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while ((UART_FR & FR_TXFF) != 0u) {
    }
    UART_DR = data[i];
  }
}
