/* What a chip adds to the PL011's driver. */
#ifndef MENDLITE_PL011_H
#define MENDLITE_PL011_H

/* Starts the clocks of core and UART at MENDLITE_PORT_CLOCK_HZ and leads the UART to its pins. */
void mendlite_pl011_route(void);

#endif
