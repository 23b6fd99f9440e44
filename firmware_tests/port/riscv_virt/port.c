/* QEMU's RISC-V virt board, one hart in machine mode: a 16550 UART behind the PLIC. */
#include "../port.h"

#include <string.h>

#include "../ring.h"

#define REG8(address) (*(volatile uint8_t *)(uintptr_t)(address))
#define REG32(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define UART_BASE 0x10000000u
#define UART_IRQ 10u
#define UART_RBR REG8(UART_BASE + 0u)
#define UART_THR REG8(UART_BASE + 0u)
#define UART_DLL REG8(UART_BASE + 0u)
#define UART_DLM REG8(UART_BASE + 1u)
#define UART_IER REG8(UART_BASE + 1u)
#define UART_FCR REG8(UART_BASE + 2u)
#define UART_LCR REG8(UART_BASE + 3u)
#define UART_MCR REG8(UART_BASE + 4u)
#define UART_LSR REG8(UART_BASE + 5u)
#define IER_RECEIVED (1u << 0)
#define FCR_ENABLE (1u << 0)
#define FCR_CLEAR (3u << 1)
#define FCR_TRIGGER_8 (2u << 6)
#define LCR_8_BITS 3u
#define LCR_DIVISOR (1u << 7)
#define MCR_DTR_RTS 3u
#define LSR_DATA_READY (1u << 0)
#define LSR_THR_EMPTY (1u << 5)

#define PLIC_BASE 0x0C000000u
#define PLIC_PRIORITY(irq) REG32(PLIC_BASE + 4u * (irq))
#define PLIC_ENABLE REG32(PLIC_BASE + 0x2000u)
#define PLIC_THRESHOLD REG32(PLIC_BASE + 0x200000u)
#define PLIC_CLAIM REG32(PLIC_BASE + 0x200004u)

#define MTIME_LOW REG32(0x0200BFF8u)
#define MTIME_HIGH REG32(0x0200BFFCu)
#define MTIME_PER_MICRO 10u

#define TEST_FINISHER REG32(0x00100000u)
#define TEST_RESET 0x7777u

#define MSTATUS_MIE "8"
#define MIE_MEIE (1u << 11)

/* Locked, or machine mode would not heed it; without rights to read, write and execute. */
#define PMPCFG_LOCKED_NAPOT 0x98u
#define PMPADDR_64K ((0x10000u >> 3) - 1u)

extern uint8_t mendlite_link_guard_start[];
extern uint8_t mendlite_link_data_start[];
extern uint8_t mendlite_link_data_end[];
extern const uint8_t mendlite_link_data_load[];
extern uint8_t mendlite_link_bss_start[];
extern uint8_t mendlite_link_bss_end[];

int main(void);
void mendlite_reset_handler(void);

static struct mendlite_ring received;
static uint64_t start_time;

__attribute__((interrupt("machine"), used)) static void interrupt_handler(void) {
  uint32_t irq = PLIC_CLAIM;
  while ((UART_LSR & LSR_DATA_READY) != 0u) {
    mendlite_ring_put(&received, UART_RBR);
  }
  PLIC_CLAIM = irq;
}

/* The UART's is the only interrupt that is on; all else is a fault. A host that waits learns more
 * from a board that greets it again than from a silent one. The stack starts afresh, as it may be
 * what overflowed. */
__attribute__((naked, aligned(4))) static void trap_handler(void) {
  __asm volatile(
      "csrw mscratch, t0\n\t"
      "csrr t0, mcause\n\t"
      "bltz t0, 1f\n\t"
      "la sp, mendlite_link_stack_top\n\t"
      "j mendlite_port_reset\n"
      "1:\n\t"
      "csrr t0, mscratch\n\t"
      "j interrupt_handler");
}

__attribute__((used)) static void start(void) {
  __asm volatile("csrw mtvec, %0" ::"r"(trap_handler));
  uint32_t guard = (uint32_t)(uintptr_t)mendlite_link_guard_start;
  __asm volatile("csrw pmpaddr0, %0" ::"r"((guard >> 2) | PMPADDR_64K));
  __asm volatile("csrw pmpcfg0, %0" ::"r"(PMPCFG_LOCKED_NAPOT));
  memcpy(mendlite_link_data_start, mendlite_link_data_load,
         (size_t)(mendlite_link_data_end - mendlite_link_data_start));
  memset(mendlite_link_bss_start, 0, (size_t)(mendlite_link_bss_end - mendlite_link_bss_start));
  main();
  mendlite_port_reset();
}

__attribute__((naked, section(".vectors"))) void mendlite_reset_handler(void) {
  __asm volatile("la sp, mendlite_link_stack_top\n\tj start");
}

static uint64_t mtime(void) {
  uint32_t high;
  uint32_t low;
  do {
    high = MTIME_HIGH;
    low = MTIME_LOW;
  } while (high != MTIME_HIGH);
  return ((uint64_t)high << 32) | low;
}

void mendlite_port_init(void) {
  start_time = mtime();
  /* The fastest rate: the last bytes below the trigger wait for a timeout of four bytes' time. */
  UART_LCR = LCR_DIVISOR;
  UART_DLL = 1u;
  UART_DLM = 0u;
  UART_LCR = LCR_8_BITS;
  UART_MCR = MCR_DTR_RTS;
  UART_FCR = FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_8;
  UART_IER = IER_RECEIVED;
  PLIC_PRIORITY(UART_IRQ) = 1u;
  PLIC_ENABLE = 1u << UART_IRQ;
  PLIC_THRESHOLD = 0u;
  __asm volatile("csrs mie, %0" ::"r"(MIE_MEIE));
  __asm volatile("csrsi mstatus, " MSTATUS_MIE ::: "memory");
}

size_t mendlite_port_read(uint8_t *data, size_t room) {
  return mendlite_ring_take(&received, data, room);
}

void mendlite_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while ((UART_LSR & LSR_THR_EMPTY) == 0u) {
    }
    UART_THR = data[i];
  }
}

void mendlite_port_wait(void) {
  /* With interrupts masked, a byte that comes after the check still wakes wfi: none is slept
   * through. */
  __asm volatile("csrci mstatus, " MSTATUS_MIE ::: "memory");
  if (mendlite_ring_empty(&received)) {
    __asm volatile("wfi" ::: "memory");
  }
  __asm volatile("csrsi mstatus, " MSTATUS_MIE ::: "memory");
}

uint32_t mendlite_port_micros(void) { return (uint32_t)((mtime() - start_time) / MTIME_PER_MICRO); }

_Noreturn void mendlite_port_reset(void) {
  TEST_FINISHER = TEST_RESET;
  for (;;) {
  }
}
