/* UART0 of a Stellaris LM3S, on PA0 (in) and PA1 (out). */
#include "../cortex_m/cortex_m.h"
#include "pl011.h"

#define SYSCTL_RCGC1 MENDLITE_REG(0x400FE104u)
#define SYSCTL_RCGC2 MENDLITE_REG(0x400FE108u)
#define GPIOA_AFSEL MENDLITE_REG(0x40004420u)
#define GPIOA_DEN MENDLITE_REG(0x4000451Cu)

#define RCGC1_UART0 (1u << 0)
#define RCGC2_GPIOA (1u << 0)
#define PA0_PA1 0x3u

void mendlite_pl011_route(void) {
  SYSCTL_RCGC1 |= RCGC1_UART0;
  SYSCTL_RCGC2 |= RCGC2_GPIOA;
  /* The gates open three cycles late; reading one back takes as long. */
  (void)SYSCTL_RCGC2;
  GPIOA_AFSEL |= PA0_PA1;
  GPIOA_DEN |= PA0_PA1;
}
