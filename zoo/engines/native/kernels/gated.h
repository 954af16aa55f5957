/* The pointwise parts of cells with gates, forward and backward. */
#ifndef RNNZOO_GATED_H
#define RNNZOO_GATED_H

#include "row.h"

/* LSTM. Options: up, phi, sigma, peepholes, coupled. Blocks: i, f, g, o; coupled: i, g, o.
   Stored: phi(c) */
INLINE void lstm_forward_as(Row *w, int phi, int sigma, int peep, int coupled) {
  int up = OPTION(w, 0), F = coupled ? 0 : up, G = F + up, O = G + up, S = O + up;
  const float *c = w->before + up, *p = w->parameters, *p_o = p + G;
  float *z = w->z[0];
  EACH(up) {
    v8 before = load(c + u), in = load(z + u), g = activate(phi, load(z + G + u)), f;
    if (peep) in += load(p + u) * before;
    in = activate(sigma, in);
    if (coupled) f = 1.0f - in;
    else {
      f = load(z + F + u);
      if (peep) f += load(p + F + u) * before;
      f = activate(sigma, f);
      store(z + F + u, f);
    }
    v8 after = f * before + in * g, o = load(z + O + u), s = activate(phi, after);
    if (peep) o += load(p_o + u) * after;
    o = activate(sigma, o);
    store(z + u, in), store(z + G + u, g), store(z + O + u, o), store(z + S + u, s);
    store(w->after + u, o * s), store(w->after + up + u, after);
  }
}
INLINE void lstm_backward_as(Row *w, int phi, int sigma, int peep, int coupled) {
  int up = OPTION(w, 0), F = coupled ? 0 : up, G = F + up, O = G + up, S = O + up;
  const float *c = w->before + up, *p = w->parameters, *p_o = p + G;
  float *z = w->z[0], *dp = w->dparameters;
  EACH(up) {
    v8 before = load(c + u), in = load(z + u), g = load(z + G + u), o = load(z + O + u);
    v8 s = load(z + S + u), f = 1.0f - in, fresh = g, dh = load(w->d + u);
    if (coupled) fresh -= before;
    else f = load(z + F + u);
    v8 d_o = dh * s * slope(sigma, o), dc = load(w->d + up + u) + dh * o * slope(phi, s);
    if (peep) {
      dc += d_o * load(p_o + u);
      add(dp + G + u, d_o * load(w->after + up + u));
    }
    v8 d_i = dc * fresh * slope(sigma, in), d_c = dc * f;
    if (peep) {
      d_c += d_i * load(p + u);
      add(dp + u, d_i * before);
    }
    if (!coupled) {
      v8 d_f = dc * before * slope(sigma, f);
      if (peep) {
        d_c += d_f * load(p + F + u);
        add(dp + F + u, d_f * before);
      }
      store(z + F + u, d_f);
    }
    store(z + u, d_i), store(z + G + u, dc * in * slope(phi, g)), store(z + O + u, d_o);
    store(w->d + up + u, d_c), store(w->d + u, all(0));
  }
}
#define LSTM_FORMS(name)                                                                      \
  int phi = OPTION(w, 1), sigma = OPTION(w, 2), peep = OPTION(w, 3), coupled = OPTION(w, 4);  \
  (void)stage;                                                                                \
  if (phi != TANH || sigma != SIGMOID || coupled) name(w, phi, sigma, peep, coupled);         \
  else if (peep) name(w, TANH, SIGMOID, 1, 0);                                                \
  else name(w, TANH, SIGMOID, 0, 0);
static void lstm_forward(Row *w, int stage) { LSTM_FORMS(lstm_forward_as) }
static void lstm_backward(Row *w, int stage) { LSTM_FORMS(lstm_backward_as) }

/* GRU. Options: up, phi, sigma, reset (0 after, 1 before, 2 none).
   After: blocks z, r, U_g h + b′, W_g x + b_g. None: z, g. */
