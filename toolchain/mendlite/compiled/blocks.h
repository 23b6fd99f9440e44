/* The inputs of a part of a layer's outputs: lines with their padding, in the type of the sums.
 *
 * A block is of whole samples, or of some output lines of one sample where one is large. Each
 * output position then reads runs of neighbouring values, and no row is copied for it. */
#ifndef MENDLITE_BLOCKS_H
#define MENDLITE_BLOCKS_H

#include <stdint.h>
#include <stdlib.h>

#include "at_most.h"
#include "window.h"

enum { BLOCK_BYTES = 131072 };

/* What all blocks of a layer share. `samples` whole ones a block, or `lines` output lines of one;
 * `inputs` input lines for them, of `line` values each. `at` holds where the `rows` output
 * positions of a block begin, and 0 for `spare` behind them; `starts` where the runs of a window
 * begin behind that, `runs` of them, each of `run` values, and 0 for one more. */
typedef struct {
  int64_t samples, lines, inputs, line, rows;
  int64_t runs, run;
  int64_t *at, *starts;
} Blocks;

static int64_t positions(const Window *w) { return w->out_height * w->out_width; }

static int64_t input_lines(const Window *w, int64_t lines) {
  return (lines - 1) * w->stride_height + (w->kernel_height - 1) * w->dilation_height + 1;
}

/* Sizes of blocks of about BLOCK_BYTES in values of `size` bytes, of at least `tile` positions
 * where samples are small. A layer without outputs has none. */
static void measure_blocks(const Window *w, int64_t size, int64_t tile, Blocks *b) {
  b->line = ((w->out_width - 1) * w->stride_width + (w->kernel_width - 1) * w->dilation_width + 1) *
            w->depth;
  b->samples = 1, b->lines = w->out_height;
  const int64_t whole = input_lines(w, b->lines) * b->line * size;
  if (whole <= BLOCK_BYTES || positions(w) < tile) {
    const int64_t fitting = at_least(BLOCK_BYTES / at_least(whole, 1), 1);
    const int64_t filling = (tile + positions(w) - 1) / positions(w);
    b->samples = at_most(at_least(fitting, filling), w->samples);
  } else {
    const int64_t lines = BLOCK_BYTES / (b->line * size) - input_lines(w, 1);
    b->lines = at_least(at_most(lines / w->stride_height + 1, w->out_height), 1);
  }
  b->inputs = input_lines(w, b->lines);
  b->rows = b->samples * b->lines * w->out_width;
}

/* Where output positions and the runs of a window begin. `apart`: each tap is a run of its own, as
 * it is where taps of a line are not neighbours. 0; -1 where there is no memory. */
static int place_blocks(const Window *w, int apart, int64_t spare, Blocks *b) {
  const int64_t taps = apart || w->dilation_width != 1 ? w->kernel_width : 1;
  b->runs = w->kernel_height * taps, b->run = w->kernel_width / taps * w->depth;
  b->at = calloc((size_t)(b->rows + spare), sizeof *b->at);
  b->starts = calloc((size_t)(b->runs + 1), sizeof *b->starts);
  if (b->at == NULL || b->starts == NULL) return -1;
  int64_t *at = b->at;
  for (int64_t s = 0; s < b->samples; s++)
    for (int64_t i = 0; i < b->lines; i++)
      for (int64_t j = 0; j < w->out_width; j++)
        *at++ = (s * b->inputs + i * w->stride_height) * b->line + j * w->stride_width * w->depth;
  for (int64_t i = 0; i < w->kernel_height; i++)
    for (int64_t j = 0; j < taps; j++)
      b->starts[i * taps + j] =
          i * w->dilation_height * b->line + j * w->dilation_width * w->depth;
  return 0;
}

/* Values of a buffer that holds one block, and `spare` ones that tiles read behind it. */
static size_t values_of(const Blocks *b, int64_t spare) {
  return (size_t)(b->samples * b->inputs * b->line + spare);
}

static void end_blocks(Blocks *b) {
  free(b->at);
  free(b->starts);
}

/* One block: `samples` samples from `sample` on, the lines of their outputs from `line` on; `count`
 * output positions from `begin` on. All zero before the first one. */
typedef struct {
  int64_t sample, samples, line, begin, count;
} Part;

/* To the next block; 0 behind the last one. */
static int next_part(const Window *w, const Blocks *b, Part *p) {
  if (p->count > 0) p->line += b->lines;
  if (p->line >= w->out_height) p->line = 0, p->sample += b->samples;
  if (p->sample >= w->samples) return 0;
  p->samples = at_most(w->samples - p->sample, b->samples);
  p->begin = p->sample * positions(w) + p->line * w->out_width;
  p->count = p->samples * at_most(w->out_height - p->line, b->lines) * w->out_width;
  return 1;
}

/* NAME: the input lines of a block in the element type TO and as CONVERT makes it, with `outside`
 * where they leave the input. CONVERT may read `shift`, the sample's of `shifts`. */
#define FILL(NAME, FROM, TO, CONVERT)                                                              \
  static void NAME(const FROM *restrict x, const Window *w, const Blocks *b, const Part *p,        \
                   TO outside, const double *shifts, TO *restrict to) {                            \
    const int64_t left = w->left * w->depth, width = w->width * w->depth;                          \
    const int64_t begin = at_most(at_least(left, 0), b->line);                                     \
    const int64_t end = at_least(at_most(left + width, b->line), begin);                           \
    for (int64_t s = p->sample; s < p->sample + p->samples; s++) {                                 \
      const double shift = shifts == NULL ? 0.0 : shifts[s];                                       \
      (void)shift;                                                                                 \
      for (int64_t i = 0; i < b->inputs; i++, to += b->line) {                                     \
        const int64_t y = p->line * w->stride_height - w->top + i;                                 \
        const int inside = y >= 0 && y < w->height;                                                \
        const int64_t low = inside ? begin : b->line, high = inside ? end : b->line;               \
        const FROM *from = x + (s * w->height + (inside ? y : 0)) * width;                         \
        for (int64_t k = 0; k < low; k++) to[k] = outside;                                         \
        for (int64_t k = low; k < high; k++) to[k] = (TO)CONVERT(from[k - left]);                  \
        for (int64_t k = high; k < b->line; k++) to[k] = outside;                                  \
      }                                                                                            \
    }                                                                                              \
  }

#endif
