/* Vector table and reset. The linker script sections.ld gives the symbols. */
#include <stdint.h>
#include <string.h>

#include "../port.h"
#include "cortex_m.h"

extern uint8_t link_stack_top[];
extern uint8_t link_data_start[];
extern uint8_t link_data_end[];
extern const uint8_t link_data_load[];
extern uint8_t link_bss_start[];
extern uint8_t link_bss_end[];

int main(void);
void reset_handler(void);
void systick_isr(void);

#define CPACR 0xE000ED88u
#define CPACR_CP10_CP11_FULL (0xFu << 20)

/* A host that waits learns more from a board that greets it again than from a silent one. The stack
 * starts afresh, as what it overflowed into may not be memory. */
__attribute__((naked)) static void fault_handler(void) {
  __asm volatile("ldr r0, =link_stack_top\n\tmov sp, r0\n\tb port_reset");
}

union vector {
  void *stack;
  void (*handler)(void);
};

/* Only interrupts that a driver enables can come: the table ends with the UART's. */
#ifdef PORT_UART_IRQ
#define VECTORS (16 + PORT_UART_IRQ + 1)
#else
#define VECTORS 16
#endif

extern const union vector vectors[VECTORS];

__attribute__((section(".vectors"), used)) const union vector vectors[VECTORS] = {
    [0] = {.stack = link_stack_top},
    [1] = {.handler = reset_handler},
    [2] = {.handler = fault_handler}, /* NMI */
    [3] = {.handler = fault_handler}, /* HardFault: the other faults are not enabled */
    [15] = {.handler = systick_isr},
#ifdef PORT_UART_IRQ
    [16 + PORT_UART_IRQ] = {.handler = port_uart_isr},
#endif
};

/* Apart from reset_handler, lest the compiler use an FPU register before the FPU is on. */
__attribute__((noinline)) static void start(void) {
  memcpy(link_data_start, link_data_load, (size_t)(link_data_end - link_data_start));
  memset(link_bss_start, 0, (size_t)(link_bss_end - link_bss_start));
  main();
}

void reset_handler(void) {
#ifdef __ARM_FP
  REG(CPACR) |= CPACR_CP10_CP11_FULL;
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
  start();
  port_reset();
}
