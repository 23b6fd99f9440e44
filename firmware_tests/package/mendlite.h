/* mendlite in a program of yours: the harness, what it needs of the board, and the engine. */
#ifndef MENDLITE_H
#define MENDLITE_H

#include "engine/engine.h"
#include "harness.h"
#include "interpreter/interpreter.h"
#include "port.h"

#endif
