/* USART1 of an STM32F4, on PA9 (out) and PA10 (in). */
#include "../cortex_m/cortex_m.h"
#include "../port.h"

#define RCC_AHB1ENR MENDLITE_REG(0x40023830u)
#define RCC_APB2ENR MENDLITE_REG(0x40023844u)
#define GPIOA_MODER MENDLITE_REG(0x40020000u)
#define GPIOA_PUPDR MENDLITE_REG(0x4002000Cu)
#define GPIOA_AFRH MENDLITE_REG(0x40020024u)
#define USART_SR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x00u)
#define USART_DR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x04u)
#define USART_BRR MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x08u)
#define USART_CR1 MENDLITE_REG(MENDLITE_PORT_UART_BASE + 0x0Cu)

#define AHB1ENR_GPIOA (1u << 0)
#define APB2ENR_USART1 (1u << 4)
#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_RXNEIE (1u << 5)
#define CR1_UE (1u << 13)

#define BAUD 115200u

void mendlite_port_init(void) {
  mendlite_cortex_m_init();
  RCC_AHB1ENR |= AHB1ENR_GPIOA;
  RCC_APB2ENR |= APB2ENR_USART1;
  /* A clock gate opens two cycles late; reading it back takes as long. */
  (void)RCC_APB2ENR;
  GPIOA_AFRH = (GPIOA_AFRH & ~(0xFFu << 4)) | (0x77u << 4);
  GPIOA_PUPDR = (GPIOA_PUPDR & ~(0xFu << 18)) | (0x5u << 18);
  GPIOA_MODER = (GPIOA_MODER & ~(0xFu << 18)) | (0xAu << 18);
  USART_BRR = (MENDLITE_PORT_CLOCK_HZ + BAUD / 2u) / BAUD;
  USART_CR1 = CR1_UE | CR1_RE | CR1_TE | CR1_RXNEIE;
  mendlite_cortex_m_enable_irq(MENDLITE_PORT_UART_IRQ);
}

void mendlite_port_uart_isr(void) {
  /* Reading the data also clears an overrun, which raises this interrupt too. */
  while ((USART_SR & SR_RXNE) != 0u) {
    mendlite_ring_put(&mendlite_cortex_m_received, (uint8_t)USART_DR);
  }
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while ((USART_SR & SR_TXE) == 0u) {
    }
    USART_DR = data[i];
  }
}
