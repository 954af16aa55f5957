/* The pointwise parts of cells without gates, forward and backward. */
#ifndef RNNZOO_PLAIN_H
#define RNNZOO_PLAIN_H

#include "row.h"

/* RNN, and Elman's with and without gradient through its copy, and rectified units.
   Options: up, phi, truncated, number of taps, taps. */
static void rnn_start(Row *w) {
  int up = OPTION(w, 0);
  for (int k = 0; k < OPTION(w, 3); k++) {
    const float *h = w->before + (long)(OPTION(w, 4 + k) - 1) * up;
    EACH(up) store(w->read[0] + k * up + u, dropped(w, u, load(h + u)));
  }
}
static void rnn_forward(Row *w, int stage) {
  int up = OPTION(w, 0), phi = OPTION(w, 1), older = w->plan->state_width - up;
  (void)stage;
  memcpy(w->after + up, w->before, 4 * (size_t)older);
  EACH(up) {
    v8 h = activate(phi, load(w->z[0] + u));
    store(w->z[0] + u, h), store(w->after + u, h);
  }
}
static void rnn_backward(Row *w, int stage) {
  int up = OPTION(w, 0), phi = OPTION(w, 1), older = w->plan->state_width - up;
  (void)stage;
  EACH(up) store(w->z[0] + u, load(w->d + u) * slope(phi, load(w->z[0] + u)));
  memmove(w->d, w->d + up, 4 * (size_t)older);
  memset(w->d + older, 0, 4 * (size_t)up);
}
static void rnn_finish(Row *w) {
  int up = OPTION(w, 0);
  for (int k = 0; k < OPTION(w, 3) && !OPTION(w, 2); k++) {
    float *d = w->d + (long)(OPTION(w, 4 + k) - 1) * up;
    EACH(up) add(d + u, dropped(w, u, load(w->dread[0] + k * up + u)));
  }
}

/* IndRNN. Options: up, phi. Parameters: u */
static void nothing(Row *w) { (void)w; }
static void indrnn_forward(Row *w, int stage) {
  (void)stage;
  EACH(OPTION(w, 0)) {
    v8 seen = dropped(w, u, load(w->before + u));
    v8 h = activate(OPTION(w, 1), load(w->z[0] + u) + load(w->parameters + u) * seen);
    store(w->z[0] + u, h), store(w->after + u, h);
  }
}
static void indrnn_backward(Row *w, int stage) {
  (void)stage;
  EACH(OPTION(w, 0)) {
    v8 dz = load(w->d + u) * slope(OPTION(w, 1), load(w->z[0] + u));
    add(w->dparameters + u, dz * dropped(w, u, load(w->before + u)));
    store(w->z[0] + u, dz), store(w->d + u, dropped(w, u, dz * load(w->parameters + u)));
  }
}

/* SCRN. Options: up, padded width of the context. Constants: alpha.
   Blocks: B x, then A x + R h + P s */
static void scrn_forward(Row *w, int stage) {
  int up = OPTION(w, 0), cup = OPTION(w, 1);
  float alpha = w->plan->constants[0];
  if (stage == 0) {
    EACH(up) store(w->read[1] + u, dropped(w, u, load(w->before + u)));
    EACH(cup) {
      v8 s = (1.0f - alpha) * load(w->z[0] + u) + alpha * load(w->before + up + u);
      store(w->after + up + u, s), store(w->read[1] + up + u, s);
    }
  } else EACH(up) {
    v8 h = sigmoid8(load(w->z[1] + u));
    store(w->z[1] + u, h), store(w->after + u, h);
  }
}
static void scrn_backward(Row *w, int stage) {
  int up = OPTION(w, 0), cup = OPTION(w, 1);
  float alpha = w->plan->constants[0];
  if (stage == 0) {
    EACH(up) store(w->d + u, dropped(w, u, load(w->dread[1] + u)));
    EACH(cup) {
      v8 ds = load(w->d + up + u) + load(w->dread[1] + up + u);
      store(w->z[0] + u, (1.0f - alpha) * ds), store(w->d + up + u, alpha * ds);
    }
  } else EACH(up) store(w->z[1] + u, load(w->d + u) * slope(SIGMOID, load(w->z[1] + u)));
}

/* Jordan. Options: padded outputs, phi, gamma, truncated, padded units. Constants: mu.
   States: y, m */
static void jordan_start(Row *w) {
  int up = OPTION(w, 0);
  float mu = w->plan->constants[0];
  EACH(up) {
    v8 m = mu * load(w->before + up + u) + (1.0f - mu) * load(w->before + u);
    store(w->after + up + u, m), store(w->read[0] + u, dropped(w, u, m));
  }
}
static void jordan_forward(Row *w, int stage) {
  float *z = w->z[stage], *to = stage == 0 ? w->read[1] : w->after;
  EACH(OPTION(w, stage == 0 ? 4 : 0)) {
    v8 y = activate(OPTION(w, 1 + stage), load(z + u));
    store(z + u, y), store(to + u, y);
  }
}
static void jordan_backward(Row *w, int stage) {
  float *z = w->z[stage], *d = stage == 0 ? w->dread[1] : w->d;
  EACH(OPTION(w, stage == 0 ? 4 : 0))
    store(z + u, load(d + u) * slope(OPTION(w, 1 + stage), load(z + u)));
}
static void jordan_finish(Row *w) {
  int up = OPTION(w, 0);
  float through = OPTION(w, 3) ? 0.0f : 1.0f, mu = w->plan->constants[0];
  EACH(up) {
    v8 dm = through * (load(w->d + up + u) + dropped(w, u, load(w->dread[0] + u)));
    store(w->d + u, (1.0f - mu) * dm), store(w->d + up + u, mu * dm);
  }
}

#endif
