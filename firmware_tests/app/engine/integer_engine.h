/* Our own engine's inside, for its own file and for tests. */
#ifndef MENDLITE_INTEGER_ENGINE_H
#define MENDLITE_INTEGER_ENGINE_H

#include "engine/engine.h"
#include "engine/model.h"
#include "engine/workspace.h"

struct mendlite_engine {
  struct mendlite_model model;
  enum mendlite_profile profile;
  struct mendlite_workspace workspace;
  /* Bytes of the caller's arena that are taken, from its start. */
  uint32_t used;
};

#endif
