#include "run.h"

#include <string.h>

#include "port.h"
#include "status.h"

/* Copies shown tensors to their place in the result. */
struct record {
  const struct mendlite_run *run;
  const struct mendlite_engine *engine;
  uint8_t *result;
};

static void note(void *context, int32_t tensor, const uint8_t *bytes, uint32_t size) {
  const struct record *record = context;
  uint32_t at = 0;
  for (uint32_t i = 0; i < record->run->tensors; i++) {
    if (record->run->tensor[i] == tensor) {
      memcpy(record->result + at, bytes, size);
    }
    at += mendlite_engine_tensor_size(record->engine, record->run->tensor[i]);
  }
}

static void copy_outputs(const struct mendlite_engine *engine, uint8_t *result) {
  for (uint32_t n = 0; n < mendlite_engine_outputs(engine); n++) {
    struct mendlite_engine_values values = mendlite_engine_output(engine, n);
    memcpy(result, values.data, values.size);
    result += values.size;
  }
}

static void copy_inputs(const struct mendlite_engine *engine, const uint8_t *sample) {
  for (uint32_t n = 0; n < mendlite_engine_inputs(engine); n++) {
    struct mendlite_engine_values values = mendlite_engine_input(engine, n);
    memcpy(values.data, sample, values.size);
    sample += values.size;
  }
}

bool mendlite_run_step(struct mendlite_run *run, const struct mendlite_store *store) {
  struct mendlite_engine *engine = store->engine;
  if (!run->open || run->done == run->count || run->status < 0) {
    return false;
  }
  uint32_t sample_size = store->samples.size / run->count;
  uint8_t *result = store->results.data + (size_t)run->done * run->result_size;
  struct record record = {.run = run, .engine = engine, .result = result};
  if (run->frames > 0 && run->done % run->frames == 0) {
    mendlite_engine_reset(engine);
  }
  copy_inputs(engine, store->samples.data + (size_t)run->done * sample_size);
  uint32_t before = mendlite_port_micros();
  run->status = mendlite_engine_run(engine, run->tensors > 0 ? note : NULL, &record);
  run->micros += mendlite_port_micros() - before;
  if (run->status == MENDLITE_STATUS_OK) {
    if (run->tensors == 0) {
      copy_outputs(engine, result);
    }
    run->done++;
  }
  return true;
}
