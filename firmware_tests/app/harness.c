#include "harness.h"

#include <string.h>

#include "dut.h"
#include "port.h"
#include "requests.h"

void harness_start(struct harness *harness, uint8_t *memory, uint32_t size) {
  memset(harness, 0, sizeof *harness);
  receiver_reset(&harness->receiver, harness->received, sizeof harness->received);
  harness->session = (struct session){.handler = answer_request,
                                      .context = harness,
                                      .fresh = true,
                                      .body = harness->body,
                                      .encoded = harness->encoded,
                                      .payload_room = HARNESS_PAYLOAD};
  store_reset(&harness->store, memory, size);
  dut_start(harness);
}

static void answer_frame(struct harness *harness) {
  static const uint8_t end = 0;
  size_t used = session_answer(&harness->session, harness->received, harness->receiver.used);
  if (harness->text_said) {
    port_write(&end, 1);
    harness->text_said = false;
  }
  port_write(harness->encoded, used);
  /* A second end: where the first is lost, the answer need not wait for the next one's. */
  port_write(&end, 1);
  if (harness->reset_wanted) {
    port_reset();
  }
}

void harness_receive(struct harness *harness, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    enum received received = receiver_take(&harness->receiver, bytes[i]);
    if (received == RECEIVED_NOTHING) {
      if (bytes[i] == 0) {
        receiver_clear(&harness->receiver);
      }
      continue;
    }
    if (received == RECEIVED_FRAME) {
      answer_frame(harness);
    } else {
      dut_command(harness, (const char *)harness->received, harness->receiver.used);
    }
    receiver_clear(&harness->receiver);
  }
}

/* Copies shown tensors to their place in the result. */
struct record {
  const struct run *run;
  const struct engine *engine;
  uint8_t *result;
};

static void note(void *context, int32_t tensor, const uint8_t *bytes, uint32_t size) {
  const struct record *record = context;
  uint32_t at = 0;
  for (uint32_t i = 0; i < record->run->tensors; i++) {
    if (record->run->tensor[i] == tensor) {
      memcpy(record->result + at, bytes, size);
    }
    at += engine_tensor_size(record->engine, record->run->tensor[i]);
  }
}

static void copy_outputs(const struct engine *engine, uint8_t *result) {
  for (uint32_t n = 0; n < engine_outputs(engine); n++) {
    struct engine_values values = engine_output(engine, n);
    memcpy(result, values.data, values.size);
    result += values.size;
  }
}

static void copy_inputs(const struct engine *engine, const uint8_t *sample) {
  for (uint32_t n = 0; n < engine_inputs(engine); n++) {
    struct engine_values values = engine_input(engine, n);
    memcpy(values.data, sample, values.size);
    sample += values.size;
  }
}

bool harness_step(struct harness *harness) {
  struct run *now = &harness->run;
  struct engine *engine = harness->store.engine;
  if (!now->open || now->done == now->count || now->status < 0) {
    return false;
  }
  uint32_t sample_size = harness->store.samples.size / now->count;
  uint8_t *result = harness->store.results.data + (size_t)now->done * now->result_size;
  struct record record = {.run = now, .engine = engine, .result = result};
  copy_inputs(engine, harness->store.samples.data + (size_t)now->done * sample_size);
  uint32_t before = port_micros();
  now->status = engine_run(engine, now->tensors > 0 ? note : NULL, &record);
  now->micros += port_micros() - before;
  if (now->status == STATUS_OK) {
    if (now->tensors == 0) {
      copy_outputs(engine, result);
    }
    now->done++;
  }
  return true;
}
