/* Rounding profiles: how a set of kernels requantizes. A fact of the board it stands for. */
#ifndef MENDLITE_PROFILE_H
#define MENDLITE_PROFILE_H

enum mendlite_profile {
  /* FULLY_CONNECTED rounds once, everything else twice: the desktop's BUILTIN_REF (TF 2.21). */
  MENDLITE_PROFILE_TFLITE_REF = 0,
  /* Everything rounds twice: TFLite Micro, until October 2026. */
  MENDLITE_PROFILE_TFLM = 1,
  /* Everything rounds once: TFLITE_SINGLE_ROUNDING, CMSIS-NN's switch. */
  MENDLITE_PROFILE_SINGLE = 2,
  /* TFLite Micro since October 2026: products of two scales are double. */
  MENDLITE_PROFILE_TFLM_2026_10 = 3
};

#endif
