#include "store.h"

#include <string.h>

#include "crc32.h"
#include "status.h"

enum { ALIGNMENT = 16 };

static uint32_t aligned(uint32_t at) { return (at + ALIGNMENT - 1) & ~(uint32_t)(ALIGNMENT - 1); }

void store_reset(struct store *store, uint8_t *memory, uint32_t size) {
  *store = (struct store){.memory = memory, .size = size};
}

/* Other bytes come to lie behind the arena, or where a transfer was to write. */
static void drop_samples(struct store *store) {
  store->samples = (struct part){0};
  store->results = (struct part){0};
  store->transfer.open = false;
}

/* Forgets the engine, when its model's bytes are about to change. */
static void unload(struct store *store) {
  store->engine = NULL;
  store->loaded = NULL;
  drop_samples(store);
}

/* A part of the memory from an offset on; size 0 where it does not fit. */
static int place(const struct store *store, uint32_t at, uint32_t size, struct part *part) {
  if (at > store->size || size > store->size - at) {
    return STATUS_NO_ROOM;
  }
  *part = (struct part){.data = store->memory + at, .size = size};
  return STATUS_OK;
}

static int place_area(struct store *store, uint8_t area, uint32_t size, struct part *part) {
  if (area == AREA_MODEL) {
    return place(store, 0, size, part);
  }
  if (area != AREA_SAMPLES) {
    return STATUS_BAD_REQUEST;
  }
  return store->engine == NULL ? STATUS_WRONG_STATE : place(store, store->arena_end, size, part);
}

/* What lay where new bytes are about to come is no longer there. */
static void make_way(struct store *store, uint8_t area) {
  if (area == AREA_MODEL) {
    unload(store);
    store->model = (struct part){0};
  } else {
    drop_samples(store);
  }
}

/* Whether this very model was uploaded before. */
static bool already_here(const struct store *store, uint8_t area, uint32_t size, uint32_t crc) {
  const struct part *model = &store->model;
  return area == AREA_MODEL && model->size == size && crc32(0, model->data, size) == crc;
}

int store_begin(struct store *store, uint8_t area, uint32_t size, uint32_t crc) {
  struct transfer *now = &store->transfer;
  struct part part;
  if (size > 0 && already_here(store, area, size, crc)) {
    *now = (struct transfer){
        .part = store->model, .area = area, .frontier = size, .crc = crc, .open = true};
    return STATUS_OK;
  }
  if (now->open && now->area == area && now->part.size == size && now->crc == crc) {
    return STATUS_OK;
  }
  int status = size == 0 ? STATUS_BAD_REQUEST : place_area(store, area, size, &part);
  if (status < 0) {
    return status;
  }
  make_way(store, area);
  *now = (struct transfer){.part = part, .area = area, .crc = crc, .open = true};
  return STATUS_OK;
}

static int finish(struct store *store) {
  struct transfer *now = &store->transfer;
  if (crc32(0, now->part.data, now->part.size) != now->crc) {
    now->frontier = 0;
    return STATUS_BAD_CHECKSUM;
  }
  if (now->area == AREA_MODEL) {
    store->model = now->part;
  } else {
    store->samples = now->part;
    store->samples_crc = now->crc;
  }
  return STATUS_OK;
}

int store_data(struct store *store, uint32_t offset, const uint8_t *data, uint32_t size) {
  struct transfer *now = &store->transfer;
  if (!now->open) {
    return STATUS_WRONG_STATE;
  }
  if (offset > now->part.size || size > now->part.size - offset) {
    return STATUS_BAD_REQUEST;
  }
  uint32_t end = offset + size;
  if (offset > now->frontier || end <= now->frontier) {
    return STATUS_OK;
  }
  memcpy(now->part.data + offset, data, size);
  now->frontier = end;
  return end == now->part.size ? finish(store) : STATUS_OK;
}

int store_load(struct store *store, const uint8_t *model, uint32_t size, enum profile profile,
               int32_t *failed_operator) {
  bool uploaded = model == store->memory;
  uint32_t start = uploaded ? aligned(size) : 0;
  unload(store);
  if (!uploaded) {
    store->model = (struct part){0};
  }
  if (start > store->size) {
    return STATUS_NO_ROOM;
  }
  int status = engine_open(&store->engine, model, size, store->memory + start, store->size - start,
                           profile, failed_operator);
  if (status < 0) {
    store->engine = NULL;
    return status;
  }
  store->loaded = model;
  store->loaded_size = size;
  store->arena_end = start + aligned(engine_arena_used(store->engine));
  return STATUS_OK;
}

int store_patch(struct store *store, uint32_t offset, const uint8_t *before, const uint8_t *after,
                uint8_t size, bool *changed) {
  const struct part *model = &store->model;
  *changed = false;
  if (model->size == 0) {
    return STATUS_WRONG_STATE;
  }
  if (offset > model->size || size > model->size - offset) {
    return STATUS_BAD_REQUEST;
  }
  uint8_t *bytes = model->data + offset;
  if (memcmp(bytes, after, size) == 0) {
    return STATUS_OK;
  }
  if (memcmp(bytes, before, size) != 0) {
    return STATUS_CONFLICT;
  }
  /* The engine read the old bytes: it must be opened anew, and an upload begun anew. */
  unload(store);
  memcpy(bytes, after, size);
  *changed = true;
  return STATUS_OK;
}

int store_lend(struct store *store, uint32_t size, struct part *part) {
  if (store->engine == NULL) {
    return STATUS_WRONG_STATE;
  }
  if (store_free(store) < size) {
    return STATUS_NO_ROOM;
  }
  drop_samples(store);
  return place(store, store->arena_end, size, part);
}

int store_results(struct store *store, uint32_t size) {
  return place(store, store->arena_end + aligned(store->samples.size), size, &store->results);
}

uint32_t store_free(const struct store *store) {
  /* One alignment gap lies between samples and results. */
  uint32_t used = store->arena_end + ALIGNMENT;
  return used > store->size ? 0 : store->size - used;
}
