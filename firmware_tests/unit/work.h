/* How long a model would run, told from its tensors before it does. */
#ifndef MENDLITE_WORK_H
#define MENDLITE_WORK_H

#include <stdint.h>

#include "engine/engine.h"

/* Multiplications and copies of one inference, rounded up generously. */
uint64_t work_of(const struct mendlite_engine *engine);

/* More than any seed needs, and still milliseconds with sanitizers. */
enum { MOST_WORK = 1 << 22 };

#endif
