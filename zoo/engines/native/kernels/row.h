/* What the pointwise parts of cells have in common. `up` is the padded width of a block. */
#ifndef RNNZOO_ROW_H
#define RNNZOO_ROW_H

#include "plan.h"

#define EACH(up) for (int u = 0; u < (up); u += VL)
#define OPTION(w, k) ((w)->plan->options[k])

INLINE v8 dropped(const Row *w, int u, v8 x) {
  if (w->drop) x *= load(w->drop + u);
  return x;
}
INLINE void add(float *p, v8 x) { store(p, load(p) + x); }

/* Most cells: the first state is read, through its dropout. */
static void read_first(Row *w) {
  EACH(OPTION(w, 0)) store(w->read[0] + u, dropped(w, u, load(w->before + u)));
}
static void first_read(Row *w) {
  EACH(OPTION(w, 0)) add(w->d + u, dropped(w, u, load(w->dread[0] + u)));
}

#endif
