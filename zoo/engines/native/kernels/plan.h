/* What Python says about a cell and a call; plan.py and library.py have the same structures. */
#ifndef RNNZOO_PLAN_H
#define RNNZOO_PLAN_H

#include "vectors.h"

#define STAGES 2
#define OPTIONS 16

/* A block of a weight, and where it lies in a padded matrix of the driver. */
enum { OF_INPUT, OF_READ, OF_BIAS, OF_PARAMETER };
typedef struct {
  int32_t kind, stage;
  int32_t weight, offset, stride, rows, columns; /* in the weight */
  int32_t row, column;                           /* in the padded matrix */
} Block;

/* Consecutive channels of a state, and where they lie in a padded row of states. */
typedef struct { int32_t state, offset, width, column; } Piece;

/* z = x W + a V + b, of which a cell makes its gates: `width` columns, a multiple of NT, the first
   `reading` of them with a product a V; a is `read` wide. `stored` is the width of a row of z with
   what a cell stores behind its gates. */
typedef struct { int32_t width, reading, read, stored, input; } Stage;

typedef struct {
  int32_t cell, features, stages, blocks, pieces, states, state_width, parameters;
  int32_t options[OPTIONS];
  float constants[4];
  Stage stage[STAGES];
  const Block *block;
  const Piece *piece;
  const int32_t *channels; /* of each state */
} Plan;

/* Arrays are float32, in C order: x (batch, time, features), mask (batch, time) bytes, drop
   (batch, dropped), first and last states (batch, channels), every state (batch, time, channels).
   A pointer may be null where it says so. */
typedef struct {
  const Plan *plan;
  int32_t batch, time, threads, keep; /* keep: all steps are stored in `saved` for `backward` */
  int32_t dropped;
  const float *x;
  const uint8_t *mask;           /* or null */
  const float *drop;             /* or null */
  const float *const *weight;
  const float *const *first;
  float *const *last;            /* forward: each written; backward: gradients, each or null */
  float *const *every;           /* forward: each written or null; backward: gradients or null */
  float *saved;
  float *dx;                     /* what follows is written by `backward` */
  float *const *dfirst;
  float *const *dweight;
} Call;

/* One row of the batch at one step, as a cell sees it. */
typedef struct {
  const Plan *plan;
  const float *parameters;
  const float *drop;      /* or null */
  const float *before;    /* states */
  float *after;
  float *z[STAGES];       /* sums, then activations, then, backward, gradients of sums */
  float *read[STAGES];    /* a */
  float *d;               /* gradients: by the states after the step, then by those before it */
  float *dread[STAGES];
  float *dparameters;
} Row;

typedef struct {
  void (*start)(Row *);               /* states before -> read[0] */
  void (*forward)(Row *, int stage);  /* z[stage] -> read[stage + 1], or the states after */
  void (*backward)(Row *, int stage); /* d, dread[stage + 1] -> z[stage], d */
  void (*finish)(Row *);              /* dread[0] -> d */
} Cell;

#endif
