/* Which vectors the processor has, and the channels that a panel of a layer's weights holds. */
#ifndef MENDLITE_VECTORS_H
#define MENDLITE_VECTORS_H

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define HAVE_AVX2 1
#else
#define HAVE_AVX2 0
#endif

#if HAVE_AVX2 && defined(__AVX512F__) && defined(__AVX512BW__)
#define HAVE_AVX512 1
#else
#define HAVE_AVX512 0
#endif

enum { LANES = 16, REAL_LANES = 8 };

#endif
