#include "model_maker.h"

#include <stdlib.h>
#include <string.h>

#include "engine/ops/table.h"

struct maker {
  uint8_t *file;
  uint32_t size;
};

static void put(struct maker *maker, const void *data, uint32_t size) {
  if (size > MADE_ROOM - maker->size) {
    abort();
  }
  if (size > 0) {
    memcpy(maker->file + maker->size, data, size);
  }
  maker->size += size;
}

static void put16(struct maker *maker, uint32_t value) {
  uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8)};
  put(maker, bytes, sizeof bytes);
}

static void set32(struct maker *maker, uint32_t at, uint32_t value) {
  for (uint32_t i = 0; i < 4; i++) {
    maker->file[at + i] = (uint8_t)(value >> (8 * i));
  }
}

static void put32(struct maker *maker, uint32_t value) {
  put16(maker, value & 0xffff);
  put16(maker, value >> 16);
}

/* What is written next is what the offset at a place leads to. */
static void link_next(struct maker *maker, uint32_t at) { set32(maker, at, maker->size - at); }

/* A table with fields of four bytes each, behind its vtable; returns where field 0 lies. */
static uint32_t put_table(struct maker *maker, uint32_t link, uint32_t fields,
                          const uint32_t *values, uint32_t absent) {
  uint32_t vtable = maker->size;
  put16(maker, 4 + 2 * fields);
  put16(maker, 4 + 4 * fields);
  for (uint32_t i = 0; i < fields; i++) {
    put16(maker, (absent >> i) & 1u ? 0 : 4 + 4 * i);
  }
  link_next(maker, link);
  put32(maker, maker->size - vtable);
  uint32_t first = maker->size;
  for (uint32_t i = 0; i < fields; i++) {
    put32(maker, values == NULL ? 0 : values[i]);
  }
  return first;
}

static void put_vector(struct maker *maker, uint32_t link, uint32_t length, const void *data,
                       uint32_t element) {
  link_next(maker, link);
  put32(maker, length);
  put(maker, data, length * element);
}

/* A vector of tables that are yet to come; returns where their offsets lie. */
static uint32_t put_links(struct maker *maker, uint32_t link, uint32_t length) {
  link_next(maker, link);
  put32(maker, length);
  uint32_t first = maker->size;
  for (uint32_t i = 0; i < length; i++) {
    put32(maker, 0);
  }
  return first;
}

static void put_codes(struct maker *maker, uint32_t link, const struct made_model *model) {
  uint32_t links = put_links(maker, link, model->operators);
  for (uint32_t i = 0; i < model->operators; i++) {
    const struct made_operator *op = &model->op[i];
    uint32_t code = (uint32_t)op->code;
    uint32_t old_code = op->old_code != 0 ? (uint32_t)op->old_code : code < 127 ? code : 127;
    uint32_t fields[] = {old_code, 0, 1, code};
    put_table(maker, links + 4 * i, 4, fields, op->code_absent | 1u << 1);
  }
}

/* A buffer without data: an offset and a size of eight bytes each. Returns where the offset lies,
 * and the size behind it. */
static uint32_t put_outside_table(struct maker *maker, uint32_t link) {
  enum { SLOTS = 5, SIZE_FIELD = 2 };
  uint32_t vtable = maker->size;
  uint32_t first = put_table(maker, link, SLOTS, NULL, 1);
  /* From the table's start: its offset to the vtable, four bytes of no field, the offset. */
  maker->file[vtable + 4 + 2 * SIZE_FIELD] = 4 + 4 + 8;
  return first + 4;
}

/* Buffer 0 is empty; tensor i has buffer i + 1. */
static void put_buffers(struct maker *maker, uint32_t link, const struct made_model *model,
                        uint32_t outside[MADE_TENSORS]) {
  uint32_t links = put_links(maker, link, model->tensors + 1);
  put_table(maker, links, 0, NULL, 0);
  for (uint32_t i = 0; i < model->tensors; i++) {
    const struct made_tensor *tensor = &model->tensor[i];
    if (tensor->outside) {
      outside[i] = put_outside_table(maker, links + 4 * (i + 1));
      continue;
    }
    uint32_t data = put_table(maker, links + 4 * (i + 1), 1, NULL, tensor->constant == NULL);
    if (tensor->constant != NULL) {
      put_vector(maker, data, tensor->constant_size, tensor->constant, 1);
    }
  }
}

