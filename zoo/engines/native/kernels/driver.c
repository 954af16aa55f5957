/* Runs a cell over a sequence, and back: see docs/engines.md.

   The batch is cut into tiles of some rows, the tiles into shards, one a thread. A tile goes
   through all steps by itself. Everything of a tile is padded. */
#include <pthread.h>

#include "cells.h"
#include "matrices.h"

#define NAMED(name, variant) NAMED2(name, variant)
#define NAMED2(name, variant) name##_##variant

/* Floats that `forward` stores for `backward`. */
long NAMED(rnnzoo_saved, VARIANT)(const Call *call) {
  int rows = tile_rows(call->batch, call->threads);
  return (long)((call->batch + rows - 1) / rows) * strides(call->plan, rows, call->time).all;
}

/* Copies states between a padded row and the arrays outside; `every` ones have a time. */
static void copy_states(const Plan *plan, float *row, float *const *array, long item, int out,
                        int add) {
  for (int i = 0; i < plan->pieces; i++) {
    const Piece *p = plan->piece + i;
    if (!array[p->state]) continue;
    float *outside = array[p->state] + item * plan->channels[p->state] + p->offset;
    float *inside = row + p->column;
    for (int c = 0; c < p->width; c++) {
      if (out) outside[c] = inside[c];
      else inside[c] = outside[c] + (add ? inside[c] : 0.0f);
    }
  }
}

/* Where the parts of a tile are in what it stores. */
typedef struct { float *z[STAGES], *read[STAGES], *states; } Steps;
static Steps steps_of(const Run *run, float *saved) {
  Steps steps;
  for (int k = 0; k < run->call->plan->stages; k++) {
    steps.z[k] = saved, saved += run->slots * run->at.z[k];
    steps.read[k] = saved, saved += run->slots * run->at.read[k];
  }
  steps.states = saved;
  return steps;
}

/* The first row of a tile at a step; `advance` goes to the next one. */
static Row row_of(const Run *run, const Steps *steps, int slot, int after, const float *drop) {
  const Plan *plan = run->call->plan;
  Row w = {.plan = plan, .parameters = run->parameters, .drop = drop};
  for (int k = 0; k < plan->stages; k++) {
    w.z[k] = steps->z[k] + slot * run->at.z[k];
    w.read[k] = steps->read[k] + slot * run->at.read[k];
  }
  int before = run->slots > 1 ? slot : 1 - after;
  w.before = steps->states + before * run->at.states;
  w.after = steps->states + after * run->at.states;
  return w;
}

INLINE void advance(Row *w, const Plan *plan) {
  w->before += plan->state_width, w->after += plan->state_width;
  if (w->drop) w->drop += plan->state_width;
  if (w->d) w->d += plan->state_width;
  for (int k = 0; k < plan->stages; k++) {
    w->z[k] += plan->stage[k].stored, w->read[k] += plan->stage[k].read;
    if (w->dread[k]) w->dread[k] += rounded(plan->stage[k].read, NT);
  }
}

static void load_drop(const Run *run, float *drop, int first, int rows) {
  const Call *call = run->call;
  for (int i = 0; i < call->plan->pieces; i++) {
    const Piece *p = call->plan->piece + i;
    for (int r = 0; p->state == 0 && r < rows; r++)
      memcpy(drop + (long)r * call->plan->state_width + p->column,
             call->drop + (long)(first + r) * call->dropped + p->offset, 4 * (size_t)p->width);
  }
}

static void tile_forward(const Run *run, int tile, float *saved, float *drop) {
  const Call *call = run->call;
  const Plan *plan = call->plan;
  const Cell *cell = CELLS + plan->cell;
  int first = tile * run->rows, T = call->time;
  int rows = call->batch - first < run->rows ? call->batch - first : run->rows;
  Steps steps = steps_of(run, saved);
  memset(steps.states, 0, 4 * (size_t)run->at.states);
  for (int r = 0; r < rows; r++)
    copy_states(plan, steps.states + (long)r * plan->state_width, (float *const *)call->first,
                first + r, 0, 0);
  if (call->drop) load_drop(run, drop, first, rows);
  for (int t = 0; t < T; t++) {
    int slot = run->slots > 1 ? t : 0, after = run->slots > 1 ? t + 1 : (t + 1) % 2;
    const uint8_t *read = call->mask ? call->mask + (long)first * T + t : NULL;
    const Row top = row_of(run, &steps, slot, after, call->drop ? drop : NULL);
    Row w = top;
    for (int r = 0; r < rows; r++, advance(&w, plan)) cell->start(&w);
    for (int k = 0; k < plan->stages; k++) {
      const Stage *s = plan->stage + k;
      Factor factors[2] = {
          {call->x + ((long)first * T + t) * plan->features, run->stage[k].input,
           (long)T * plan->features, plan->features, s->input ? s->width : 0},
          {steps.read[k] + slot * run->at.read[k], run->stage[k].read, s->read, s->read,
           s->reading}};
      float *z = steps.z[k] + slot * run->at.z[k];
      sums(rows, s->width, run->stage[k].bias, factors, 2, z, s->stored);
      w = top;
      for (int r = 0; r < rows; r++, advance(&w, plan)) cell->forward(&w, k);
    }
    w = top;
    for (int r = 0; r < rows; r++, advance(&w, plan)) {
      if (read && !read[(long)r * T]) memcpy(w.after, w.before, 4 * (size_t)plan->state_width);
      copy_states(plan, w.after, call->every, (long)(first + r) * T + t, 1, 0);
      if (t == T - 1) copy_states(plan, w.after, call->last, first + r, 1, 0);
    }
  }
}

