/* UART0 of an nRF52, without DMA (the nRF51's registers), on P0.06 (out) and P0.08 (in), which the
 * development kit connects to its debugger's USB port. */
#include "../cortex_m/cortex_m.h"
#include "../port.h"

#define CLOCK_START_HFCLK MENDLITE_REG(0x40000000u)
#define CLOCK_HFCLK_STARTED MENDLITE_REG(0x40000100u)
#define UART_START_RX MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x000u)
#define UART_START_TX MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x008u)
#define UART_RX_READY MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x108u)
#define UART_TX_READY MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x11Cu)
#define UART_INTENSET MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x304u)
#define UART_ENABLE MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x500u)
#define UART_PSEL_TXD MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x50Cu)
#define UART_PSEL_RXD MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x514u)
#define UART_RXD MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x518u)
#define UART_TXD MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x51Cu)
#define UART_BAUDRATE MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x524u)
#define P0_OUTSET MENDLITE_REG(0x50000508u)
#define P0_DIRSET MENDLITE_REG(0x50000518u)

#define PIN_TXD 6u
#define PIN_RXD 8u
#define ENABLE_UART 4u
#define BAUDRATE_115200 0x01D7E000u
#define INT_RX_READY (1u << 2)

void mendlite_port_init(void) {
  /* The crystal: the internal oscillator may be too far off for a UART. */
  CLOCK_HFCLK_STARTED = 0u;
  CLOCK_START_HFCLK = 1u;
  while (CLOCK_HFCLK_STARTED == 0u) {
  }
  mendlite_cortex_m_init();
  /* A pin that idles high before the UART has it sends no false start bit. */
  P0_OUTSET = 1u << PIN_TXD;
  P0_DIRSET = 1u << PIN_TXD;
  UART_PSEL_TXD = PIN_TXD;
  UART_PSEL_RXD = PIN_RXD;
  UART_BAUDRATE = BAUDRATE_115200;
  UART_ENABLE = ENABLE_UART;
  UART_RX_READY = 0u;
  UART_INTENSET = INT_RX_READY;
  UART_START_RX = 1u;
  UART_START_TX = 1u;
  mendlite_cortex_m_enable_irq(MENDLITE_PORT_UART_IRQ);
}

void mendlite_port_uart_isr(void) {
  /* Cleared before each byte is read: the next one, of the six that wait at most, sets it again. */
  while (UART_RX_READY != 0u) {
    UART_RX_READY = 0u;
    mendlite_ring_put(&mendlite_cortex_m_received, (uint8_t)UART_RXD);
  }
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    UART_TX_READY = 0u;
    UART_TXD = data[i];
    while (UART_TX_READY == 0u) {
    }
  }
}
