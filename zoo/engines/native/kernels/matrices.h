/* The padded and packed matrices of a call, and where a tile stores its steps. */
#ifndef RNNZOO_MATRICES_H
#define RNNZOO_MATRICES_H

#include "plan.h"
#include "products.h"

/* The matrices of a stage: packed ones to multiply with, padded ones for gradients. */
typedef struct { float *input, *read, *bias, *to_input, *to_read; } Matrices;
typedef struct { float *input, *read, *bias; } Sums;

/* Where a tile stores its steps: floats between two steps of each array. */
typedef struct { long z[STAGES], read[STAGES], states, all; } Strides;

typedef struct {
  const Call *call;
  int rows, tiles, features, slots; /* of a tile; slots: steps that are stored */
  Matrices stage[STAGES];
  float *parameters;
  Strides at;
  float *arena; /* of the above */
} Run;

typedef struct {
  Run *run;
  int first, end, backward, failed;
  Sums sum[STAGES];
  float *parameters, *arena;
} Shard;

static float *take(float **from, long count) {
  float *taken = *from;
  *from += rounded(count, 16);
  return taken;
}

static float *zeros(long count) {
  float *p = aligned_alloc(64, 4 * (size_t)rounded(count, 16) + 64);
  if (p) memset(p, 0, 4 * (size_t)count);
  return p;
}

static Strides strides(const Plan *plan, int rows, int slots) {
  Strides at = {.all = 0};
  for (int k = 0; k < plan->stages; k++) {
    at.z[k] = (long)rows * plan->stage[k].stored;
    at.read[k] = (long)rows * plan->stage[k].read;
    at.all += slots * (at.z[k] + at.read[k]);
  }
  at.states = (long)rows * plan->state_width;
  at.all += (slots + 1) * at.states;
  return at;
}

static int tile_rows(int batch, int threads) { return batch >= 8 * threads ? 8 : 4; }

static float *matrix_of(const Plan *plan, const Block *b, Sums *sum, float *parameters,
                        int *width) {
  *width = b->kind == OF_PARAMETER ? plan->parameters : plan->stage[b->stage].width;
  switch (b->kind) {
  case OF_INPUT: return sum[b->stage].input;
  case OF_READ: return sum[b->stage].read;
  case OF_BIAS: return sum[b->stage].bias;
  default: return parameters;
  }
}

static void exchange(const Plan *plan, Sums *sum, float *parameters, const float *const *weight,
                     float *const *gradient) {
  for (int i = 0; i < plan->blocks; i++) {
    const Block *b = plan->block + i;
    int width;
    float *m = matrix_of(plan, b, sum, parameters, &width);
    for (int r = 0; r < b->rows; r++) {
      float *inside = m + (long)(b->row + r) * width + b->column;
      long outside = b->offset + (long)r * b->stride;
      if (!gradient) memcpy(inside, weight[b->weight] + outside, 4 * (size_t)b->columns);
      for (int c = 0; gradient && c < b->columns; c++)
        gradient[b->weight][outside + c] += inside[c];
    }
  }
}

static long sum_space(const Plan *plan) {
  long space = rounded(plan->parameters, 16);
  for (int k = 0; k < plan->stages; k++)
    space += (rounded(plan->features, 4) + rounded(plan->stage[k].read, 4) + 1) *
             plan->stage[k].width;
  return space;
}

static void place(const Plan *plan, Sums *sum, float **parameters, float *from) {
  *parameters = take(&from, plan->parameters);
  for (int k = 0; k < plan->stages; k++) {
    const Stage *s = plan->stage + k;
    sum[k].input = take(&from, (long)rounded(plan->features, 4) * s->width);
    sum[k].read = take(&from, (long)rounded(s->read, 4) * s->width);
    sum[k].bias = take(&from, s->width);
  }
}

static void transposed(float *to, const float *from, int rows, int columns, int height) {
  /* from (rows, columns) -> to (height, padded rows) */
  long width = rounded(rows, NT);
  memset(to, 0, 4 * (size_t)height * (size_t)width);
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < height; c++) to[(long)c * width + r] = from[(long)r * columns + c];
}

static int prepare(Run *run, int backward) {
  const Plan *plan = run->call->plan;
  long space = 2 * sum_space(plan), largest = 0;
  for (int k = 0; k < plan->stages; k++) {
    const Stage *s = plan->stage + k;
    long to_input = (long)rounded(plan->features, NT) * s->width;
    long to_read = (long)rounded(s->read, NT) * s->reading;
    space += to_input + to_read + 64;
    if (to_input > largest) largest = to_input;
    if (to_read > largest) largest = to_read;
  }
  if (!(run->arena = zeros(space + largest + 1024))) return 0;
  float *rest = run->arena, *scratch = take(&rest, largest);
  Sums plain[STAGES];
  place(plan, plain, &run->parameters, rest);
  rest += sum_space(plan);
  exchange(plan, plain, run->parameters, run->call->weight, NULL);
  for (int k = 0; k < plan->stages; k++) {
    const Stage *s = plan->stage + k;
    Matrices *m = run->stage + k;
    m->bias = plain[k].bias;
    if (!backward) {
      m->input = take(&rest, (long)plan->features * s->width);
      m->read = take(&rest, (long)s->read * s->width);
      pack(m->input, plain[k].input, plan->features, s->width);
      pack(m->read, plain[k].read, s->read, s->width);
      continue;
    }
    transposed(scratch, plain[k].input, plan->features, s->width, s->width);
    m->to_input = take(&rest, rounded(plan->features, NT) * s->width);
    pack(m->to_input, scratch, s->width, (int)rounded(plan->features, NT));
    transposed(scratch, plain[k].read, s->read, s->width, s->reading);
    m->to_read = take(&rest, rounded(s->read, NT) * s->reading);
    pack(m->to_read, scratch, s->reading, (int)rounded(s->read, NT));
  }
  return 1;
}

#endif
