/* Whether the kernels on vectors of 16 bytes are built: MENDLITE_HAS_MVE is 1 for cores with Arm's
 * vector extension (MVE, "Helium": Cortex-M55, M85), unless MENDLITE_PORTABLE or MENDLITE_NO_MVE is
 * defined. With MENDLITE_NO_MVE those cores run the kernels of dsp.h, for a system that does not
 * save vector registers.
 */
#ifndef MENDLITE_MVE_H
#define MENDLITE_MVE_H

#if defined(__ARM_FEATURE_MVE) && !defined(MENDLITE_PORTABLE) && !defined(MENDLITE_NO_MVE)
#define MENDLITE_HAS_MVE 1
#else
#define MENDLITE_HAS_MVE 0
#endif

#endif
