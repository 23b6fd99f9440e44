/* Clock and reset of a Cortex-M board. */
#include "../port.h"
#include "cortex_m.h"

#define SYST_CSR 0xE000E010u
#define SYST_RVR 0xE000E014u
#define SYST_CVR 0xE000E018u
#define SYST_CSR_ENABLE (1u << 0)
#define SYST_CSR_TICKINT (1u << 1)
#define SYST_CSR_CPU_CLOCK (1u << 2)
#define NVIC_ISER 0xE000E100u
#define ICSR 0xE000ED04u
#define ICSR_PENDSTSET (1u << 26)
#define AIRCR 0xE000ED0Cu
#define AIRCR_KEY (0x05FAu << 16)
#define AIRCR_SYSRESETREQ (1u << 2)

#define TICK_MICROS 10000u
#define TICK_CLOCKS (MENDLITE_PORT_CLOCK_HZ / 100u)

_Static_assert(MENDLITE_PORT_CLOCK_HZ % 100000u == 0u,
               "mendlite_port_micros counts in tenths of a microsecond");
_Static_assert(TICK_CLOCKS <= 1u << 24, "SysTick has 24 bits");

static volatile uint32_t ticks;

void mendlite_cortex_m_systick_isr(void) { ticks = ticks + 1u; }

void mendlite_cortex_m_init(void) {
  MENDLITE_REG(SYST_RVR) = TICK_CLOCKS - 1u;
  MENDLITE_REG(SYST_CVR) = 0u;
  MENDLITE_REG(SYST_CSR) = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CPU_CLOCK;
}

void mendlite_cortex_m_enable_irq(uint32_t irq) {
  MENDLITE_REG(NVIC_ISER + 4u * (irq / 32u)) = 1u << (irq % 32u);
}

uint32_t mendlite_port_micros(void) {
  /* Read again where a tick came meanwhile, has come but was not yet counted, or comes now: at 0
   * the counter may stand before or after its interrupt. Interrupts must be on. */
  uint32_t before;
  uint32_t left;
  uint32_t pending;
  do {
    before = ticks;
    left = MENDLITE_REG(SYST_CVR);
    pending = MENDLITE_REG(ICSR) & ICSR_PENDSTSET;
  } while (left == 0u || pending != 0u || before != ticks);
  return before * TICK_MICROS + (TICK_CLOCKS - left) * 10u / (MENDLITE_PORT_CLOCK_HZ / 100000u);
}

_Noreturn void mendlite_port_reset(void) {
  __asm volatile("dsb" ::: "memory");
  MENDLITE_REG(AIRCR) = AIRCR_KEY | AIRCR_SYSRESETREQ;
  __asm volatile("dsb" ::: "memory");
  for (;;) {
  }
}
