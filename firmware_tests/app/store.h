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
enum area { AREA_MODEL = 0, AREA_SAMPLES = 1, AREA_RESULTS = 2 };

struct part {
  uint8_t *data;
  uint32_t size;
};

/* Bytes that come in chunks, in order: those before frontier are here. */
struct transfer {
  struct part part;
  uint8_t area;
  uint32_t frontier;
  uint32_t crc;
  bool open;
};

struct store {
  uint8_t *memory;
  uint32_t size;
  /* An uploaded model; size 0 where none is complete. */
  struct part model;
  /* The model that the engine runs, wherever it lies; NULL where none is loaded. */
  const uint8_t *loaded;
  uint32_t loaded_size;
  struct engine *engine;
  /* Where the arena ends and samples may begin. */
  uint32_t arena_end;
  /* Samples that arrived whole. */
  struct part samples;
  uint32_t samples_crc;
  struct part results;
  struct transfer transfer;
};

void store_reset(struct store *store, uint8_t *memory, uint32_t size);

/* Announces size bytes for an area. The same announcement again goes on where the transfer stood.
 * Returns 0, STATUS_NO_ROOM, or STATUS_WRONG_STATE for samples before a model is loaded. */
int store_begin(struct store *store, uint8_t area, uint32_t size, uint32_t crc);

/* Takes bytes that follow the frontier; others change nothing. At the end the CRC decides: where
 * it is wrong the transfer starts over, with STATUS_BAD_CHECKSUM. */
int store_data(struct store *store, uint32_t offset, const uint8_t *data, uint32_t size);

/* Opens a model: the uploaded one, or one that lies elsewhere. Samples and results are gone. */
int store_load(struct store *store, const uint8_t *model, uint32_t size, enum profile profile,
               int32_t *failed_operator);

/* Writes size bytes at an offset of the uploaded model, which holds those before. The engine is
 * gone then, and so are samples and results, and *changed is true; where the model holds those
 * after already, all stays as it is. Returns 0, STATUS_WRONG_STATE where no model was uploaded,
 * STATUS_BAD_REQUEST beyond its end, or STATUS_CONFLICT where it holds neither. */
int store_patch(struct store *store, uint32_t offset, const uint8_t *before, const uint8_t *after,
                uint8_t size, bool *changed);

/* Gives the samples' place to the text protocol: samples and results are gone. Returns 0,
 * STATUS_WRONG_STATE before a model is loaded, or STATUS_NO_ROOM. */
int store_lend(struct store *store, uint32_t size, struct part *part);

/* Makes room for results behind the samples. */
int store_results(struct store *store, uint32_t size);

/* Bytes for samples and results together. */
uint32_t store_free(const struct store *store);

#endif