INLINE void gru_forward_as(Row *w, int phi, int sigma, int after) {
  int up = OPTION(w, 0), R = up, H = 2 * up, G = after ? 3 * up : up;
  float *z = w->z[0];
  EACH(up) {
    v8 h = load(w->before + u), update = activate(sigma, load(z + u)), g = load(z + G + u);
    if (after) {
      v8 r = activate(sigma, load(z + R + u));
      store(z + R + u, r);
      g += r * load(z + H + u);
    }
    g = activate(phi, g);
    store(z + u, update), store(z + G + u, g);
    store(w->after + u, (1.0f - update) * h + update * g);
  }
}
INLINE void gru_backward_as(Row *w, int phi, int sigma, int after) {
  int up = OPTION(w, 0), R = up, H = 2 * up, G = after ? 3 * up : up;
  float *z = w->z[0];
  EACH(up) {
    v8 h = load(w->before + u), update = load(z + u), g = load(z + G + u), dh = load(w->d + u);
    v8 dg = dh * update * slope(phi, g);
    if (after) {
      v8 r = load(z + R + u);
      store(z + R + u, dg * load(z + H + u) * slope(sigma, r)), store(z + H + u, dg * r);
    }
    store(z + u, dh * (g - h) * slope(sigma, update)), store(z + G + u, dg);
    store(w->d + u, dh * (1.0f - update));
  }
}
/* Before: blocks z, r, then g, which reads r ⊙ h. */
static void gru_before_forward(Row *w, int stage) {
  int up = OPTION(w, 0), phi = OPTION(w, 1), sigma = OPTION(w, 2);
  EACH(up) {
    float *z = w->z[0] + u;
    if (stage == 0) {
      v8 r = activate(sigma, load(z + up));
      store(z, activate(sigma, load(z))), store(z + up, r);
      store(w->read[1] + u, r * load(w->read[0] + u));
    } else {
      v8 update = load(z), g = activate(phi, load(w->z[1] + u));
      store(w->z[1] + u, g);
      store(w->after + u, (1.0f - update) * load(w->before + u) + update * g);
    }
  }
}
static void gru_before_backward(Row *w, int stage) {
  int up = OPTION(w, 0), phi = OPTION(w, 1), sigma = OPTION(w, 2);
  EACH(up) {
    float *z = w->z[0] + u;
    if (stage == 1) {
      v8 update = load(z), g = load(w->z[1] + u), dh = load(w->d + u);
      store(z, dh * (g - load(w->before + u)) * slope(sigma, update));
      store(w->z[1] + u, dh * update * slope(phi, g)), store(w->d + u, dh * (1.0f - update));
    } else {
      v8 r = load(z + up), da = load(w->dread[1] + u);
      store(z + up, da * load(w->read[0] + u) * slope(sigma, r));
      add(w->d + u, dropped(w, u, da * r));
    }
  }
}
static void gru_forward(Row *w, int stage) {
  int phi = OPTION(w, 1), sigma = OPTION(w, 2), reset = OPTION(w, 3);
  if (reset == 1) gru_before_forward(w, stage);
  else if (phi == TANH && sigma == SIGMOID && reset == 0) gru_forward_as(w, TANH, SIGMOID, 1);
  else gru_forward_as(w, phi, sigma, reset == 0);
}
static void gru_backward(Row *w, int stage) {
  int phi = OPTION(w, 1), sigma = OPTION(w, 2), reset = OPTION(w, 3);
  if (reset == 1) gru_before_backward(w, stage);
  else if (phi == TANH && sigma == SIGMOID && reset == 0) gru_backward_as(w, TANH, SIGMOID, 1);
  else gru_backward_as(w, phi, sigma, reset == 0);
}

/* sLSTM. Options: up. Blocks: i, f, g, o. Stored: 1 − sigma(f), then which of the two the
   maximum is (1: the decayed one), then whether the memory was empty. States: h, c, n, m */
static void slstm_forward(Row *w, int stage) {
  int up = OPTION(w, 0), C = up, N = 2 * up, M = 3 * up;
  float *z = w->z[0];
  (void)stage;
  EACH(up) {
    v8 in = load(z + u), f = load(z + up + u), g = tanh8(load(z + 2 * up + u));
    v8 o = sigmoid8(load(z + 3 * up + u)), n = load(w->before + N + u);
    v8 e = exp8(either(f < all(0), f, -f));
    v8 decayed = either(f < all(0), f, all(0)) - log1p8(e) + load(w->before + M + u);
    i8 empty = n == all(0);
    decayed = either(empty, in, decayed);
    v8 m = larger(in, decayed), I = exp8(in - m), F = exp8(decayed - m);
    v8 c = F * load(w->before + C + u) + I * g;
    n = F * n + I;
    store(z + u, I), store(z + up + u, F), store(z + 2 * up + u, g), store(z + 3 * up + u, o);
    store(z + 4 * up + u, either(f < all(0), all(1), e) / (1.0f + e));
    store(z + 5 * up + u, either(decayed >= in, all(1), all(0)));
    store(z + 6 * up + u, either(empty, all(1), all(0)));
    store(w->after + u, o * c / n), store(w->after + C + u, c);
    store(w->after + N + u, n), store(w->after + M + u, m);
  }
}
static void slstm_backward(Row *w, int stage) {
  int up = OPTION(w, 0), C = up, N = 2 * up, M = 3 * up;
  float *z = w->z[0];
  (void)stage;
  EACH(up) {
    v8 I = load(z + u), F = load(z + up + u), g = load(z + 2 * up + u), o = load(z + 3 * up + u);
    v8 closing = load(z + 4 * up + u), kept = load(z + 5 * up + u), empty = load(z + 6 * up + u);
    v8 c = load(w->after + C + u), n = load(w->after + N + u), dh = load(w->d + u);
    v8 dc = load(w->d + C + u) + dh * o / n, dn = load(w->d + N + u) - dh * o * c / (n * n);
    v8 dI = (dc * g + dn) * I;
    v8 dF = (dc * load(w->before + C + u) + dn * load(w->before + N + u)) * F;
    v8 dm = load(w->d + M + u) - dI - dF;
    v8 d_decayed = dF + kept * dm, d_i = dI + (1.0f - kept) * dm + empty * d_decayed;
    d_decayed *= 1.0f - empty;
    store(z + u, d_i), store(z + up + u, d_decayed * closing);
    store(z + 2 * up + u, dc * I * (1.0f - g * g));
    store(z + 3 * up + u, dh * c / n * slope(SIGMOID, o));
    store(w->d + u, all(0)), store(w->d + C + u, dc * F), store(w->d + N + u, dn * F);
    store(w->d + M + u, d_decayed);
  }
}

#endif
