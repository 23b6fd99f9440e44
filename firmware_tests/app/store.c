#include "store.h"

#include <string.h>

#include "crc32.h"
#include "status.h"

enum { ALIGNMENT = 16 };

static uint32_t aligned(uint32_t at) { return (at + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1); }

void mendlite_store_reset(struct mendlite_store *store, uint8_t *memory, uint32_t size) {
  *store = (struct mendlite_store){.memory = memory, .size = size};
}

/* Other bytes come to lie behind the arena, or where a transfer was to write. */
static void drop_samples(struct mendlite_store *store) {
  store->samples = (struct mendlite_part){0};
  store->results = (struct mendlite_part){0};
  store->transfer.open = false;
}

/* Forgets the engine, when its model's bytes are about to change. */
static void unload(struct mendlite_store *store) {
  store->engine = NULL;
  store->loaded = NULL;
  drop_samples(store);
}

/* A part of the memory from an offset on; size 0 where it does not fit. */
static int place(const struct mendlite_store *store, uint32_t at, uint32_t size,
                 struct mendlite_part *part) {
  if (at > store->size || size > store->size - at) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  *part = (struct mendlite_part){.data = store->memory + at, .size = size};
  return MENDLITE_STATUS_OK;
}

static int place_area(struct mendlite_store *store, uint8_t area, uint32_t size,
                      struct mendlite_part *part) {
  if (area == MENDLITE_AREA_MODEL) {
    return place(store, 0, size, part);
  }
  if (area != MENDLITE_AREA_SAMPLES) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  return store->engine == NULL ? MENDLITE_STATUS_WRONG_STATE
                               : place(store, store->arena_end, size, part);
}

/* What lay where new bytes are about to come is no longer there. */
static void make_way(struct mendlite_store *store, uint8_t area) {
  if (area == MENDLITE_AREA_MODEL) {
    unload(store);
    store->model = (struct mendlite_part){0};
  } else {
    drop_samples(store);
  }
}

/* Whether this very model was uploaded before. */
static bool already_here(const struct mendlite_store *store, uint8_t area, uint32_t size,
                         uint32_t crc) {
  const struct mendlite_part *model = &store->model;
  return area == MENDLITE_AREA_MODEL && model->size == size &&
         mendlite_crc32(0, model->data, size) == crc;
}

int mendlite_store_begin(struct mendlite_store *store, uint8_t area, uint32_t size, uint32_t crc) {
  struct mendlite_transfer *now = &store->transfer;
  struct mendlite_part part;
  if (size > 0 && already_here(store, area, size, crc)) {
    *now = (struct mendlite_transfer){
        .part = store->model, .area = area, .frontier = size, .crc = crc, .open = true};
    return MENDLITE_STATUS_OK;
  }
  if (now->open && now->area == area && now->part.size == size && now->crc == crc) {
    return MENDLITE_STATUS_OK;
  }
  int status = size == 0 ? MENDLITE_STATUS_BAD_REQUEST : place_area(store, area, size, &part);
  if (status < 0) {
    return status;
  }
  make_way(store, area);
  *now = (struct mendlite_transfer){.part = part, .area = area, .crc = crc, .open = true};
  return MENDLITE_STATUS_OK;
}

static int finish(struct mendlite_store *store) {
  struct mendlite_transfer *now = &store->transfer;
  if (mendlite_crc32(0, now->part.data, now->part.size) != now->crc) {
    now->frontier = 0;
    return MENDLITE_STATUS_BAD_CHECKSUM;
  }
  if (now->area == MENDLITE_AREA_MODEL) {
    store->model = now->part;
  } else {
    store->samples = now->part;
    store->samples_crc = now->crc;
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_store_data(struct mendlite_store *store, uint32_t offset, const uint8_t *data,
                        uint32_t size) {
  struct mendlite_transfer *now = &store->transfer;
  if (!now->open) {
    return MENDLITE_STATUS_WRONG_STATE;
  }
  if (offset > now->part.size || size > now->part.size - offset) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  uint32_t end = offset + size;
  if (offset > now->frontier || end <= now->frontier) {
    return MENDLITE_STATUS_OK;
  }
  memcpy(now->part.data + offset, data, size);
  now->frontier = end;
  return end == now->part.size ? finish(store) : MENDLITE_STATUS_OK;
}

int mendlite_store_load(struct mendlite_store *store, const uint8_t *model, uint32_t size,
                        enum mendlite_profile profile, int32_t *failed_operator) {
  bool uploaded = model == store->memory;
  uint32_t start = uploaded ? aligned(size) : 0;
  unload(store);
  if (!uploaded) {
    store->model = (struct mendlite_part){0};
  }
  if (start > store->size) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  int status = mendlite_engine_open(&store->engine, model, size, store->memory + start,
                                    store->size - start, profile, failed_operator);
  if (status < 0) {
    store->engine = NULL;
    return status;
  }
  store->loaded = model;
  store->loaded_size = size;
  store->arena_end = start + aligned(mendlite_engine_arena_used(store->engine));
  return MENDLITE_STATUS_OK;
}

int mendlite_store_patch(struct mendlite_store *store, uint32_t offset, const uint8_t *before,
                         const uint8_t *after, uint8_t size, bool *changed) {
  const struct mendlite_part *model = &store->model;
  *changed = false;
  if (model->size == 0) {
    return MENDLITE_STATUS_WRONG_STATE;
  }
  if (offset > model->size || size > model->size - offset) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  uint8_t *bytes = model->data + offset;
  if (memcmp(bytes, after, size) == 0) {
    return MENDLITE_STATUS_OK;
  }
  if (memcmp(bytes, before, size) != 0) {
    return MENDLITE_STATUS_CONFLICT;
  }
  /* The engine read the old bytes: it must be opened anew, and an upload begun anew. */
  unload(store);
  memcpy(bytes, after, size);
  *changed = true;
  return MENDLITE_STATUS_OK;
}

int mendlite_store_lend(struct mendlite_store *store, uint32_t size, struct mendlite_part *part) {
  if (store->engine == NULL) {
    return MENDLITE_STATUS_WRONG_STATE;
  }
  if (mendlite_store_free(store) < size) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  drop_samples(store);
  return place(store, store->arena_end, size, part);
}

int mendlite_store_results(struct mendlite_store *store, uint32_t size) {
  return place(store, store->arena_end + aligned(store->samples.size), size, &store->results);
}

uint32_t mendlite_store_free(const struct mendlite_store *store) {
  /* One alignment gap lies between samples and results. */
  uint32_t used = store->arena_end + ALIGNMENT;
  return used > store->size ? 0 : store->size - used;
}
