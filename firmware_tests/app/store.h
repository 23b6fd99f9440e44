/* One stretch of RAM and what lies in it: model, arena, samples and results, in this order.
 *
 * Each part begins where the one before it ends, aligned to 16; a new model takes everything
 * behind it away.
 */
#ifndef MENDLITE_STORE_H
#define MENDLITE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"

/* Parts that the host names by number. */
enum mendlite_area {
  MENDLITE_AREA_MODEL = 0,
  MENDLITE_AREA_SAMPLES = 1,
  MENDLITE_AREA_RESULTS = 2
};

struct mendlite_part {
  uint8_t *data;
  uint32_t size;
};

/* Bytes that come in chunks, in order: those before frontier are here. */
struct mendlite_transfer {
  struct mendlite_part part;
  uint8_t area;
  uint32_t frontier;
  uint32_t crc;
  bool open;
};

struct mendlite_store {
  uint8_t *memory;
  uint32_t size;
  /* An uploaded model; size 0 where none is complete. */
  struct mendlite_part model;
  /* The model that the engine runs, wherever it lies; NULL where none is loaded. */
  const uint8_t *loaded;
  uint32_t loaded_size;
  struct mendlite_engine *engine;
  /* Where the arena ends and samples may begin. */
  uint32_t arena_end;
  /* Samples that arrived whole. */
  struct mendlite_part samples;
  uint32_t samples_crc;
  struct mendlite_part results;
  struct mendlite_transfer transfer;
};

void mendlite_store_reset(struct mendlite_store *store, uint8_t *memory, uint32_t size);

/* Announces size bytes for an area. The same announcement again goes on where the transfer stood.
 * Returns 0, MENDLITE_STATUS_NO_ROOM, or MENDLITE_STATUS_WRONG_STATE for samples before a model is
 * loaded. */
int mendlite_store_begin(struct mendlite_store *store, uint8_t area, uint32_t size, uint32_t crc);

/* Takes bytes that follow the frontier; others change nothing. At the end the CRC decides: where
 * it is wrong the transfer starts over, with MENDLITE_STATUS_BAD_CHECKSUM. */
int mendlite_store_data(struct mendlite_store *store, uint32_t offset, const uint8_t *data,
                        uint32_t size);

/* Opens a model: the uploaded one, or one that lies elsewhere. Samples and results are gone. */
int mendlite_store_load(struct mendlite_store *store, const uint8_t *model, uint32_t size,
                        enum mendlite_profile profile, int32_t *failed_operator);

/* Writes size bytes at an offset of the uploaded model, which holds those before. The engine is
 * gone then, and so are samples and results, and *changed is true; where the model holds those
 * after already, all stays as it is. Returns 0, MENDLITE_STATUS_WRONG_STATE where no model was
 * uploaded, MENDLITE_STATUS_BAD_REQUEST beyond its end, or MENDLITE_STATUS_CONFLICT where it holds
 * neither. */
int mendlite_store_patch(struct mendlite_store *store, uint32_t offset, const uint8_t *before,
                         const uint8_t *after, uint8_t size, bool *changed);

/* Gives the samples' place to the text protocol: samples and results are gone. Returns 0,
 * MENDLITE_STATUS_WRONG_STATE before a model is loaded, or MENDLITE_STATUS_NO_ROOM. */
int mendlite_store_lend(struct mendlite_store *store, uint32_t size, struct mendlite_part *part);

/* Makes room for results behind the samples. */
int mendlite_store_results(struct mendlite_store *store, uint32_t size);

/* Bytes for samples and results together. */
uint32_t mendlite_store_free(const struct mendlite_store *store);

#endif