/* Adds the outer products of the steps from `t` on, `count` of them, to the sums of a shard. */
static void add_outer(Shard *shard, const Steps *steps, int first, int rows, int t, int count,
                      float *space) {
  const Run *run = shard->run;
  const Plan *plan = run->call->plan;
  int F = plan->features, depth = count * run->rows;
  float *x = take(&space, (long)DEPTH * F);
  memset(x, 0, 4 * (size_t)depth * (size_t)F);
  for (int i = 0; i < count; i++)
    for (int r = 0; r < rows; r++)
      memcpy(x + ((long)i * run->rows + r) * F,
             run->call->x + ((long)(first + r) * run->call->time + t + i) * F, 4 * (size_t)F);
  for (int k = 0; k < plan->stages; k++) {
    const Stage *s = plan->stage + k;
    const float *dz = steps->z[k] + t * run->at.z[k];
    if (s->input)
      outer_products(depth, F, s->width, x, F, dz, s->stored, shard->sum[k].input, s->width,
                     space);
    if (s->read)
      outer_products(depth, s->read, rounded(s->reading, NT), steps->read[k] + t * run->at.read[k],
                     s->read, dz, s->stored, shard->sum[k].read, s->width, space);
    float *bias = shard->sum[k].bias;
    for (int i = 0; i < depth; i++, dz += s->stored)
      for (int n = 0; n < s->width; n += VL) store(bias + n, load(bias + n) + load(dz + n));
  }
}

static void tile_backward(Shard *shard, int tile, float *saved, float *space) {
  const Run *run = shard->run;
  const Call *call = run->call;
  const Plan *plan = call->plan;
  const Cell *cell = CELLS + plan->cell;
  int first = tile * run->rows, T = call->time, F = plan->features, wide = (int)rounded(F, NT);
  int rows = call->batch - first < run->rows ? call->batch - first : run->rows;
  int at_once = DEPTH / run->rows;
  Steps steps = steps_of(run, saved);
  float *drop = take(&space, run->at.states), *d = take(&space, run->at.states);
  float *dx = take(&space, (long)run->rows * wide), *part = take(&space, (long)run->rows * wide);
  float *dread[STAGES] = {NULL, NULL};
  for (int k = 0; k < plan->stages; k++)
    dread[k] = take(&space, run->rows * rounded(plan->stage[k].read, NT));
  memset(d, 0, 4 * (size_t)run->at.states);
  if (call->drop) load_drop(run, drop, first, rows);
  for (int t = T - 1; t >= 0; t--) {
    const uint8_t *read = call->mask ? call->mask + (long)first * T + t : NULL;
    for (int r = 0; r < rows; r++) {
      float *of_row = d + (long)r * plan->state_width;
      if (t == T - 1) copy_states(plan, of_row, call->last, first + r, 0, 1);
      copy_states(plan, of_row, call->every, (long)(first + r) * T + t, 0, 1);
    }
    Row top = row_of(run, &steps, t, t + 1, call->drop ? drop : NULL), w;
    top.d = d, top.dparameters = shard->parameters;
    for (int k = 0; k < plan->stages; k++) top.dread[k] = dread[k];
    for (int k = plan->stages - 1; k >= 0; k--) {
      const Stage *s = plan->stage + k;
      float *z = steps.z[k] + t * run->at.z[k];
      w = top;
      for (int r = 0; r < run->rows; r++, advance(&w, plan)) {
        if (r >= rows || (read && !read[(long)r * T])) {
          memset(z + (long)r * s->stored, 0, 4 * (size_t)s->stored);
          memset(steps.read[k] + t * run->at.read[k] + (long)r * s->read, 0, 4 * (size_t)s->read);
        } else cell->backward(&w, k);
      }
      int read_wide = (int)rounded(s->read, NT);
      Factor by_read = {z, run->stage[k].to_read, s->stored, s->reading, read_wide};
      if (s->read) sums(rows, read_wide, NULL, &by_read, 1, dread[k], read_wide);
      Factor by_input = {z, run->stage[k].to_input, s->stored, s->width, wide};
      float *to = k == plan->stages - 1 ? dx : part;
      if (s->input) sums(rows, wide, NULL, &by_input, 1, to, wide);
      else if (to == dx) memset(dx, 0, 4 * (size_t)(run->rows * wide));
      for (int i = 0; s->input && to == part && i < rows * wide; i++) dx[i] += part[i];
    }
    w = top;
    for (int r = 0; r < rows; r++, advance(&w, plan)) {
      memcpy(call->dx + ((long)(first + r) * T + t) * F, dx + (long)r * wide, 4 * (size_t)F);
      if (!read || read[(long)r * T]) cell->finish(&w);
    }
    if (t % at_once == 0)
      add_outer(shard, &steps, first, rows, t, T - t < at_once ? T - t : at_once, space);
  }
  for (int r = 0; r < rows; r++)
    copy_states(plan, d + (long)r * plan->state_width, call->dfirst, first + r, 1, 0);
}