/* What lies behind everything else. */
static void put_outside(struct maker *maker, const struct made_model *model,
                        const uint32_t outside[MADE_TENSORS]) {
  for (uint32_t i = 0; i < model->tensors; i++) {
    const struct made_tensor *tensor = &model->tensor[i];
    if (tensor->outside) {
      set32(maker, outside[i], maker->size);
      set32(maker, outside[i] + 8, tensor->constant_size + tensor->beyond);
      put(maker, tensor->constant, tensor->constant_size);
    }
  }
}

static void put_quantization(struct maker *maker, uint32_t link, const struct made_tensor *tensor) {
  /* min, max, scale, zero_point, kind of details, details, axis */
  uint32_t values[] = {0, 0, 0, 0, 0, 0, tensor->axis};
  uint32_t fields = put_table(maker, link, 7, values, 3 | 1u << 4 | 1u << 5);
  put_vector(maker, fields + 8, tensor->scales, tensor->scale, 4);
  link_next(maker, fields + 12);
  put32(maker, 1);
  put32(maker, (uint32_t)tensor->zero_point);
  put32(maker, tensor->zero_point < 0 ? UINT32_MAX : 0);
}

static void put_tensors(struct maker *maker, uint32_t link, const struct made_model *model) {
  uint32_t links = put_links(maker, link, model->tensors);
  for (uint32_t i = 0; i < model->tensors; i++) {
    const struct made_tensor *tensor = &model->tensor[i];
    /* shape, type, buffer, name, quantization, whether it is a variable */
    uint32_t values[] = {0, tensor->type, i + 1, 0, 0, tensor->variable};
    uint32_t absent = (1u << 3) | (tensor->scales == 0 ? 1u << 4 : 0);
    uint32_t fields = put_table(maker, links + 4 * i, 6, values, absent);
    put_vector(maker, fields, tensor->rank, tensor->dims, 4);
    if (tensor->scales > 0) {
      put_quantization(maker, fields + 16, tensor);
    }
  }
}

static void put_options(struct maker *maker, uint32_t link, const struct made_operator *op) {
  uint32_t fields = put_table(maker, link, op->options, (const uint32_t *)op->option, 0);
  for (uint32_t i = 0; i < op->options; i++) {
    if ((op->vectors >> i) & 1u) {
      put_vector(maker, fields + 4 * i, 1, &op->option[i], 4);
    }
  }
}

static void put_operators(struct maker *maker, uint32_t link, const struct made_model *model) {
  uint32_t links = put_links(maker, link, model->operators);
  for (uint32_t i = 0; i < model->operators; i++) {
    const struct made_operator *op = &model->op[i];
    /* code, inputs, outputs, type of the options, options */
    const struct mendlite_builtin *builtin = mendlite_builtin_of(op->code);
    uint32_t own = builtin != NULL ? builtin->options : 0;
    uint32_t values[] = {i, 0, 0, op->options_type != 0 ? op->options_type : own, 0};
    uint32_t absent = op->options == 0 ? 1u << 4 : 0;
    uint32_t fields = put_table(maker, links + 4 * i, 5, values, absent);
    put_vector(maker, fields + 4, op->inputs, op->input, 4);
    put_vector(maker, fields + 8, op->outputs, op->output, 4);
    if (op->options > 0) {
      put_options(maker, fields + 16, op);
    }
  }
}

uint32_t make_model(const struct made_model *model, uint8_t file[MADE_ROOM]) {
  uint32_t outside[MADE_TENSORS] = {0};
  struct maker maker = {.file = file, .size = 0};
  put32(&maker, 0);
  put(&maker, "TFL3", 4);
  /* version, codes, subgraphs, description, buffers */
  uint32_t version[] = {3, 0, 0, 0, 0};
  uint32_t root = put_table(&maker, 0, 5, version, 1u << 3);
  put_codes(&maker, root + 4, model);
  uint32_t graphs = put_links(&maker, root + 8, 1);
  /* tensors, inputs, outputs, operators */
  uint32_t graph = put_table(&maker, graphs, 4, NULL, 0);
  put_tensors(&maker, graph, model);
  put_vector(&maker, graph + 4, model->inputs, model->input, 4);
  put_vector(&maker, graph + 8, model->outputs, model->output, 4);
  put_operators(&maker, graph + 12, model);
  put_buffers(&maker, root + 16, model, outside);
  put_outside(&maker, model, outside);
  return maker.size;
}
