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

#ifdef __cplusplus
extern "C" {
#endif

/* Parts that the host names by number. */
enum mendlite_area {
  MENDLITE_AREA_MODEL = 0,
  MENDLITE_AREA_SAMPLES = 1,
  MENDLITE_AREA_RESULTS = 2
};

/* Size bytes of the store's memory; size 0: none. */
struct mendlite_part {
  uint8_t *data;
  uint32_t size;
};

/* Bytes of the host on their way into a part. */
struct mendlite_transfer {
  /* Where they come to lie. */
  struct mendlite_part part;
  /* MENDLITE_AREA_MODEL or MENDLITE_AREA_SAMPLES. */
  uint8_t area;
  /* Bytes that are here, from the start without a gap: 0 ... part.size. */
  uint32_t frontier;
  /* CRC-32 of all of them, as the host announced it. */
  uint32_t crc;
  /* One was announced, and its part is still free for it. */
  bool open;
};

/* Others read it; what is in it only the functions below change. */
struct mendlite_store {
  /* The caller's, from an address that is a multiple of 16, and how many bytes it has. */
  uint8_t *memory;
  uint32_t size;
  /* An uploaded model; size 0 where none is complete. */
  struct mendlite_part model;
  /* The model that the engine runs, wherever it lies, and its bytes; NULL where none is loaded. */
  const uint8_t *loaded;
  uint32_t loaded_size;
  /* In the arena; NULL where no model is loaded. */
  struct mendlite_engine *engine;
  /* Offset in memory, a multiple of 16, where the arena ends and samples may begin. */
  uint32_t arena_end;
  /* Samples that arrived whole, and their CRC-32. */
  struct mendlite_part samples;
  uint32_t samples_crc;
  /* Behind the samples, once there was room made for them. */
  struct mendlite_part results;
  struct mendlite_transfer transfer;
};

/* Empties the store, which uses size bytes of memory from now on. */
void mendlite_store_reset(struct mendlite_store *store, uint8_t *memory, uint32_t size);

/* Announces size bytes with a CRC-32 for an area. What lay there and behind it is gone, unless it
 * is that very model; the same announcement again goes on where the transfer stood. Returns 0,
 * MENDLITE_STATUS_NO_ROOM, MENDLITE_STATUS_WRONG_STATE for samples before a model is loaded, or
 * MENDLITE_STATUS_BAD_REQUEST for no bytes or another area. On an error nothing changes. */
int mendlite_store_begin(struct mendlite_store *store, uint8_t area, uint32_t size, uint32_t crc);

/* Adds size bytes at an offset of what was announced, where they reach beyond the frontier without
 * a gap; others change nothing. The last of them decide: where the CRC is wrong the transfer starts
 * over, with MENDLITE_STATUS_BAD_CHECKSUM. Returns 0, MENDLITE_STATUS_WRONG_STATE where nothing was
 * announced, or MENDLITE_STATUS_BAD_REQUEST beyond the end of it. */
int mendlite_store_data(struct mendlite_store *store, uint32_t offset, const uint8_t *data,
                        uint32_t size);

/* Opens a model of size bytes: the uploaded one, or one that lies elsewhere, which takes an
 * uploaded one's place. Engine, samples and results of before are gone. Returns 0,
 * MENDLITE_STATUS_NO_ROOM, or an error of mendlite_engine_open, after which none is loaded; an
 * operator at fault is in *failed_operator, which stays as it is where the model leaves no room for
 * an arena. */
int mendlite_store_load(struct mendlite_store *store, const uint8_t *model, uint32_t size,
                        enum mendlite_profile profile, int32_t *failed_operator);

/* Replaces size bytes at an offset of the uploaded model, which must be those before. Engine,
 * samples and results are gone then, and *changed is true; where they are those after already, all
 * stays as it is. Returns 0, MENDLITE_STATUS_WRONG_STATE where no model was uploaded,
 * MENDLITE_STATUS_BAD_REQUEST beyond its end, or MENDLITE_STATUS_CONFLICT where they are neither.
 */
int mendlite_store_patch(struct mendlite_store *store, uint32_t offset, const uint8_t *before,
                         const uint8_t *after, uint8_t size, bool *changed);

/* Lends size bytes where samples lie to the text protocol: samples and results are gone. Returns 0,
 * MENDLITE_STATUS_WRONG_STATE before a model is loaded, or MENDLITE_STATUS_NO_ROOM. On an error
 * nothing changes. */
int mendlite_store_lend(struct mendlite_store *store, uint32_t size, struct mendlite_part *part);

/* Makes room for size bytes of results behind the samples. Returns 0, or MENDLITE_STATUS_NO_ROOM.
 */
int mendlite_store_results(struct mendlite_store *store, uint32_t size);

/* Bytes that are left behind the arena, for samples and results together. */
uint32_t mendlite_store_free(const struct mendlite_store *store);

#ifdef __cplusplus
}
#endif

#endif