static void *shard_main(void *given) {
  Shard *shard = given;
  Run *run = shard->run;
  const Call *call = run->call;
  const Plan *plan = call->plan;
  long own = 2 * run->at.states + 64, tallest = plan->features;
  if (shard->backward) {
    own += sum_space(plan) + (long)(DEPTH + 2 * run->rows) * rounded(plan->features, NT) + 256;
    for (int k = 0; k < plan->stages; k++) {
      own += (long)run->rows * rounded(plan->stage[k].read, NT) + 16;
      if (plan->stage[k].read > tallest) tallest = plan->stage[k].read;
    }
    own += outer_space(tallest);
  } else own += run->at.all;
  if (!(shard->arena = zeros(own))) {
    shard->failed = 1;
    return NULL;
  }
  float *rest = shard->arena;
  if (shard->backward) {
    place(plan, shard->sum, &shard->parameters, rest);
    rest += sum_space(plan);
  }
  for (int tile = shard->first; tile < shard->end; tile++) {
    float *saved = call->keep ? call->saved + tile * run->at.all : rest;
    float *more = call->keep ? rest : rest + rounded(run->at.all, 16);
    if (shard->backward) tile_backward(shard, tile, saved, rest);
    else tile_forward(run, tile, saved, more);
  }
  return NULL;
}

#define MOST_THREADS 64

static int run_all(const Call *call, int backward) {
  const Plan *plan = call->plan;
  Run run = {.call = call};
  run.rows = tile_rows(call->batch, call->threads);
  run.tiles = (call->batch + run.rows - 1) / run.rows;
  run.slots = call->keep ? call->time : 1;
  run.at = strides(plan, run.rows, run.slots);
  if (!prepare(&run, backward)) return 1;
  int threads = call->threads < run.tiles ? call->threads : run.tiles;
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  Shard shards[MOST_THREADS] = {{0}};
  pthread_t thread[MOST_THREADS];
  int started[MOST_THREADS] = {0}, failed = 0;
  for (int i = threads - 1; i >= 0; i--) { /* the first shard is run by the caller */
    shards[i].run = &run, shards[i].backward = backward;
    shards[i].first = (int)((long)run.tiles * i / threads);
    shards[i].end = (int)((long)run.tiles * (i + 1) / threads);
    started[i] = i > 0 && pthread_create(thread + i, NULL, shard_main, shards + i) == 0;
    if (!started[i]) shard_main(shards + i);
  }
  for (int i = 0; i < threads; i++) {
    if (started[i]) pthread_join(thread[i], NULL);
    failed |= shards[i].failed;
  }
  for (int i = 0; i < threads; i++) {
    if (backward && !failed)
      exchange(plan, shards[i].sum, shards[i].parameters, NULL, call->dweight);
    free(shards[i].arena);
  }
  free(run.arena);
  return failed;
}

/* 0, or 1 where there is no memory. */
int NAMED(rnnzoo_forward, VARIANT)(const Call *call) { return run_all(call, 0); }
/* Gradients by weights are added to `dweight`, the others written; `saved` is used up. */
int NAMED(rnnzoo_backward, VARIANT)(const Call *call) { return run_all(call, 1); }
