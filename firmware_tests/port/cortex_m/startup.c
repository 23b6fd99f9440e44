/* Vector table and reset. The linker script sections.ld gives the symbols. */
#include <stdint.h>
#include <string.h>

#include "../port.h"
#include "cortex_m.h"

extern uint8_t mendlite_link_stack_top[];
extern uint8_t mendlite_link_data_start[];
extern uint8_t mendlite_link_data_end[];
extern const uint8_t mendlite_link_data_load[];
extern uint8_t mendlite_link_bss_start[];
extern uint8_t mendlite_link_bss_end[];

int main(void);
void mendlite_reset_handler(void);

#define CPACR 0xE000ED88u
#define CPACR_CP10_CP11_FULL (0xFu << 20)

/* A host that waits learns more from a board that greets it again than from a silent one. The stack
 * starts afresh, as what it overflowed into may not be memory. */
__attribute__((naked)) static void fault_handler(void) {
  /* By bx: a branch of a Cortex-M0 reaches 2 KB only. */
  __asm volatile(
      "ldr r0, =mendlite_link_stack_top\n\tmov sp, r0\n\tldr r0, =mendlite_port_reset\n\tbx r0");
}

union vector {
  void *stack;
  void (*handler)(void);
};

/* Only interrupts that a driver enables can come: the table ends with the UART's. */
#ifdef MENDLITE_PORT_UART_IRQ
#define VECTORS (16 + MENDLITE_PORT_UART_IRQ + 1)
#else
#define VECTORS 16
#endif

__attribute__((section(".vectors"), used)) static const union vector vectors[VECTORS] = {
    [0] = {.stack = mendlite_link_stack_top},
    [1] = {.handler = mendlite_reset_handler},
    [2] = {.handler = fault_handler}, /* NMI */
    [3] = {.handler = fault_handler}, /* HardFault: the other faults are not enabled */
    [15] = {.handler = mendlite_cortex_m_systick_isr},
#ifdef MENDLITE_PORT_UART_IRQ
    [16 + MENDLITE_PORT_UART_IRQ] = {.handler = mendlite_port_uart_isr},
#endif
};

/* Apart from mendlite_reset_handler, lest the compiler use an FPU register before the FPU is on. */
__attribute__((noinline)) static void start(void) {
  memcpy(mendlite_link_data_start, mendlite_link_data_load,
         (size_t)(mendlite_link_data_end - mendlite_link_data_start));
  memset(mendlite_link_bss_start, 0, (size_t)(mendlite_link_bss_end - mendlite_link_bss_start));
  main();
}

void mendlite_reset_handler(void) {
#ifdef __ARM_FP
  MENDLITE_REG(CPACR) |= CPACR_CP10_CP11_FULL;
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
  start();
  mendlite_port_reset();
}
